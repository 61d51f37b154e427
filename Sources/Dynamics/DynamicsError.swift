/// Why series do not make a model, or a file does not hold one.
public enum DynamicsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There are fewer steps than the model needs.
  case tooFewSteps(available: Int, needed: Int)
  /// A cell is infinite, or outside the support of its family; `row` and `column` count from 0.
  case invalidCell(row: Int, column: Int, value: Double, rule: String)
  /// A setting is out of its range.
  case invalidSetting(name: String, value: String, rule: String)
  /// An observation has density 0 in all states that can be reached; `series` and `row` count from 0.
  case impossible(series: Int)
  /// The estimate does not exist, for the reason given.
  case degenerate(reason: String)

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .tooFewSteps(let available, let needed):
      "there are \(available) steps, but at least \(needed) are needed"
    case .invalidCell(let row, let column, let value, let rule):
      "row \(row + 1) has \(value) in column \(column + 1), which must be \(rule)"
    case .invalidSetting(let name, let value, let rule): "\(name) is \(value); it must be \(rule)"
    case .impossible(let series):
      "series \(series + 1) has probability 0 in every path of states: allow more transitions, or another emission"
    case .degenerate(let reason): reason
    }
  }

  static func require(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(DynamicsError) {
    guard range.contains(value) else {
      throw .invalidSetting(name: name, value: "\(value)", rule: "from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}
