import Foundation
import Testing
import Torch
import _TestSupport

@testable import Probability

/// Tests by permutation: the same estimator and sizes for every split, exact p-values that are never 0, uniform when
/// nothing differs.
@Suite struct DiscrepancyTestTests {
  private static func normals(_ shape: Shape, seed: UInt64) -> Tensor {
    MaximumMeanDiscrepancyTests.normals(shape, seed: seed)
  }

  /// All ways to choose `count` of the numbers from `start` to `end`.
  private func choices(_ count: Int, from start: Int, to end: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    guard start < end else { return [] }
    return choices(count - 1, from: start + 1, to: end).map { [start] + $0 } + choices(count, from: start + 1, to: end)
  }

  /// With the diagonal in, or other sizes than the samples', a statistic is not among these.
  @Test(arguments: [MaximumMeanDiscrepancy.Estimator.unbiased, .biased])
  func permutationsAreTheSplitsOfTheSameSizes(_ estimator: MaximumMeanDiscrepancy.Estimator) throws {
    let (x, y) = (Self.normals([2, 2], seed: 1), Self.normals([4, 2], seed: 2))
    for kernel in MaximumMeanDiscrepancyTests.kernels {
      for (a, b) in [(x, y), (y, x)] {
        let pooled = MaximumMeanDiscrepancyTests.rows(Tensor.concatenating([a, b]))
        let all = choices(a.size(0), from: 0, to: 6).map { chosen in
          MaximumMeanDiscrepancyTests.squared(
            kernel, chosen.map { pooled[$0] }, (0..<6).filter { !chosen.contains($0) }.map { pooled[$0] },
            isBiased: estimator == .biased)
        }.sorted()
        var rng = RandomGenerator(seed: 3)
        let mmd = MaximumMeanDiscrepancy(kernel: kernel, estimator: estimator)
        let test = try mmd.test(a, b, permutations: 300, using: &rng)
        expectClose([test.result.statistic], [test.discrepancy.squared.value], tolerance: 1e-13)
        // Each of the 15 splits is missed by all 300 with probability 1e-9, and shows no more than 59 times but for 1e-10.
        var seen = [Int](repeating: 0, count: all.count)
        for statistic in test.result.null {
          let nearest = all.indices.min { abs(all[$0] - statistic) < abs(all[$1] - statistic) } ?? 0
          #expect(abs(all[nearest] - statistic) < 1e-12)
          seen[nearest] += 1
        }
        #expect(seen.allSatisfy { (1...59).contains($0) }, "\(seen)")
      }
    }
  }

  @Test func thePValueIsNever0() throws {
    var rng = RandomGenerator(seed: 4)
    let (x, y) = (Self.normals([30, 2], seed: 5), Self.normals([20, 2], seed: 6) + 50.0)
    #expect(try MaximumMeanDiscrepancy().test(x, y, permutations: 99, using: &rng).pValue == 0.01)
    #expect(try EnergyDistance().test(x, y, permutations: 19, using: &rng).pValue == 0.05)
    let estimators: [MaximumMeanDiscrepancy.Estimator] = [.block(size: 2), .linear]
    for estimator in estimators {
      // The same distance from every row: the standard error is 0 but for rounding.
      let far = Tensor.ones([20, 1], dtype: .float64) * 1e6
      let test = try MaximumMeanDiscrepancy(kernel: .squaredExponential(bandwidth: .fixed(1)), estimator: estimator)
        .test(Tensor.zeros([20, 1], dtype: .float64), far, using: &rng)
      #expect(test.pValue > 0 && test.pValue < 1e-6)
    }
  }

  @Test func samplesOfTheSameRowsHaveAPValueOf1() throws {
    var rng = RandomGenerator(seed: 7)
    let x = Tensor.ones([12, 2])
    let estimators: [MaximumMeanDiscrepancy.Estimator] = [.unbiased, .biased, .block(size: 3), .linear]
    for estimator in estimators {
      #expect(try MaximumMeanDiscrepancy(estimator: estimator).test(x, x, permutations: 49, using: &rng).pValue == 1)
    }
  }

