public import Torch

/// What a test by a discrepancy says.
public struct DiscrepancyTest: Hashable, Sendable, Codable {
  /// The squared discrepancy with its standard error, and the kernel that was used.
  public var discrepancy: Discrepancy
  /// The statistic, its p-value, and the statistics of permutations.
  public var result: TwoSampleTestResult

  /// The probability of a discrepancy at least as large when both samples come from one distribution; never 0.
  public var pValue: Double { result.pValue }

  /// A test.
  ///
  /// - Parameters:
  ///   - discrepancy: what was estimated.
  ///   - result: the outcome of the test.
  public init(discrepancy: Discrepancy, result: TwoSampleTestResult) {
    (self.discrepancy, self.result) = (discrepancy, result)
  }
}

extension MaximumMeanDiscrepancy {
  /// Tests whether two samples come from one distribution.
  ///
  /// For the unbiased and the biased estimator, rows of both samples are exchanged at random, and each sample keeps its
  /// size: the statistic of every such split is the same estimator with the same kernel, and the p-value, (b + 1) / (n + 1),
  /// is exact. The bandwidth depends on both samples together only, so that exchanging rows does not change it. Blocks and
  /// pairs have a normal limit instead: the p-value is that of the estimate over its standard error.
  ///
  /// A statistic is a quadratic form in the signs of the rows, so kernels are computed once for many permutations, which a
  /// matrix product then sums; no matrix of rows by rows is held.
  ///
  /// - Parameters:
  ///   - x: one sample, `[rows, features]` or `[rows]`.
  ///   - y: the other, of the same type and features.
  ///   - permutations: how many splits; p-values are multiples of 1 / (permutations + 1).
  ///   - rng: the random numbers.
  /// - Returns: the estimate, the kernel that was used, and the p-value.
  /// - Precondition: the shapes and types agree, and there is at least one permutation.
  /// - Throws: `SampleComparisonError` when a sample has too few rows or numbers that are not finite.
  /// - Complexity: O((rows of x + rows of y)^2 * (features + permutations)) time.
  public func test(
    _ x: Tensor, _ y: Tensor, permutations: Int = 1000, using rng: inout RandomGenerator
  ) throws(SampleComparisonError) -> DiscrepancyTest {
    precondition(permutations >= 1, "test: expected at least one permutation, got \(permutations)")
    var needed = fewestRows
    if case .block(let size) = estimator { needed = 2 * size }
    if estimator == .linear { needed = 4 }
    let samples = try ComparedSamples(x, y, minimum: needed)
    let fixed = randomlyFixedKernel(samples.pooled, using: &rng)
    let discrepancy = Discrepancy(squared: squared(samples, fixed.sums), kernel: fixed)
    switch estimator {
    case .unbiased, .biased:
      let statistics = splitStatistics(samples, fixed.sums, permutations, using: &rng)
      return DiscrepancyTest(
        discrepancy: discrepancy,
        result: TwoSampleTestResult(statistic: statistics[0], permutations: Array(statistics.dropFirst())))
    case .block, .linear:
      let score = discrepancy.squared.value / discrepancy.squared.standardError
      // 0 over 0: the samples are the same rows.
      let pValue = score.isNaN ? 1 : Tensor([-score]).normalCDF().item()
      return DiscrepancyTest(
        discrepancy: discrepancy,
        result: TwoSampleTestResult(statistic: score, pValue: max(pValue, Double.leastNonzeroMagnitude)))
    }
  }

  /// The kernel with a bandwidth from rows that are drawn without regard to the sample they are in.
  private func randomlyFixedKernel(_ pooled: Tensor, using rng: inout RandomGenerator) -> DiscrepancyKernel {
    guard pooled.size(0) > DiscrepancyKernel.medianLimit, kernel.bandwidths == nil else {
      return kernel.fixed(by: pooled)
    }
    let rows = Tensor.permutation(pooled.size(0), using: &rng).narrowed(
      0, from: 0, length: DiscrepancyKernel.medianLimit)
    return kernel.fixed(by: pooled, at: rows)
  }

  /// The statistic of the samples as they are, and behind it those of random splits.
  private func splitStatistics(
    _ samples: ComparedSamples, _ sums: PairwiseKernelSums, _ permutations: Int, using rng: inout RandomGenerator
  ) -> [Double] {
    let weights = PairWeights(estimator, samples.count, samples.otherCount, atZero: sums.atZero)
    var splits = SampleSplits(first: samples.count, second: samples.otherCount)
    let (pooled, total) = (samples.pooled, permutations + 1)
    var statistics: [Double] = []
    while statistics.count < total {
      let count = min(total - statistics.count, splits.countAtOnce(pooled.dtype))
      let members = splits.next(count, startsAsGiven: statistics.isEmpty, dtype: pooled.dtype, using: &rng)
      let found = sums.splitSums(pooled, members: members)
      statistics += (0..<count).map {
        let sums = found.sums(ofSet: $0)
        return weights.squared(inside: sums.inside, outside: sums.outside, across: sums.across)
      }
    }
    return statistics
  }
}

/// Random splits of pooled rows into two samples that keep their sizes.
struct SampleSplits {
  private let first, second: Int
  private var order: [Int]

  init(first: Int, second: Int) {
    (self.first, self.second) = (first, second)
    order = Array(0..<(first + second))
  }

  /// How many splits fit into 64 MiB.
  func countAtOnce(_ dtype: DType) -> Int { max(16, (64 << 20) / (order.count * dtype.byteCount) / 16 * 16) }

  /// Splits as columns, `[rows, count rounded up to 16]`, 1 for rows of the first sample; the first is that of the samples
  /// themselves when it `startsAsGiven`.
  mutating func next(
    _ count: Int, startsAsGiven: Bool, dtype: DType, using rng: inout RandomGenerator
  ) -> Tensor {
    let columns = (count + 15) / 16 * 16
    var members = [UInt8](repeating: 0, count: order.count * columns)
    for column in 0..<count {
      if column > 0 || !startsAsGiven { shuffle(using: &rng) }
      for position in 0..<first { members[order[position] * columns + column] = 1 }
    }
    return Tensor(members, shape: [order.count, columns]).to(dtype)
  }

  /// Draws which rows are in the smaller sample; what the order was before does not matter to that.
  private mutating func shuffle(using rng: inout RandomGenerator) {
    let isFirstSmaller = first <= second
    for step in 0..<min(first, second) {
      let place = isFirstSmaller ? step : order.count - 1 - step
      let other =
        isFirstSmaller ? Int.random(in: place..<order.count, using: &rng) : Int.random(in: 0...place, using: &rng)
      order.swapAt(place, other)
    }
  }
}
