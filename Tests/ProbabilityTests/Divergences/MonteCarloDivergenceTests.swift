import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Estimates against closed forms, within 5.2 standard errors, which chance exceeds with probability 2e-7.
@Suite struct MonteCarloDivergenceTests {
  private let p = Normal(location: Tensor([0.0, 1.0]), scale: Tensor([1.0, 0.5]), eventRank: 1)
  private let q = Normal(location: Tensor([0.5, 0.8]), scale: Tensor([1.2, 0.7]), eventRank: 1)

  private func expectNear(
    _ estimate: Estimate, _ exact: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(estimate.value - exact) < 5.2 * estimate.standardError && estimate.standardError < 0.1,
      "\(estimate), exactly \(exact)", sourceLocation: sourceLocation)
  }

  @Test func kullbackLeiblerIsThatOfTheClosedForm() {
    var rng = RandomGenerator(seed: 1)
    let exact = p.kullbackLeiblerDivergence(from: q).item()
    let found = KullbackLeibler.estimate(of: p, from: q, draws: 20_000, using: &rng)
    expectNear(found, exact)
    #expect(found.value != KullbackLeibler.estimate(of: q, from: p, draws: 20_000, using: &rng).value)
    var same = RandomGenerator(seed: 1)
    #expect(KullbackLeibler.estimate(of: p, from: q, draws: 20_000, using: &same) == found)
    #expect(KullbackLeibler.estimate(of: p, from: p, draws: 100, using: &rng).value == 0)
  }

  @Test func massWhereTheOtherHasNoneIsInfinite() {
    var rng = RandomGenerator(seed: 2)
    let wide = Uniform(lower: Tensor(0.0), upper: Tensor(2.0))
    let narrow = Uniform(lower: Tensor(0.0), upper: Tensor(1.0))
    #expect(KullbackLeibler.estimate(of: wide, from: narrow, using: &rng).value == .infinity)
    let found = KullbackLeibler.estimate(of: narrow, from: wide, using: &rng)
    #expect(abs(found.value - log(2)) < 1e-6)
    let infinite = AlphaDivergence(of: wide, from: narrow, alpha: 2, using: &rng)
    #expect(infinite.renyi.value == .infinity && infinite.amari.value == .infinity)
    // At 1/2 the overlap decides: I = sqrt(1/2).
    let half = AlphaDivergence(of: wide, from: narrow, alpha: 0.5, draws: 20_000, using: &rng)
    expectNear(half.renyi, log(2))
  }

  @Test func crossEntropyIsEntropyPlusDivergence() {
    var rng = RandomGenerator(seed: 3)
    let sample = p.sample([20_000], using: &rng)
    let found = CrossEntropy(of: sample, under: q, chunkSize: 3000)
    expectNear(found.nats, p.entropy.item() + p.kullbackLeiblerDivergence(from: q).item())
    #expect(abs(found.bitsPerDimension.value - found.nats.value / (2 * log(2))) < 1e-12)
    #expect(abs(found.bitsPerDimension.standardError - found.nats.standardError / (2 * log(2))) < 1e-12)
    let outside = CrossEntropy(of: Tensor([0.5, 3.0]), under: Uniform(lower: Tensor(0.0), upper: Tensor(1.0)))
    #expect(outside.nats.value == .infinity)
  }

  @Test func jensenShannonIsBoundedAndSymmetric() {
    var rng = RandomGenerator(seed: 4)
    #expect(JensenShannon.estimate(p, p, draws: 1000, using: &rng).value.magnitude < 1e-7)
    let far = Normal(location: Tensor([1e4, 0.0]), scale: Tensor([1.0, 1.0]), eventRank: 1)
    let most = JensenShannon.estimate(p, far, draws: 1000, using: &rng)
    #expect(abs(most.value - JensenShannon.maximum) < 1e-12 && most.value < JensenShannon.maximum + 1e-12)
    let box = Uniform(lower: Tensor(0.0), upper: Tensor(1.0))
    let shifted = Uniform(lower: Tensor(0.5), upper: Tensor(1.5))
    // On half of each the other is 0, on the rest they are equal: log(2) / 2.
    expectNear(JensenShannon.estimate(box, shifted, draws: 20_000, using: &rng), log(2) / 2)
    expectNear(JensenShannon.estimate(shifted, box, draws: 20_000, using: &rng), log(2) / 2)
  }

  @Test(arguments: [-0.5, 0, 0.3, 0.5, 1, 1.5]) func alphaIsThatOfNormalNumbers(alpha: Double) {
    var rng = RandomGenerator(seed: 5)
    let (m, s1, s2) = (0.6, 1.0, 1.2)
    let first = Normal(location: Tensor(0.0, dtype: .float64), scale: Tensor(s1, dtype: .float64))
    let second = Normal(location: Tensor(m, dtype: .float64), scale: Tensor(s2, dtype: .float64))
    let found = AlphaDivergence(of: first, from: second, alpha: alpha, draws: 40_000, using: &rng)
    let forward = first.kullbackLeiblerDivergence(from: second).item()
    if alpha == 1 {
      expectNear(found.renyi, forward)
      return expectNear(found.amari, forward)
    }
    if alpha == 0 { return expectNear(found.amari, second.kullbackLeiblerDivergence(from: first).item()) }
    // Gil, Alajaji, Linder, 2013, table 2: v = alpha s2^2 + (1 - alpha) s1^2.
    let v = alpha * s2 * s2 + (1 - alpha) * s1 * s1
    let renyi = log(s2 / s1) + log(s2 * s2 / v) / (2 * (alpha - 1)) + alpha * m * m / (2 * v)
    expectNear(found.renyi, renyi)
    expectNear(found.amari, (exp((alpha - 1) * renyi) - 1) / (alpha * (alpha - 1)))
    #expect(found.effectiveFraction > 0.05 && found.effectiveFraction < 1)
  }

  @Test func fewDrawsThatDecideAreSaid() {
    var rng = RandomGenerator(seed: 6)
    let far = Normal(location: Tensor([5.0, 1.0]), scale: Tensor([1.0, 0.5]), eventRank: 1)
    let found = AlphaDivergence(of: far, from: p, alpha: 3, using: &rng)
    #expect(found.effectiveFraction < 0.01 && found.paretoShape > 0.7)
    #expect(found.renyi.value.isFinite)
  }

  @Test func weightsOfEqualDensitiesAreAllEffective() {
    let equal = ImportanceWeights(logWeights: [Double](repeating: -3000, count: 50))
    #expect(abs(equal.effectiveFraction - 1) < 1e-12 && equal.logMean.value == -3000)
    #expect(equal.paretoShape == -.infinity)
    let two = ImportanceWeights(logWeights: [0, 0, -.infinity, -.infinity])
    #expect(abs(two.effectiveSampleSize - 2) < 1e-12 && abs(two.logMean.value - log(0.5)) < 1e-12)
    #expect(ImportanceWeights(logWeights: [.nan, 1]).effectiveFraction.isNaN)
  }
}
