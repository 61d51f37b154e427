/// How a column of the data becomes a place, a colour or a text; the names are Vega-Lite's.
public struct VegaLiteChannel: Codable, Hashable, Sendable {
  /// What the numbers of a column mean.
  public enum Kind: String, Codable, Hashable, Sendable {
    /// Amounts.
    case quantitative
    /// Names without an order.
    case nominal
    /// Names with an order.
    case ordinal
  }

  /// The column.
  public var field: String?
  /// What its values mean; left out for the far end of a box, which shares it.
  public var type: Kind?
  /// The words at the axis or legend; empty for none.
  public var title: String?
  /// How values become places or colours.
  public var scale: VegaLiteScale?
  /// The axis.
  public var axis: VegaLiteAxis?
  /// The legend, when there is to be none.
  public var legend: VegaLiteLegend?
  /// The order of names.
  public var sort: [String]?
  /// Whether marks are put on top of one another.
  public var stack: Bool?
  /// One place for all marks, in the units of the axis.
  public var datum: VegaLiteValue?

  /// A channel of a column.
  public init(
    _ field: String?, _ type: Kind? = .quantitative, title: String? = nil, scale: VegaLiteScale? = nil,
    axis: VegaLiteAxis? = nil, legend: VegaLiteLegend? = nil, sort: [String]? = nil, stack: Bool? = nil,
    datum: VegaLiteValue? = nil
  ) {
    self.field = field
    self.type = type
    self.title = title
    self.scale = scale
    self.axis = axis
    self.legend = legend
    self.sort = sort
    self.stack = stack
    self.datum = datum
  }
}

/// How values become places or colours.
public struct VegaLiteScale: Codable, Hashable, Sendable {
  /// The values at the ends, or all names.
  public var domain: [VegaLiteValue]?
  /// Whether the axis holds 0.
  public var zero: Bool?
  /// Whether the ends are moved to round numbers.
  public var nice: Bool?
  /// A name of the configuration's colours: `category`, `ramp` for data, `heatmap` for samples.
  public var range: String?
  /// One of Vega's colour schemes: `viridis`.
  public var scheme: String?

  /// A scale, with what is not left to Vega-Lite.
  public init(
    domain: [VegaLiteValue]? = nil, zero: Bool? = nil, nice: Bool? = nil, range: String? = nil, scheme: String? = nil
  ) {
    self.domain = domain
    self.zero = zero
    self.nice = nice
    self.range = range
    self.scheme = scheme
  }

  /// An axis from one number to another.
  static func between(_ range: ClosedRange<Double>) -> VegaLiteScale {
    VegaLiteScale(domain: [VegaLiteValue(range.lowerBound), VegaLiteValue(range.upperBound)], zero: false, nice: false)
  }
}

/// The line with numbers beside a chart.
public struct VegaLiteAxis: Codable, Hashable, Sendable {
  /// Whether it has numbers.
  public var labels: Bool?
  /// Whether it has small lines at the numbers.
  public var ticks: Bool?
  /// Whether it has lines across the chart.
  public var grid: Bool?
  /// About how many numbers it has.
  public var tickCount: Int?
  /// The least distance of numbers.
  public var tickMinStep: Double?
  /// The numbers that it has, when they are given.
  public var values: [Double]?
  /// How numbers are written, as D3 says it: `.3~g`.
  public var format: String?
  /// The most pixels of its words; the rest of them is left out.
  public var titleLimit: Double?

  /// An axis, with what is not left to the configuration.
  public init(
    labels: Bool? = nil, ticks: Bool? = nil, grid: Bool? = nil, tickCount: Int? = nil,
    tickMinStep: Double? = nil, values: [Double]? = nil, format: String? = nil, titleLimit: Double? = nil
  ) {
    self.labels = labels
    self.ticks = ticks
    self.grid = grid
    self.tickCount = tickCount
    self.tickMinStep = tickMinStep
    self.values = values
    self.format = format
    self.titleLimit = titleLimit
  }
}

/// The channels of a view.
public struct VegaLiteEncoding: Codable, Hashable, Sendable {
  /// The place from left to right.
  public var x: VegaLiteChannel?
  /// The right end of a box.
  public var x2: VegaLiteChannel?
  /// The place upward.
  public var y: VegaLiteChannel?
  /// The other end upward.
  public var y2: VegaLiteChannel?
  /// The colour.
  public var color: VegaLiteChannel?
  /// What parts rows into lines of their own, without a colour.
  public var detail: VegaLiteChannel?
  /// The order of rows along a line.
  public var order: VegaLiteChannel?
  /// The words of a text.
  public var text: VegaLiteChannel?
  /// What pointing at a mark shows.
  public var tooltip: [VegaLiteChannel]?

  /// An encoding of some channels.
  public init(
    x: VegaLiteChannel? = nil, x2: VegaLiteChannel? = nil, y: VegaLiteChannel? = nil, y2: VegaLiteChannel? = nil,
    color: VegaLiteChannel? = nil, detail: VegaLiteChannel? = nil, order: VegaLiteChannel? = nil,
    text: VegaLiteChannel? = nil, tooltip: [VegaLiteChannel]? = nil
  ) {
    self.x = x
    self.x2 = x2
    self.y = y
    self.y2 = y2
    self.color = color
    self.detail = detail
    self.order = order
    self.text = text
    self.tooltip = tooltip
  }
}

/// What is special about a legend.
public enum VegaLiteLegend: Codable, Hashable, Sendable {
  /// There is none: Vega-Lite's `null`.
  case hidden

  /// Reads `null`.
  public init(from decoder: any Decoder) throws { self = .hidden }

  /// Writes `null`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encodeNil()
  }
}