  /// The p-values of repeated tests of samples that differ by a shift.
  private func pValues(
    _ mmd: MaximumMeanDiscrepancy, _ repetitions: Int, _ first: Int, _ second: Int, shift: Double, permutations: Int,
    seed: UInt64
  ) throws -> [Double] {
    var rng = RandomGenerator(seed: seed)
    return try (0..<repetitions).map { _ in
      let x = Tensor.normal([first, 2], using: &rng)
      let y = Tensor.normal([second, 2], using: &rng) + shift
      return try mmd.test(x, y, permutations: permutations, using: &rng).pValue
    }
  }

  /// p is uniform on 1/20, ..., 1; minus a uniform number up to 1/20 it is uniform on [0, 1].
  @Test func pValuesAreUniformWhenNothingDiffers() throws {
    var rng = RandomGenerator(seed: 8)
    let estimators: [MaximumMeanDiscrepancy.Estimator] = [.unbiased, .biased]
    for estimator in estimators {
      let p = try pValues(
        MaximumMeanDiscrepancy(estimator: estimator), 400, 8, 15, shift: 0, permutations: 19, seed: 9)
      let smooth = p.map { $0 - Double.random(in: 0..<1, using: &rng) / 20 }.sorted()
      let distance = smooth.enumerated().map { max(Double($0 + 1) / 400 - $1, $1 - Double($0) / 400) }.max() ?? 1
      // Chance exceeds 2.7 / sqrt(400) with probability 1e-6.
      #expect(distance < 2.7 / 20, "\(estimator): the distance of Kolmogorov and Smirnov is \(distance)")
    }
  }

  @Test func aShiftIsFound() throws {
    let p = try pValues(MaximumMeanDiscrepancy(), 20, 60, 50, shift: 1, permutations: 99, seed: 10)
    #expect(p.allSatisfy { $0 <= 0.05 }, "\(p)")
    var rng = RandomGenerator(seed: 11)
    let (x, y) = (Self.normals([400, 2], seed: 12), Self.normals([400, 2], seed: 13) + 1.0)
    let estimators: [MaximumMeanDiscrepancy.Estimator] = [.block(size: 20), .linear]
    for estimator in estimators {
      let test = try MaximumMeanDiscrepancy(estimator: estimator).test(x, y, using: &rng)
      #expect(test.pValue < 1e-4 && test.result.null.isEmpty, "\(estimator): \(test.pValue)")
    }
  }

  @Test func theSameSeedGivesTheSameTest() throws {
    let (x, y) = (Self.normals([25, 3], seed: 14), Self.normals([25, 3], seed: 15))
    func test(_ seed: UInt64) throws -> DiscrepancyTest {
      var rng = RandomGenerator(seed: seed)
      return try MaximumMeanDiscrepancy().test(x, y, permutations: 40, using: &rng)
    }
    #expect(try test(1) == test(1))
    #expect(try test(1).result.null != test(2).result.null)
  }

  /// More rows than the median heuristic looks at, and more splits than one product takes.
  @Test func splitsKeepTheirSizes() {
    var rng = RandomGenerator(seed: 16)
    for (first, second) in [(3, 9), (9, 3), (5, 5)] {
      var splits = SampleSplits(first: first, second: second)
      let members = splits.next(20, startsAsGiven: true, dtype: .float32, using: &rng)
      #expect(members.shape == [12, 32] || members.shape == [10, 32])
      let sizes = members.sum(0).doubles()
      #expect(sizes.prefix(20).allSatisfy { $0 == Double(first) } && sizes.dropFirst(20).allSatisfy { $0 == 0 })
      #expect(members[.all, 0].doubles() == (0..<first + second).map { $0 < first ? 1 : 0 })
      #expect(splits.next(1, startsAsGiven: false, dtype: .float64, using: &rng).sum().item() == Double(first))
    }
    #expect(SampleSplits(first: 30_000, second: 30_000).countAtOnce(.float32) == 272)
  }
}
