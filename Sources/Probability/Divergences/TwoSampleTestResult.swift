/// What a test says about the hypothesis that two samples come from one distribution.
public struct TwoSampleTestResult: Hashable, Sendable, Codable {
  /// The statistic of the two samples; larger is further apart.
  public var statistic: Double
  /// The probability of a statistic at least as large when both samples come from one distribution. That of a permutation
  /// test is never 0; that of a limit law is, where it is smaller than any number.
  public var pValue: Double
  /// The statistics under that hypothesis, one a permutation, against which the statistic was held; empty when the
  /// p-value is from a limit law.
  public var null: [Double]

  /// A result.
  ///
  /// - Parameters:
  ///   - statistic: the statistic of the two samples.
  ///   - pValue: the probability of one at least as large under the hypothesis.
  ///   - null: the statistics under the hypothesis.
  public init(statistic: Double, pValue: Double, null: [Double] = []) {
    self.statistic = statistic
    self.pValue = pValue
    self.null = null
  }

  /// The result of a permutation test: p = (b + 1) / (n + 1), where b of the n permutations reach the statistic.
  ///
  /// Counting the observed arrangement as one of the permutations makes the test exact, and p is never 0.
  ///
  /// - Reference: Phipson and Smyth, *Permutation p-values should never be zero*, 2010, equation 2.
  ///
  /// - Parameters:
  ///   - statistic: the statistic of the two samples.
  ///   - null: the statistics of permutations, computed as that one was, from sets of the same sizes.
  public init(statistic: Double, permutations null: [Double]) {
    // A statistic that is no number rejects nothing.
    let reached = null.count { !($0 < statistic) }
    self.init(statistic: statistic, pValue: Double(reached + 1) / Double(null.count + 1), null: null)
  }
}
