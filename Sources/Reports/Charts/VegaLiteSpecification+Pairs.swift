import Torch

/// Columns of numbers that share their rows.
struct PairColumns {
  let names: [String]
  /// The values of each column.
  let data: [[Double]]
  let samples: [[Double]]
}

extension VegaLiteSpecification {
  /// Each column against each other: data as points over where samples are dense, and the other way round.
  ///
  /// Below the diagonal are points of data (at most 400 rows, evenly apart) over the density of samples in 20 x 20 cells;
  /// above it are points of samples over the density of data; on it are the histograms of both.
  static func pairs(_ columns: PairColumns) -> VegaLiteSpecification {
    let axes = columns.names.indices.map { PairAxis($0, columns) }
    let rows = axes.map { vertical in
      VegaLiteView(
        hconcat: axes.map { cell(vertical, $0, columns, isLast: vertical.index == axes.count - 1) }, spacing: 6)
    }
    return VegaLiteSpecification(
      VegaLiteView(vconcat: rows, spacing: 6),
      description: "Pairs of \(columns.names.joined(separator: ", ")): data and samples.",
      datasets: ["data": points(columns.data, axes), "samples": points(columns.samples, axes)], cells: axes.count)
  }

  private static func points(_ columns: [[Double]], _ axes: [PairAxis]) -> [[String: VegaLiteValue]] {
    var rng = RandomGenerator(seed: 0)
    return SampleStatistics.thinned(0..<(columns.first?.count ?? 0), to: 400).map { row in
      let values = zip(axes, columns).map { axis, column in
        ("c\(axis.index)", VegaLiteValue(axis.place(of: column[row], using: &rng), digits: 4))
      }
      return Dictionary(uniqueKeysWithValues: values)
    }
  }

  private static func cell(
    _ vertical: PairAxis, _ horizontal: PairAxis, _ columns: PairColumns, isLast: Bool
  ) -> VegaLiteView {
    let isFirst = horizontal.index == 0
    let x = horizontal.channel(isNamed: isLast)
    var view: VegaLiteView
    if vertical.index == horizontal.index {
      view = diagonal(horizontal, columns, x, title: isFirst ? vertical.name : "")
    } else {
      let y = vertical.channel(isNamed: isFirst)
      let isBelow = vertical.index > horizontal.index
      let shade = cells(horizontal, vertical, isBelow ? columns.samples : columns.data)
      let (xField, yField) = ("c\(horizontal.index)", "c\(vertical.index)")
      view = VegaLiteView(layer: [
        VegaLiteView(
          VegaLiteMark(.rect, clip: true, tooltip: false),
          VegaLiteEncoding(
            x: x.of("x"), x2: VegaLiteChannel("x2", nil), y: y.of("y"), y2: VegaLiteChannel("y2", nil),
            color: VegaLiteChannel(
              "value", scale: VegaLiteScale(zero: true, range: isBelow ? "heatmap" : "ramp"), legend: .hidden)),
          data: VegaLiteData(shade)),
        VegaLiteView(
          VegaLiteMark(.circle, style: isBelow ? "data" : "samples", opacity: 0.6, size: 7, clip: true, tooltip: false),
          VegaLiteEncoding(x: x.of(xField), y: y.of(yField)),
          data: VegaLiteData(named: isBelow ? "data" : "samples")),
      ])
    }
    view.width = .pixels(150)
    view.height = 150
    return view
  }

  private static func diagonal(
    _ axis: PairAxis, _ columns: PairColumns, _ x: VegaLiteChannel, title: String
  ) -> VegaLiteView {
    func area(_ style: String, _ column: [Double]) -> [VegaLiteView] {
      let heights = axis.densities(of: column)
      let rows = VegaLiteData(zip(axis.edges, heights + [0]).map { ["x": VegaLiteValue($0), "y": VegaLiteValue($1)] })
      let y = VegaLiteChannel(
        "y", title: title, axis: VegaLiteAxis(labels: false, ticks: false, grid: false), stack: false)
      let encoding = VegaLiteEncoding(x: x.of("x"), y: y)
      // The line along the edge of an area would not have the area's style.
      return [
        VegaLiteView(
          VegaLiteMark(.area, style: style, interpolate: "step-after", fillOpacity: 0.25, tooltip: false), encoding,
          data: rows),
        VegaLiteView(
          VegaLiteMark(.line, style: style, interpolate: "step-after", strokeWidth: 2, tooltip: false), encoding,
          data: rows),
      ]
    }
    return VegaLiteView(
      layer: area("data", columns.data[axis.index]) + area("samples", columns.samples[axis.index]))
  }

  /// The cells of a grid that hold rows, with their shares.
  private static func cells(
    _ horizontal: PairAxis, _ vertical: PairAxis, _ columns: [[Double]]
  ) -> [[String: VegaLiteValue]] {
    var counts: [Int: Int] = [:]
    for (x, y) in zip(columns[horizontal.index], columns[vertical.index]) {
      guard let column = horizontal.cell(of: x), let row = vertical.cell(of: y) else { continue }
      counts[row * horizontal.cellCount + column, default: 0] += 1
    }
    let total = Double(counts.values.reduce(0, +))
    return counts.sorted { $0.key < $1.key }.map { place, count in
      let (row, column) = place.quotientAndRemainder(dividingBy: horizontal.cellCount)
      return PlaneBox(
        x: horizontal.edges[column]...horizontal.edges[column + 1], y: vertical.edges[row]...vertical.edges[row + 1],
        value: Double(count) / total
      ).overlapping.row
    }
  }
}

extension VegaLiteChannel {
  /// The same channel of another column.
  fileprivate func of(_ field: String) -> VegaLiteChannel {
    var channel = self
    channel.field = field
    return channel
  }
}
