/// Numbers with the name under which a chart shows them.
public struct NamedSample: Hashable, Sendable {
  /// The name in the legend.
  public var name: String
  /// The numbers; those that are not finite are left out.
  public var values: [Double]

  /// Numbers with a name.
  public init(_ name: String, _ values: [Double]) {
    self.name = name
    self.values = values
  }
}

extension VegaLiteSpecification {
  /// The histograms of samples on top of one another, in the same cells, each with the area 1.
  ///
  /// The cells are chosen by the rule of Freedman and Diaconis for the first sample, 8 to 60 of them; samples of at most 25
  /// different values are shown as bars, with their shares. A chart has the counts, not the numbers.
  ///
  /// - Parameters:
  ///   - samples: the samples; the first ones of a report are data and samples.
  ///   - title: the words at the axis.
  ///   - curve: a density to draw over them, by places.
  ///   - countsValues: whether samples of at most 25 values are shown as bars.
  ///   - height: the height in pixels.
  /// - Returns: the chart.
  public static func histogram(
    _ samples: [NamedSample], title: String, curve: [(x: Double, density: Double)] = [], countsValues: Bool = true,
    height: Double = 200
  ) -> VegaLiteSpecification {
    let binning = Binning(samples.map(\.values), countsValues: countsValues)
    let names = samples.map { VegaLiteValue.text($0.name) }
    let color = VegaLiteChannel(
      samples.count > 1 ? "sample" : nil, .nominal, title: "", scale: VegaLiteScale(domain: names))
    let view = binning.isDiscrete ? bars(samples, binning, color, title) : areas(samples, binning, color, title)
    let line = curve.map { ["x": VegaLiteValue($0.x), "y": VegaLiteValue($0.density)] }
    let curveView = VegaLiteView(
      VegaLiteMark(.line, style: "density", strokeWidth: 2, clip: true),
      VegaLiteEncoding(x: VegaLiteChannel("x"), y: VegaLiteChannel("y")), data: VegaLiteData(line))
    var whole = VegaLiteView(layer: curve.isEmpty ? [view] : [view, curveView])
    whole.width = .container
    whole.height = height
    let described = samples.map(\.name).joined(separator: " and ")
    return VegaLiteSpecification(whole, description: "Histogram of \(title): \(described).")
  }

  private static func areas(
    _ samples: [NamedSample], _ binning: Binning, _ color: VegaLiteChannel, _ title: String
  ) -> VegaLiteView {
    let densities = samples.map { binning.densities(of: $0.values) }
    let rows = zip(samples, densities).flatMap { sample, densities in
      // The last edge closes the area.
      zip(binning.edges, densities + [0]).map { edge, density in
        ["x": VegaLiteValue(edge), "y": VegaLiteValue(density), "sample": .text(sample.name)]
      }
    }
    let ends = (binning.edges.first ?? 0)...(binning.edges.last ?? 1)
    return VegaLiteView(
      VegaLiteMark(.area, interpolate: "step-after", fillOpacity: 0.25, line: true),
      VegaLiteEncoding(
        x: VegaLiteChannel(
          "x", title: title, scale: .between(ends), axis: VegaLiteAxis(format: TickFormat.of(ends))),
        y: VegaLiteChannel(
          "y", title: "density",
          axis: VegaLiteAxis(tickCount: 4, format: TickFormat.of([0] + densities.flatMap { $0 })), stack: false),
        color: color.field == nil ? nil : color),
      data: VegaLiteData(rows))
  }

  /// Up to so many values each has its number at the axis.
  private static let mostTicks = 10

  /// Bars side by side at values; half a step left and right of each is theirs.
  private static func bars(
    _ samples: [NamedSample], _ binning: Binning, _ color: VegaLiteChannel, _ title: String
  ) -> VegaLiteView {
    let gaps = zip(binning.values, binning.values.dropFirst()).map { $1 - $0 }
    let width = 0.8 * (gaps.min() ?? 1) / Double(samples.count)
    let rows = samples.enumerated().flatMap { index, sample in
      zip(binning.values, binning.shares(of: sample.values)).map { value, share in
        let left = value + width * (Double(index) - Double(samples.count) / 2)
        return [
          "value": VegaLiteValue(value), "x": VegaLiteValue(left), "x2": VegaLiteValue(left + width),
          "share": VegaLiteValue(share), "sample": .text(sample.name),
        ]
      }
    }
    return VegaLiteView(
      VegaLiteMark(.bar, opacity: 0.85),
      VegaLiteEncoding(
        x: VegaLiteChannel(
          "x", title: title, scale: VegaLiteScale(zero: false, nice: false),
          axis: VegaLiteAxis(
            values: binning.values.count <= mostTicks ? binning.values : nil,
            format: binning.values.count <= mostTicks
              ? TickFormat.ofEach(binning.values) : TickFormat.of(binning.values))),
        x2: VegaLiteChannel("x2", nil),
        y: VegaLiteChannel("share", title: "share", scale: VegaLiteScale(zero: true), axis: VegaLiteAxis(tickCount: 4)),
        y2: VegaLiteChannel(nil, nil, datum: 0.0),
        color: color.field == nil ? nil : color,
        tooltip: [
          VegaLiteChannel("sample", .nominal), VegaLiteChannel("value", title: title), VegaLiteChannel("share"),
        ]),
      data: VegaLiteData(rows))
  }
}
