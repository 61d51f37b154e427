/// Why data do not make a distribution.
public enum DensityEstimationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There are fewer rows than the estimator needs.
  case tooFewRows(available: Int, needed: Int)
  /// A cell is NaN or infinite; `row` and `column` count from 0.
  case notFinite(row: Int, column: Int)
  /// A column has one value only; columns count from 0.
  case constantColumn(column: Int)
  /// Weights are negative, not finite, all zero, or of another count than the rows.
  case invalidWeights(reason: String)
  /// A setting of the estimator is out of its range.
  case invalidSetting(name: String, value: String, rule: String)
  /// The model would be too large to be of use.
  case tooLarge(reason: String)
  /// A discrete column has a value that is not among those given for it; columns count from 0.
  case unknownValue(column: Int, value: Double)
  /// A column cannot be set to a value from outside; the values that a discrete one can have are given.
  case impossibleIntervention(column: String, value: Double, possible: [Double])
  /// A graph names a column that is not there.
  case unknownColumn(name: String, known: [String])
  /// A text does not describe a graph.
  case invalidGraph(reason: String)
  /// A graph leads from a column back to it, along this path.
  case cycle(path: [String])
  /// The estimate does not exist for these data, for the reason given.
  case degenerate(reason: String)

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .tooFewRows(let available, let needed):
      "there are \(available) rows, but at least \(needed) are needed"
    case .notFinite(let row, let column):
      "row \(row + 1) has no finite number in column \(column + 1); drop the row or fill the cell"
    case .constantColumn(let column):
      "column \(column + 1) has one value only, so it has no density; leave it out"
    case .invalidWeights(let reason): "the weights cannot be used: \(reason)"
    case .invalidSetting(let name, let value, let rule): "\(name) is \(value); it must be \(rule)"
    case .unknownValue(let column, let value):
      "column \(column + 1) has the value \(value), which is not among the values given for it"
    case .impossibleIntervention(let column, let value, let possible):
      "column '\(column)' cannot be set to \(shortest(value)): "
        + (possible.isEmpty
          ? "it must be a finite number"
          : "its values are \(possible.prefix(20).map(shortest).joined(separator: ", "))")
        + (possible.count > 20 ? " and \(possible.count - 20) more" : "")
    case .unknownColumn(let name, let known):
      "there is no column '\(name)'; the columns are \(known.joined(separator: ", "))"
    case .cycle(let path):
      "the graph has a cycle, \(path.joined(separator: " -> ")); a column cannot cause itself, so drop one of these edges"
    case .tooLarge(let reason), .invalidGraph(let reason), .degenerate(let reason): reason
    }
  }
}

/// A number as a user writes it: 1 and not 1.0.
private func shortest(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}
