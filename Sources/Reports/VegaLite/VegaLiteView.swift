/// A single chart, charts on top of one another, or charts side by side; the names are Vega-Lite's.
public struct VegaLiteView: Codable, Hashable, Sendable {
  /// The words above.
  public var title: String?
  /// The width.
  public var width: VegaLiteWidth?
  /// The height in pixels.
  public var height: Double?
  /// The rows; those of the view around it when nil.
  public var data: VegaLiteData?
  /// What is drawn.
  public var mark: VegaLiteMark?
  /// How rows become marks.
  public var encoding: VegaLiteEncoding?
  /// Views on top of one another, the first at the bottom.
  public var layer: [VegaLiteView]?
  /// Views from left to right.
  public var hconcat: [VegaLiteView]?
  /// Views from top to bottom.
  public var vconcat: [VegaLiteView]?
  /// Pixels between views side by side.
  public var spacing: Double?
  /// Whether views side by side share the meaning of colours; they do unless told otherwise.
  public var resolve: VegaLiteResolve?

  /// A view that draws marks.
  public init(
    _ mark: VegaLiteMark, _ encoding: VegaLiteEncoding, data: VegaLiteData? = nil
  ) {
    self.mark = mark
    self.encoding = encoding
    self.data = data
  }

  /// Views on top of one another, the first at the bottom.
  public init(layer: [VegaLiteView]) { self.layer = layer }

  /// Views from left to right, each with colours of its own.
  public init(hconcat: [VegaLiteView], spacing: Double? = nil) {
    self.hconcat = hconcat
    resolve = .ownColors
    self.spacing = spacing
  }

  /// Views from top to bottom, each with colours of its own.
  public init(vconcat: [VegaLiteView], spacing: Double? = nil) {
    self.vconcat = vconcat
    resolve = .ownColors
    self.spacing = spacing
  }
}

/// What views side by side share.
public struct VegaLiteResolve: Codable, Hashable, Sendable {
  /// By the names of channels: `shared` or `independent`.
  public var scale: [String: String]

  /// Nothing but colours is said, and they are not shared.
  static let ownColors = VegaLiteResolve(scale: ["color": "independent"])
}

/// The width of a view.
public enum VegaLiteWidth: Codable, Hashable, Sendable {
  /// That of the element of the page that holds it.
  case container
  /// So many pixels.
  case pixels(Double)

  /// Reads `"container"` or a number.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    self = (try? container.decode(Double.self)).map(VegaLiteWidth.pixels) ?? .container
  }

  /// Writes `"container"` or a number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .container: try container.encode("container")
    case .pixels(let value): try container.encode(value)
    }
  }
}

/// The rows of a view: its own, or those of the specification under a name.
public struct VegaLiteData: Codable, Hashable, Sendable {
  /// Rows by the names of their columns.
  public var values: [[String: VegaLiteValue]]?
  /// The name of rows in ``VegaLiteSpecification/datasets``.
  public var name: String?

  /// Rows of its own.
  public init(_ values: [[String: VegaLiteValue]]) { self.values = values }

  /// Rows of the specification.
  public init(named name: String) { self.name = name }
}
