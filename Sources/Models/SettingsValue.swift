/// A tree of settings, as YAML and JSON hold it.
public enum SettingsValue: Hashable, Sendable {
  /// No value.
  case null
  /// A truth value.
  case bool(Bool)
  /// An integer.
  case integer(Int)
  /// A real number.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case list([SettingsValue])
  /// Settings by name.
  case object([String: SettingsValue])
}

extension SettingsValue: Codable {
  /// Reads any JSON or YAML value.
  public init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: Key.self) {
      let pairs = try object.allKeys.map { ($0.stringValue, try object.decode(SettingsValue.self, forKey: $0)) }
      self = .object(Dictionary(pairs) { first, _ in first })
      return
    }
    if var list = try? decoder.unkeyedContainer() {
      var values: [SettingsValue] = []
      while !list.isAtEnd { values.append(try list.decode(SettingsValue.self)) }
      self = .list(values)
      return
    }
    let single = try decoder.singleValueContainer()
    if single.decodeNil() {
      self = .null
    } else if let value = try? single.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? single.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? single.decode(Double.self) {
      self = .number(value)
    } else {
      self = .string(try single.decode(String.self))
    }
  }

  /// Writes the value as it is.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let values):
      var container = encoder.container(keyedBy: Key.self)
      for (name, value) in values.sorted(by: { $0.key < $1.key }) { try container.encode(value, forKey: Key(name)) }
    case .list(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    default:
      var container = encoder.singleValueContainer()
      switch self {
      case .bool(let value): try container.encode(value)
      case .integer(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .string(let value): try container.encode(value)
      default: try container.encodeNil()
      }
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension SettingsValue: CustomStringConvertible {
  /// The value as a person would write it.
  public var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    case .object(let values):
      "{\(values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
    }
  }
}
