import Foundation
import Yams

extension SettingsValue {
  /// Reads settings from YAML, of which JSON is a part.
  ///
  /// - Throws: `SettingsError.invalid` with the line where the text cannot be read.
  public init(yaml text: String, path: String) throws(SettingsError) {
    do {
      self = try YAMLDecoder().decode(SettingsValue.self, from: text)
    } catch let error as YamlError {
      throw .invalid(reason: "\(path) cannot be read as YAML: \(error)")
    } catch {
      throw .invalid(reason: "\(path) cannot be read as YAML: \(SettingsError(wrapping: error))")
    }
  }

  /// A value as it is written in YAML: `3` is an integer, `[a, b]` a list, `text` a text.
  public static func yamlValue(_ text: String) throws -> SettingsValue {
    if text.isEmpty { return .string("") }
    return try SettingsValue(yaml: text, path: "'\(text)'")
  }

  /// The settings as YAML, sorted by name.
  public func yaml() throws -> String { try Yams.serialize(node: node, width: -1) }

  /// The settings as one line of JSON, sorted by name.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  private var node: Node {
    switch self {
    case .null: Node("null", Tag(.null))
    case .bool(let value): Node("\(value)", Tag(.bool))
    case .integer(let value): Node("\(value)", Tag(.int))
    case .number(let value): Node("\(value)", Tag(.float))
    case .string(let value): Node(value, Tag(.str), Self.isPlain(value) ? .any : .doubleQuoted)
    case .list(let values): .sequence(Node.Sequence(values.map(\.node), Tag(.seq), .flow))
    case .object(let values):
      .mapping(
        Node.Mapping(
          values.sorted { $0.key < $1.key }.map { (Node($0.key), $0.value.node) }, Tag(.map),
          values.isEmpty ? .flow : .block))
    }
  }

  /// Whether a text, written without quotes, is read as a text again.
  private static func isPlain(_ text: String) -> Bool {
    guard !text.isEmpty, case .string? = try? yamlValue(text) else { return false }
    return true
  }
}
