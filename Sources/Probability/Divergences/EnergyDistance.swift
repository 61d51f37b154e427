public import Torch

/// The energy distance of two samples, 2 E|X - Y| - E|X - X'| - E|Y - Y'|: 0 exactly when the distributions are the same,
/// and without a bandwidth to choose. It is the squared maximum mean discrepancy of the kernel -|x - y|.
///
/// Of numbers it is twice the integral of the squared difference of the distribution functions; SciPy's
/// `energy_distance` is the square root of the biased estimate.
///
/// - Reference: Székely and Rizzo, *Energy statistics: a class of statistics based on distances*, 2013.
public struct EnergyDistance: Hashable, Sendable, Codable {
  /// Whether the pair of each row with itself, of distance 0, counts: then the estimate is never negative, and too large
  /// by order 1 / rows.
  public var isBiased: Bool

  /// An energy distance.
  ///
  /// - Parameter isBiased: whether pairs of a row with itself count.
  public init(isBiased: Bool = false) { self.isBiased = isBiased }

  /// As a discrepancy.
  public var discrepancy: MaximumMeanDiscrepancy {
    MaximumMeanDiscrepancy(kernel: .energy, estimator: isBiased ? .biased : .unbiased)
  }

  /// The distance of two samples, with its standard error.
  ///
  /// - Parameters:
  ///   - x: one sample, `[rows, features]` or `[rows]`.
  ///   - y: the other, of the same type and features.
  /// - Returns: the estimate, in the units of the samples.
  /// - Precondition: the shapes and types agree.
  /// - Throws: `SampleComparisonError` when a sample has fewer than two rows or numbers that are not finite.
  /// - Complexity: O((rows of x + rows of y)^2 * features) time, O(rows * features) memory.
  public func estimate(_ x: Tensor, _ y: Tensor) throws(SampleComparisonError) -> Estimate {
    try discrepancy.estimate(x, y).squared
  }

  /// Tests by permutations whether two samples come from one distribution; see
  /// ``MaximumMeanDiscrepancy/test(_:_:permutations:using:)``.
  ///
  /// - Parameters:
  ///   - x: one sample, `[rows, features]` or `[rows]`.
  ///   - y: the other, of the same type and features.
  ///   - permutations: how many splits.
  ///   - rng: the random numbers.
  /// - Returns: the distance, its p-value, and the distances of permutations.
  /// - Precondition: the shapes and types agree, and there is at least one permutation.
  /// - Throws: `SampleComparisonError` when a sample has too few rows or numbers that are not finite.
  public func test(
    _ x: Tensor, _ y: Tensor, permutations: Int = 1000, using rng: inout RandomGenerator
  ) throws(SampleComparisonError) -> TwoSampleTestResult {
    try discrepancy.test(x, y, permutations: permutations, using: &rng).result
  }

  /// The distance as a scalar with gradients to both samples; equal rows push each other nowhere.
  ///
  /// - Parameters:
  ///   - x: one sample, `[rows, features]` or `[rows]`.
  ///   - y: the other, of the same type and features.
  /// - Returns: a scalar of the samples' type.
  /// - Precondition: the shapes and types agree, and each sample has enough rows.
  public func loss(_ x: Tensor, _ y: Tensor) -> Tensor { discrepancy.loss(x, y) }
}
