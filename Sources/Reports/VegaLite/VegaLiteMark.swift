/// What a view draws: one mark for each row of its data, or one through all of them.
///
/// Only properties that this package uses; the names are Vega-Lite's.
public struct VegaLiteMark: Codable, Hashable, Sendable {
  /// The kinds of marks.
  public enum Kind: String, Codable, Hashable, Sendable {
    /// A filled area between a line and the axis, or between two lines.
    case area
    /// A bar, or the box between `x`, `x2`, `y` and `y2`.
    case bar
    /// A line through all rows.
    case line
    /// A small filled circle.
    case circle
    /// A box between `x`, `x2`, `y` and `y2`.
    case rect
    /// A straight line from (`x`, `y`) to (`x2`, `y2`).
    case rule
    /// A text.
    case text
  }

  /// The kind.
  public var type: Kind
  /// The name of a style of the configuration: `data`, `samples`, `reference`, `band`.
  public var style: String?
  /// How a line goes from row to row: `linear`, `step`, `step-after`.
  public var interpolate: String?
  /// A colour of its own, whatever the look.
  public var color: String?
  /// The colour of the edge.
  public var stroke: String?
  /// From 0, which cannot be seen, to 1.
  public var opacity: Double?
  /// The same of the inside alone.
  public var fillOpacity: Double?
  /// The area of a circle, in square pixels.
  public var size: Double?
  /// The width of a line, in pixels.
  public var strokeWidth: Double?
  /// The lengths of dashes and gaps, in pixels.
  public var strokeDash: [Double]?
  /// Whether an area has a line along its edge.
  public var line: Bool?
  /// Whether marks beyond the axes are cut off.
  public var clip: Bool?
  /// Whether pointing at a mark shows its numbers.
  public var tooltip: Bool?

  /// A mark of a kind, with what is not left to the configuration.
  public init(
    _ type: Kind, style: String? = nil, interpolate: String? = nil, color: String? = nil, stroke: String? = nil,
    opacity: Double? = nil, fillOpacity: Double? = nil, size: Double? = nil, strokeWidth: Double? = nil,
    strokeDash: [Double]? = nil, line: Bool? = nil, clip: Bool? = nil, tooltip: Bool? = nil
  ) {
    self.type = type
    self.style = style
    self.interpolate = interpolate
    self.color = color
    self.stroke = stroke
    self.opacity = opacity
    self.fillOpacity = fillOpacity
    self.size = size
    self.strokeWidth = strokeWidth
    self.strokeDash = strokeDash
    self.line = line
    self.clip = clip
    self.tooltip = tooltip
  }
}
