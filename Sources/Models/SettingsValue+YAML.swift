import Foundation
import Yams

extension SettingsValue {
  /// Reads settings from YAML, of which JSON is a part.
  ///
  /// - Throws: `SettingsError.invalid` with the line where the text cannot be read.
  public init(yaml text: String, path: String) throws(SettingsError) {
    do {
      guard let node = try Yams.compose(yaml: text) else { throw SettingsError.invalid(reason: "\(path) is empty") }
      self = SettingsValue(node)
    } catch let error as SettingsError {
      throw error
    } catch {
      throw .invalid(reason: "\(path) cannot be read as YAML: \(error)")
    }
  }

  /// A value as it is written in YAML: `3` is an integer, `[a, b]` a list, `text` a text.
  public static func yamlValue(_ text: String) throws -> SettingsValue {
    if text.isEmpty { return .string("") }
    return try SettingsValue(yaml: text, path: "'\(text)'")
  }

  /// Plain scalars are true, false, null or a number as YAML 1.2 and JSON write them; all else is text, so that a column
  /// may be called `no`.
  private init(_ node: Node) {
    switch node {
    case .mapping(let mapping):
      self = .object(Dictionary(mapping.map { ($0.key.string ?? "", SettingsValue($0.value)) }) { first, _ in first })
    case .sequence(let sequence): self = .list(sequence.map { SettingsValue($0) })
    case .scalar(let scalar) where scalar.style == .plain: self = Self.plain(scalar.string)
    default: self = .string(node.string ?? "")
    }
  }

  private static func plain(_ text: String) -> SettingsValue {
    switch text {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null", "~", "": return .null
    default: break
    }
    let digits = text.drop { $0 == "-" }
    let isNumber = text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil
    guard isNumber, !digits.isEmpty else { return .string(text) }
    if let integer = Int(text) { return .integer(integer) }
    return Double(text).map { .number($0) } ?? .string(text)
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
