/// Checks that configurations of summary networks share: far above what is of use, and small enough that a slip of the
/// hand ends in a message, not in a machine without memory.
enum SummaryNetworkLimit {
  static let weights = 1e9
  static let features = 1...1_000_000
  static let hiddenFeatures = 1...65_536
  static let depth = 1...100

  static func check(
    _ field: String, _ value: Int, in range: ClosedRange<Int>
  ) throws(SummaryNetworkConfigurationError) {
    guard range.contains(value) else {
      throw SummaryNetworkConfigurationError(
        field: field, expected: "at least \(range.lowerBound) and at most \(range.upperBound)", actual: "\(value)")
    }
  }

  /// Sizes of hidden layers, one after the other; `minimum` is the least number of them.
  static func check(
    _ field: String, _ sizes: [Int], minimum: Int = 0
  ) throws(SummaryNetworkConfigurationError) {
    guard (minimum...depth.upperBound).contains(sizes.count) else {
      throw SummaryNetworkConfigurationError(
        field: field, expected: "\(minimum) to \(depth.upperBound) layers", actual: "\(sizes.count)")
    }
    for size in sizes { try check(field, size, in: hiddenFeatures) }
  }

  static func check(dropout: Double) throws(SummaryNetworkConfigurationError) {
    guard dropout >= 0 && dropout < 1 else {
      throw SummaryNetworkConfigurationError(
        field: "dropout", expected: "at least 0 and below 1", actual: "\(dropout)")
    }
  }

  static func check(heads: Int, dividing features: Int) throws(SummaryNetworkConfigurationError) {
    guard heads > 0, features.isMultiple(of: heads) else {
      throw SummaryNetworkConfigurationError(
        field: "heads", expected: "a divisor of hiddenFeatures (\(features))", actual: "\(heads)")
    }
  }
}

extension SummaryNetworkConfiguration {
  /// Checks what every configuration has.
  func validateSizes() throws(SummaryNetworkConfigurationError) {
    try SummaryNetworkLimit.check("features", form.features, in: SummaryNetworkLimit.features)
    try SummaryNetworkLimit.check("summaryFeatures", summaryFeatures, in: SummaryNetworkLimit.hiddenFeatures)
  }

  /// Stops at a network too large to be built.
  func validateWeightCount() throws(SummaryNetworkConfigurationError) {
    guard weightCount <= SummaryNetworkLimit.weights else {
      throw SummaryNetworkConfigurationError(
        field: "weights", expected: "at most \(SummaryNetworkLimit.weights) in all", actual: "\(weightCount)")
    }
  }
}

/// The number of weights of layers, as real numbers, which do not trap.
enum WeightCount {
  static func linear(_ input: Int, _ output: Int) -> Double { (Double(input) + 1) * Double(output) }

  static func perceptron(_ sizes: [Int]) -> Double {
    zip(sizes, sizes.dropFirst()).reduce(0) { $0 + linear($1.0, $1.1) }
  }

  static func attention(_ features: Int) -> Double { 4 * linear(features, features) }

  static func encoderLayer(_ features: Int, _ feedForward: Int) -> Double {
    attention(features) + linear(features, feedForward) + linear(feedForward, features) + 4 * Double(features)
  }
}
