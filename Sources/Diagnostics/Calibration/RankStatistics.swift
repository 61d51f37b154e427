public import Probability
public import Torch

/// Ranks of true values among draws from what should be their distribution: uniform on 0, ..., draws when it is.
///
/// Simulation-based calibration gives such ranks, and so does any generator whose observations are compared with its draws.
/// Ranks are whole numbers: a test for continuous uniform numbers finds differences that are only rounding (with 100 draws
/// and 5000 ranks it rejects every third calibrated model at the 5 % level), so each rank is spread over its own step first.
///
/// - Reference: Talts et al., *Validating Bayesian Inference Algorithms with Simulation-Based Calibration*, 2018, theorem 1.
public struct RankStatistics: Hashable, Sendable {
  /// How many draws lie below each true value, ties broken at random.
  public let ranks: [Int]
  /// The number of draws that each true value was compared with.
  public let draws: Int

  /// Known ranks.
  ///
  /// - Parameters:
  ///   - ranks: one for each true value, from 0 to `draws`.
  ///   - draws: the number of draws that each true value was compared with.
  /// - Precondition: there are ranks, and all are from 0 to `draws`.
  public init(ranks: [Int], draws: Int) {
    precondition(
      !ranks.isEmpty && draws > 0 && ranks.allSatisfy { (0...draws).contains($0) },
      "RankStatistics: expected ranks from 0 to \(draws)")
    self.ranks = ranks
    self.draws = draws
  }

  /// The ranks of values among draws.
  ///
  /// - Parameters:
  ///   - values: the true values, `[count]`.
  ///   - draws: `[count, draws]`, each row from the distribution of one value.
  ///   - rng: breaks ties.
  /// - Precondition: the shapes agree, and no number is NaN.
  public init(of values: Tensor, among draws: Tensor, using rng: inout RandomGenerator) {
    precondition(
      values.rank == 1 && draws.rank == 2 && draws.size(0) == values.size(0) && draws.size(1) > 0,
      "RankStatistics: expected values [count] and draws [count, draws], got \(values.shape) and \(draws.shape)")
    precondition(!values.isNaN().any() && !draws.isNaN().any(), "RankStatistics: expected numbers, got NaN")
    let column = values.unsqueezed(1)
    let below = (draws .< column).to(.float64).sum(1).doubles()
    let equal = (draws .== column).to(.float64).sum(1).doubles()
    let ranks = zip(below, equal).map { below, equal in Int(below) + Int.random(in: 0...Int(equal), using: &rng) }
    self.init(ranks: ranks, draws: draws.size(1))
  }

  /// The ranks as numbers from 0 to 1, each at a random place in its step: (rank + u) / (draws + 1).
  ///
  /// They are uniform and continuous when the ranks are uniform, so every test for such numbers is right for them.
  ///
  /// - Parameter rng: the places in the steps.
  /// - Returns: one number for each rank.
  public func spread(using rng: inout RandomGenerator) -> [Double] {
    ranks.map { (Double($0) + Double.random(in: 0..<1, using: &rng)) / Double(draws + 1) }
  }

  /// Whether the ranks are uniform, by the test of Kolmogorov and Smirnov.
  ///
  /// - Parameter rng: spreads the ranks.
  /// - Returns: the distance from uniform, and its p-value.
  public func uniformityTest(using rng: inout RandomGenerator) -> TwoSampleTestResult {
    KolmogorovSmirnov.test(uniform: spread(using: &rng))
  }
}
