import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct FrechetDistanceTests {
  private func features(_ count: Int, _ size: Int, seed: UInt64) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    let mixing = Tensor.normal([size, size], dtype: .float64, using: &rng)
    return Tensor.normal([count, size], dtype: .float64, using: &rng).matmul(mixing) + 3.0
  }

  @Test func momentsDoNotDependOnBatches() {
    let rows = features(100, 4, seed: 1) + 1e6
    let whole = FeatureMoments(of: rows)
    var parts = FeatureMoments(features: 4)
    for part in rows.split([1, 0, 37, 62], 0) { parts.add(part) }
    #expect(parts.count == 100)
    expectClose(parts.mean, whole.mean, tolerance: 1e-14)
    let centred = rows - rows.mean(0)
    let covariance = centred.transposed().matmul(centred) / 99
    expectClose(whole.covariance, covariance, tolerance: 1e-9)
    expectClose(parts.covariance, covariance, tolerance: 1e-8)
  }

  @Test func aSetIsNotFarFromItself() throws {
    // Many features of few dimensions: covariances are singular, where roots of eigenvalues give 1e-7 or NaN.
    let rows = features(80, 10, seed: 2)
    let wide = Tensor.concatenating([rows, rows * 2.0, rows - 1.0], 1)
    let moments = FeatureMoments(of: wide)
    #expect(try FrechetDistance(moments, moments).value < 1e-9 * moments.covariance.diagonal().sum().item())
    let single = FeatureMoments(of: wide.to(.float32))
    #expect(try FrechetDistance(single, single).value < 1e-6)
  }

  @Test func itIsTheDistanceOfTheMoments() throws {
    let sets = [features(60, 3, seed: 3), features(90, 3, seed: 4)].map(FeatureMoments.init(of:))
    let found = try FrechetDistance(sets[0], sets[1])
    let product = try #require(try? (sets[0].covariance.matmul(sets[1].covariance)).singularValues())
    #expect(product.s.isFinite().all())
    let expected = try BuresWasserstein.squared(
      MultivariateNormal(location: sets[0].mean, covariance: sets[0].covariance),
      MultivariateNormal(location: sets[1].mean, covariance: sets[1].covariance))
    #expect(abs(found.value - expected) < 1e-9 && found.counts == [60, 90] && found.features == 3)
  }

  @Test func tooFewRowsAreRefused() {
    let few = FeatureMoments(of: features(5, 5, seed: 5))
    let enough = FeatureMoments(of: features(50, 5, seed: 6))
    #expect(throws: DistributionError.tooFewRows(count: 5, needed: 6)) { try FrechetDistance(enough, few) }
  }

  @Test func flattenedFeaturesAreRefused() async {
    await #expect(processExitsWith: .failure) {
      var moments = FeatureMoments(features: 4)
      moments.add(Tensor.zeros([40]))
    }
  }

  /// Both sets are of one distribution, so the distance for infinitely many rows is 0, and that of N rows is not: about
  /// (2 D + D (D + 1) / 2) / N = 0.045 here, with a standard deviation of a third of that.
  @Test func extrapolationTakesTheBiasOff() throws {
    var rng = RandomGenerator(seed: 7)
    let found = try (0..<20).map { _ in
      let sets = (0..<2).map { _ in Tensor.normal([400, 4], dtype: .float64, using: &rng) }
      return try FrechetDistance.extrapolated(sets[0], sets[1], using: &rng)
    }
    let distances = Estimate(meanOf: found.map(\.distance.value))
    let (limits, biases) = (Estimate(meanOf: found.map(\.limit.value)), Estimate(meanOf: found.map(\.bias)))
    #expect(distances.value > 5 * distances.standardError && distances.value > 0.03)
    #expect(abs(limits.value) < 0.2 * distances.value, "\(limits), \(distances)")
    #expect(abs(biases.value - 0.045) < 0.015, "\(biases)")
  }
}
