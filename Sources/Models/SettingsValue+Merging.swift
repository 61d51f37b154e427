import Datasets
import Foundation

extension SettingsValue {
  /// The tree of an encodable value: its settings, each with its present value.
  public init(encoding value: some Encodable) throws {
    self = try JSONDecoder().decode(SettingsValue.self, from: try JSONEncoder().encode(value))
  }

  /// The value that the tree describes.
  ///
  /// - Throws: `SettingsError.wrongKind` naming the setting that cannot be read.
  public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    let data = try JSONEncoder().encode(self)
    do {
      return try JSONDecoder().decode(Value.self, from: data)
    } catch let error as DecodingError {
      throw SettingsError(error)
    }
  }

  /// The first setting, by its dotted path, that this tree has and the other lacks.
  func firstSetting(missingIn other: SettingsValue, at path: String = "") -> (path: String, known: [String])? {
    guard case .object(let own) = self, case .object(let others) = other else { return nil }
    for (name, value) in own.sorted(by: { $0.key < $1.key }) {
      let full = path.isEmpty ? name : "\(path).\(name)"
      guard let counterpart = others[name] else { return (full, Array(others.keys)) }
      if let missing = value.firstSetting(missingIn: counterpart, at: full) { return missing }
    }
    return nil
  }

  /// This tree with the settings of another in place of its own.
  ///
  /// - Throws: `SettingsError` for a setting that is not in this tree or is of another kind.
  public func merging(_ other: SettingsValue, at path: String = "") throws -> SettingsValue {
    guard case .object(let own) = self else { return try replacing(with: other, at: path) }
    if Self.isChoice(own), !Self.names(other).isSubset(of: own.keys) { return try replacing(with: other, at: path) }
    if case .string(let name) = other, own[name] != nil { return self }
    guard case .object(let new) = other else {
      throw SettingsError.wrongKind(path: path, expected: "a group of settings", actual: "'\(other)'")
    }
    var result = own
    for (name, value) in new {
      let full = path.isEmpty ? name : "\(path).\(name)"
      guard let old = own[name] else {
        throw SettingsError.unknown(
          path: full, known: Array(own.keys), nearest: nearestName(to: name, among: own.keys.sorted()))
      }
      result[name] = try old.merging(value, at: full)
    }
    return .object(result)
  }

  /// This tree with one setting, given as `dotted.path=value`, replaced.
  ///
  /// - Throws: `SettingsError` when the text has no `=`, or the setting does not exist or is of another kind.
  public func setting(_ assignment: String, parse: (String) throws -> SettingsValue) throws -> SettingsValue {
    let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw SettingsError.invalid(
        reason: "'\(assignment)' is no setting: expected NAME=VALUE, such as training.batchSize=128")
    }
    let value = try parse(parts[1])
    let tree = parts[0].split(separator: ".").reversed().reduce(value) { .object([String($1): $0]) }
    return try merging(tree)
  }

  /// Lists of names are empty by default, and a column may be called 7; lists of numbers are not empty.
  private static func element(_ value: SettingsValue, like old: SettingsValue?) -> SettingsValue {
    switch old {
    case .integer, .number, .list, .object: value
    default: value.isScalar ? .string(value.description) : value
    }
  }

  private var isScalar: Bool {
    switch self {
    case .list, .object: false
    default: true
    }
  }

  private static func names(_ value: SettingsValue) -> Set<String> {
    switch value {
    case .object(let settings): Set(settings.keys)
    default: [value.description]
    }
  }

  /// A choice with its own settings, such as `{cosine: {warmUpSteps: 100}}`; another choice replaces the whole.
  private static func isChoice(_ object: [String: SettingsValue]) -> Bool {
    guard object.count == 1, case .object? = object.values.first else { return false }
    return true
  }

  private func replacing(with other: SettingsValue, at path: String) throws -> SettingsValue {
    func wrong(_ expected: String) -> SettingsError {
      .wrongKind(path: path, expected: expected, actual: "'\(other)'")
    }
    switch (self, other) {
    case (.number, .integer(let value)): return .number(Double(value))
    case (.integer, .number(let value)) where value == value.rounded() && abs(value) < 1e15: return .integer(Int(value))
    case (.number, .number), (.integer, .integer), (.bool, .bool), (.string, .string), (.null, _):
      return other
    // JSON does not tell 1.0 from 1, so a whole default may stand for a real setting; decoding decides.
    case (.integer, .number): return other
    case (.string, .integer), (.string, .number), (.string, .bool): return .string(other.description)
    case (.list(let old), .list(let new)): return .list(new.map { Self.element($0, like: old.first) })
    case (.list, .string(let text)): return .list(text.split(separator: ",").map { .string(String($0)) })
    case (.list(let old), .integer), (.list(let old), .number): return .list([Self.element(other, like: old.first)])
    case (.object, .string(let name)): return .object([name: .object([:])])
    case (.object, .object): return other
    case (.number, _), (.integer, _): throw wrong("a number")
    case (.bool, _): throw wrong("true or false")
    case (.string, _): throw wrong("a text")
    case (.list, _): throw wrong("a list")
    case (.object, _): throw wrong("a choice")
    }
  }
}

extension SettingsError {
  /// The words of the type that a decoder could not make: it names the type in its message only.
  private static func choices(in message: String) -> [String]? {
    guard let name = message.firstMatch(of: /Cannot initialize (\w+) from/)?.1 else { return nil }
    return SettingsChoices.byType[String(name)]
  }

  /// Names the setting that a decoder could not read.
  init(_ error: DecodingError) {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .typeMismatch(let type, let context):
      self = .wrongKind(path: path(context), expected: "of type \(type)", actual: "what was given")
    case .dataCorrupted(let context) where Self.choices(in: context.debugDescription) != nil:
      let choices = Self.choices(in: context.debugDescription) ?? []
      self = .wrongKind(
        path: path(context), expected: "one of \(choices.joined(separator: ", "))", actual: "what was given")
    case .dataCorrupted(let context):
      self = .invalid(
        reason: "the setting '\(path(context))' has a value that cannot be used: \(context.debugDescription)")
    case .keyNotFound(let key, let context):
      self = .invalid(reason: "the setting '\(path(context))' lacks '\(key.stringValue)'")
    case .valueNotFound(_, let context):
      self = .invalid(reason: "the setting '\(path(context))' has no value")
    @unknown default:
      self = .invalid(reason: "\(error)")
    }
  }
}

extension SettingsError {
  init(wrapping error: any Error) {
    self = (error as? DecodingError).map(SettingsError.init) ?? .invalid(reason: "\(error)")
  }
}
