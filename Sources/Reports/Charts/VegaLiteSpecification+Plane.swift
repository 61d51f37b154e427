/// Points in the plane with a name.
public struct NamedPoints: Hashable, Sendable {
  /// The name in the legend.
  public var name: String
  /// From left to right.
  public var x: [Double]
  /// Upward.
  public var y: [Double]

  /// Points.
  ///
  /// - Precondition: there is a `y` for each `x`.
  public init(_ name: String, x: [Double], y: [Double]) {
    precondition(x.count == y.count, "NamedPoints: expected a y for each x, got \(x.count) and \(y.count)")
    self.name = name
    self.x = x
    self.y = y
  }

  /// The points to draw: at most so many, evenly apart in their order.
  func rows(most: Int) -> [[String: VegaLiteValue]] {
    SampleStatistics.thinned(x.indices, to: most).filter { x[$0].isDrawable && y[$0].isDrawable }.map {
      ["x": VegaLiteValue(x[$0]), "y": VegaLiteValue(y[$0]), "group": .text(name)]
    }
  }
}

/// A box in the plane with a number.
public struct PlaneBox: Hashable, Sendable {
  /// From left to right.
  public var x: ClosedRange<Double>
  /// Upward.
  public var y: ClosedRange<Double>
  /// The number that the colour stands for.
  public var value: Double

  /// A box with a number.
  public init(x: ClosedRange<Double>, y: ClosedRange<Double>, value: Double) {
    self.x = x
    self.y = y
    self.value = value
  }

  /// The box a little larger to the right and upward, under its neighbours: boxes that just touch show gaps.
  var overlapping: PlaneBox {
    let (width, height) = (x.upperBound - x.lowerBound, y.upperBound - y.lowerBound)
    return PlaneBox(
      x: x.lowerBound...(x.upperBound + 0.1 * width), y: y.lowerBound...(y.upperBound + 0.1 * height), value: value)
  }

  var row: [String: VegaLiteValue] {
    [
      "x": VegaLiteValue(x.lowerBound, digits: 6), "x2": VegaLiteValue(x.upperBound, digits: 6),
      "y": VegaLiteValue(y.lowerBound, digits: 6), "y2": VegaLiteValue(y.upperBound, digits: 6),
      "value": VegaLiteValue(value, digits: 4),
    ]
  }
}

extension VegaLiteSpecification {
  /// Points in the plane: at most 2,000 of all groups together, evenly apart in their order.
  ///
  /// - Parameters:
  ///   - groups: the points; the names of more than one group are in the legend.
  ///   - x: the words at the lower axis.
  ///   - y: the words at the left axis.
  ///   - height: the height in pixels.
  /// - Returns: the chart.
  public static func scatter(
    _ groups: [NamedPoints], x: String, y: String, height: Double = 360
  ) -> VegaLiteSpecification {
    var view = points(groups, x: x, y: y)
    view.width = .container
    view.height = height
    return VegaLiteSpecification(view, description: "Points of \(y) against \(x).")
  }

  static func points(_ groups: [NamedPoints], x: String, y: String) -> VegaLiteView {
    let total = groups.reduce(0) { $0 + $1.x.count }
    let rows = groups.flatMap { group in
      group.rows(most: total <= 2000 ? group.x.count : max(2, group.x.count * 2000 / total))
    }
    var encoding = VegaLiteEncoding(
      x: .axis("x", title: x, of: groups.flatMap(\.x)), y: .axis("y", title: y, of: groups.flatMap(\.y)))
    if groups.count > 1 {
      let names = groups.map { VegaLiteValue.text($0.name) }
      encoding.color = VegaLiteChannel("group", .nominal, title: "", scale: VegaLiteScale(domain: names))
    }
    return VegaLiteView(VegaLiteMark(.circle, opacity: 0.6, size: 18), encoding, data: VegaLiteData(rows))
  }

  /// Boxes in the plane by colour, from dark for the least number to yellow for the greatest, with points over them.
  ///
  /// - Parameters:
  ///   - boxes: the boxes: the leaves of a tree, or a grid of places at which a density was computed.
  ///   - points: drawn over the boxes in white; at most 1,000, evenly apart in their order.
  ///   - x: the words at the lower axis.
  ///   - y: the words at the left axis.
  ///   - value: what the numbers are.
  ///   - range: the numbers of the darkest and the lightest colour; the least and greatest when nil.
  ///   - hasEdges: whether boxes are parted by lines.
  ///   - height: the height in pixels.
  /// - Returns: the chart.
  public static func boxes(
    _ boxes: [PlaneBox], points: NamedPoints?, x: String, y: String, value: String, range: ClosedRange<Double>? = nil,
    hasEdges: Bool = false, height: Double = 420
  ) -> VegaLiteSpecification {
    let finite = boxes.filter(\.value.isFinite)
    func channel(_ field: String, _ title: String, _ ranges: [ClosedRange<Double>]) -> VegaLiteChannel {
      let low = ranges.map(\.lowerBound).min() ?? 0
      let ends = low...max(ranges.map(\.upperBound).max() ?? 1, low)
      return VegaLiteChannel(
        field, title: title, scale: .between(ends), axis: VegaLiteAxis(format: TickFormat.of(ends)))
    }
    let (xChannel, yChannel) = (channel("x", x, boxes.map(\.x)), channel("y", y, boxes.map(\.y)))
    let colors = VegaLiteScale(
      domain: range.map { [VegaLiteValue($0.lowerBound), VegaLiteValue($0.upperBound)] }, scheme: "viridis")
    var mark = VegaLiteMark(.rect, clip: true)
    if hasEdges { (mark.stroke, mark.strokeWidth) = ("#00000066", 0.6) }
    let grid = VegaLiteView(
      mark,
      VegaLiteEncoding(
        x: xChannel, x2: VegaLiteChannel("x2", nil), y: yChannel, y2: VegaLiteChannel("y2", nil),
        color: VegaLiteChannel("value", title: value, scale: colors)),
      data: VegaLiteData(finite.map { (hasEdges ? $0 : $0.overlapping).row }))
    var layers = [grid]
    if let points {
      layers.append(
        VegaLiteView(
          VegaLiteMark(
            .circle, color: "#ffffff", stroke: "#000000", opacity: 0.75, size: 14, strokeWidth: 0.5, clip: true),
          VegaLiteEncoding(x: xChannel, y: yChannel), data: VegaLiteData(points.rows(most: 1000))))
    }
    var view = VegaLiteView(layer: layers)
    view.width = .container
    view.height = height
    return VegaLiteSpecification(view, description: "\(value) over \(x) and \(y), by colour.")
  }
}

extension VegaLiteChannel {
  /// An axis from about the least to the greatest of numbers.
  static func axis(_ field: String, title: String, of values: [Double]) -> VegaLiteChannel {
    VegaLiteChannel(
      field, title: title, scale: VegaLiteScale(zero: false), axis: VegaLiteAxis(format: TickFormat.of(values)))
  }
}
