/// What is wrong with settings that a user gave.
public enum SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no such setting.
  case unknown(path: String, known: [String], nearest: String?)
  /// A setting has a value of the wrong kind.
  case wrongKind(path: String, expected: String, actual: String)
  /// A value is out of its range, or settings do not fit together.
  case invalid(reason: String)

  /// What is wrong, naming the setting.
  public var description: String {
    switch self {
    case .unknown(let path, let known, let nearest):
      let hint = nearest.map { "; did you mean '\($0)'?" } ?? "."
      return "there is no setting '\(path)'\(hint) Known here: \(known.sorted().joined(separator: ", "))"
    case .wrongKind(let path, let expected, let actual):
      return "the setting '\(path)' must be \(expected), not \(actual)"
    case .invalid(let reason):
      return reason
    }
  }
}

extension SettingsError {
  /// The same error about a setting inside a group.
  func inside(_ group: String) -> SettingsError {
    switch self {
    case .unknown(let path, let known, let nearest): .unknown(path: "\(group).\(path)", known: known, nearest: nearest)
    case .wrongKind(let path, let expected, let actual):
      .wrongKind(path: "\(group).\(path)", expected: expected, actual: actual)
    case .invalid: self
    }
  }
}
