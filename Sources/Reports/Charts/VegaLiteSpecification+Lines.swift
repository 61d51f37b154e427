/// A line of a chart: places with a name.
public struct NamedLine: Hashable, Sendable {
  /// The name in the legend.
  public var name: String
  /// The places from left to right.
  public var x: [Double]
  /// The heights.
  public var y: [Double]

  /// A line through places.
  ///
  /// - Precondition: there is a height for each place.
  public init(_ name: String, x: [Double], y: [Double]) {
    precondition(x.count == y.count, "NamedLine: expected a height for each place, got \(x.count) and \(y.count)")
    self.name = name
    self.x = x
    self.y = y
  }

  /// The places to draw: at most 500, evenly apart.
  fileprivate var rows: [[String: VegaLiteValue]] {
    SampleStatistics.thinned(x.indices, to: 500).filter { x[$0].isDrawable && y[$0].isDrawable }.map {
      ["x": VegaLiteValue(x[$0]), "y": VegaLiteValue(y[$0]), "line": .text(name)]
    }
  }
}

/// Something behind the lines of a chart.
public struct ChartBand: Hashable, Sendable {
  /// The places from left to right.
  public var x: [Double]
  /// The lower edge.
  public var lower: [Double]
  /// The upper edge.
  public var upper: [Double]

  /// A band between two lines.
  ///
  /// - Precondition: both lines have a height for each place.
  public init(x: [Double], lower: [Double], upper: [Double]) {
    precondition(
      lower.count == x.count && upper.count == x.count,
      "ChartBand: expected two heights for each place, got \(lower.count) and \(upper.count) for \(x.count)")
    self.x = x
    self.lower = lower
    self.upper = upper
  }
}

extension VegaLiteSpecification {
  /// Lines, with what they are held against: a band and straight lines.
  ///
  /// Each line is drawn through at most 500 of its places, evenly apart.
  ///
  /// - Parameters:
  ///   - lines: the lines; the names of more than one are in the legend.
  ///   - x: the words at the lower axis.
  ///   - y: the words at the left axis.
  ///   - xRange: the ends of the lower axis; those of the lines when nil.
  ///   - yRange: the ends of the left axis; those of the lines when nil.
  ///   - band: drawn in grey behind the lines.
  ///   - references: straight dashed lines through two places each.
  ///   - height: the height in pixels.
  /// - Returns: the chart.
  public static func lines(
    _ lines: [NamedLine], x: String, y: String, xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil,
    band: ChartBand? = nil, references: [NamedLine] = [], height: Double = 280
  ) -> VegaLiteSpecification {
    let isWhole = lines.allSatisfy { $0.x.allSatisfy { $0 == $0.rounded() } }
    let xChannel = VegaLiteChannel(
      "x", title: x, scale: xRange.map(VegaLiteScale.between) ?? VegaLiteScale(zero: false, nice: false),
      axis: VegaLiteAxis(
        tickMinStep: isWhole ? 1 : nil, format: xRange.map(TickFormat.of) ?? TickFormat.of(lines.lazy.flatMap(\.x))))
    let yChannel = VegaLiteChannel(
      "y", title: y, scale: yRange.map(VegaLiteScale.between) ?? VegaLiteScale(zero: false),
      axis: VegaLiteAxis(format: yRange.map(TickFormat.of) ?? TickFormat.of(lines.lazy.flatMap(\.y))))
    var layers: [VegaLiteView] = []
    if let band { layers.append(view(of: band, xChannel, yChannel)) }
    for reference in references {
      layers.append(
        VegaLiteView(
          VegaLiteMark(.line, style: "reference", strokeWidth: 1.5, clip: true, tooltip: false),
          VegaLiteEncoding(x: xChannel, y: yChannel), data: VegaLiteData(reference.rows)))
    }
    var encoding = VegaLiteEncoding(x: xChannel, y: yChannel)
    if lines.count > 1 {
      let names = lines.map { VegaLiteValue.text($0.name) }
      encoding.color = VegaLiteChannel("line", .nominal, title: "", scale: VegaLiteScale(domain: names))
    }
    encoding.order = VegaLiteChannel("x")
    layers.append(
      VegaLiteView(
        VegaLiteMark(.line, strokeWidth: 2, clip: true), encoding, data: VegaLiteData(lines.flatMap(\.rows))))
    var view = VegaLiteView(layer: layers)
    view.width = .container
    view.height = height
    let names = lines.map(\.name).joined(separator: ", ")
    return VegaLiteSpecification(view, description: "Lines of \(y) over \(x): \(names).")
  }

  private static func view(of band: ChartBand, _ x: VegaLiteChannel, _ y: VegaLiteChannel) -> VegaLiteView {
    let rows = SampleStatistics.thinned(band.x.indices, to: 200).map {
      ["x": VegaLiteValue(band.x[$0]), "y": VegaLiteValue(band.lower[$0]), "upper": VegaLiteValue(band.upper[$0])]
    }
    return VegaLiteView(
      VegaLiteMark(.area, style: "band", clip: true, tooltip: false),
      VegaLiteEncoding(x: x, y: y, y2: VegaLiteChannel("upper", nil)), data: VegaLiteData(rows))
  }
}
