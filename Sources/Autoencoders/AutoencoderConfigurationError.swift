/// Why an autoencoder cannot be made of a configuration.
public enum AutoencoderConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A setting is out of its range.
  case outOfRange(field: String, expected: String, actual: String)

  /// The setting, what it must be, and what it is.
  public var description: String {
    switch self {
    case .outOfRange(let field, let expected, let actual): "\(field) must be \(expected), not \(actual)"
    }
  }
}

/// The largest sizes of an autoencoder: far above what is of use, and small enough that a slip of the hand or a made-up
/// file ends in a message, not in a machine without memory.
enum Limit {
  static let features = 1_000_000
  static let hiddenFeatures = 65_536
  static let depth = 100
  static let levels = 65_536
  static let weights = 1e9
}

/// Stops at a value that does not hold what is expected of it.
func require(
  _ holds: Bool, _ field: String, _ actual: Any, _ expected: String
) throws(AutoencoderConfigurationError) {
  if !holds { throw .outOfRange(field: field, expected: expected, actual: "\(actual)") }
}

/// Stops at a number out of a range.
func require(
  _ value: Int, in range: ClosedRange<Int>, _ field: String
) throws(AutoencoderConfigurationError) {
  try require(range.contains(value), field, value, "at least \(range.lowerBound) and at most \(range.upperBound)")
}
