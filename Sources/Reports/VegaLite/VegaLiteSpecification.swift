public import Foundation

/// A whole chart as a Vega-Lite specification: a JSON file that any Vega-Lite renderer draws.
///
/// - Reference: Satyanarayan, Moritz, Wongsuphasawat, Heer, *Vega-Lite: A Grammar of Interactive Graphics*, 2017.
///   https://vega.github.io/vega-lite/docs/
public struct VegaLiteSpecification: Codable, Hashable, Sendable {
  /// What is drawn.
  public var view: VegaLiteView
  /// What the chart shows, for those who do not see it.
  public var description: String
  /// Rows by name, for views that share them.
  public var datasets: [String: [[String: VegaLiteValue]]]?
  /// The look; a page gives its own where this says nothing.
  public var config: VegaLiteConfiguration?
  /// The number of views side by side, whose size a page chooses; nil for a single view.
  public var cells: Int?

  /// The version of the language.
  public static let schema = "https://vega.github.io/schema/vega-lite/v6.json"

  /// A chart.
  ///
  /// - Parameters:
  ///   - view: what is drawn.
  ///   - description: what the chart shows, in words.
  ///   - datasets: rows by name.
  ///   - cells: the number of views side by side.
  public init(
    _ view: VegaLiteView, description: String, datasets: [String: [[String: VegaLiteValue]]]? = nil, cells: Int? = nil
  ) {
    self.view = view
    self.description = description
    self.datasets = datasets
    self.cells = cells
  }

  /// The chart as a file of its own, with a look and a width.
  ///
  /// - Parameters:
  ///   - configuration: the look.
  ///   - width: the width in pixels, for a single view.
  /// - Returns: the chart with both.
  public func standalone(_ configuration: VegaLiteConfiguration = .light, width: Double = 640) -> VegaLiteSpecification
  {
    var whole = self
    whole.config = configuration
    if whole.view.width == .container { whole.view.width = .pixels(width) }
    return whole
  }

  /// The chart as JSON; the same chart gives the same bytes.
  ///
  /// - Throws: `EncodingError`, which charts of this package do not cause.
  public func json(isIndented: Bool = false) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
    return try encoder.encode(self)
  }

  private enum Keys: String, CodingKey {
    case schema = "$schema"
    case description, datasets, config, usermeta, autosize
  }

  private struct Meta: Codable {
    var cells: Int?
  }

  private struct Autosize: Codable {
    var type = "fit"
    var contains = "padding"
  }

  /// Reads a specification; what this package does not use is passed over.
  public init(from decoder: any Decoder) throws {
    view = try VegaLiteView(from: decoder)
    let values = try decoder.container(keyedBy: Keys.self)
    description = try values.decodeIfPresent(String.self, forKey: .description) ?? ""
    datasets = try values.decodeIfPresent([String: [[String: VegaLiteValue]]].self, forKey: .datasets)
    config = try values.decodeIfPresent(VegaLiteConfiguration.self, forKey: .config)
    cells = try values.decodeIfPresent(Meta.self, forKey: .usermeta)?.cells
  }

  /// Writes the specification.
  public func encode(to encoder: any Encoder) throws {
    try view.encode(to: encoder)
    var values = encoder.container(keyedBy: Keys.self)
    try values.encode(Self.schema, forKey: .schema)
    try values.encode(description, forKey: .description)
    try values.encodeIfPresent(datasets, forKey: .datasets)
    try values.encodeIfPresent(config, forKey: .config)
    if let cells { try values.encode(Meta(cells: cells), forKey: .usermeta) }
    if view.width == .container { try values.encode(Autosize(), forKey: .autosize) }
  }
}
