import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct UnivariateTests {
  @Test(arguments: UnivariateCase.all) func keepsItsPromises(_ row: UnivariateCase) {
    checkDistribution(row.distribution, draws: 5000)
  }

  @Test(arguments: UnivariateCase.all) func cdfsQuantilesAndDrawsAgree(_ row: UnivariateCase) {
    checkCumulative(row.distribution, isDiscrete: row.isDiscrete)
  }

  @Test(arguments: UnivariateCase.all.filter(\.hasGradients)) func gradientsAreRight(_ row: UnivariateCase) {
    checkGradients(row.parameters.map { Tensor($0) }, isImplicit: row.isImplicit, row.make)
  }

  /// 32-bit parameters give 32-bit results, near those of 64 bits.
  @Test(arguments: UnivariateCase.all) func worksIn32Bits(_ row: UnivariateCase) {
    let narrow = row.make(row.parameters.map { Tensor($0).to(.float32) })
    var rng = RandomGenerator(seed: 1)
    let x = narrow.sample([50], using: &rng)
    #expect(x.dtype == (row.name == "Categorical" ? .int64 : .float32))
    let points = x.to(.float32)
    for (result, expected) in [
      (narrow.logProb(points), row.distribution.logProb(points.to(.float64))),
      (narrow.cdf(points), row.distribution.cdf(points.to(.float64))),
      (narrow.mean, row.distribution.mean), (narrow.variance, row.distribution.variance),
      (narrow.entropy, row.distribution.entropy),
    ] where row.name != "Cauchy" || !expected.isNaN().any() {
      #expect(result.dtype == .float32)
      expectClose(result.to(.float64), expected, tolerance: 2e-4, row.name)
    }
  }

  /// An event of rank 1 sums what its elements give.
  @Test func vectorsSumTheirElements() {
    let rate = tensor(.float64, 0.5, 4, 60)
    let (numbers, vectors) = (Poisson(rate: rate), Poisson(rate: rate, eventRank: 1))
    let x = Tensor(rows: [[0.0, 3, 70], [1, 2, 50.5]])
    #expect(vectors.eventShape == [3] && vectors.batchShape == [])
    expectClose(vectors.logProb(x)[0], numbers.logProb(x)[0].sum(), tolerance: 1e-14)
    #expect(vectors.logProb(x)[1].item() == -.infinity)
    expectClose(vectors.entropy, numbers.entropy.sum(), tolerance: 1e-14)
    let beta = Beta(alpha: tensor(.float64, 2, 3), beta: tensor(.float64, 0.5), eventRank: 1)
    checkDistribution(beta)
  }

  @Test func wrongParametersStop() async {
    await #expect(processExitsWith: .failure) { _ = Gamma(concentration: Tensor(0.0), rate: Tensor(1.0)) }
    await #expect(processExitsWith: .failure) { _ = Bernoulli(probability: Tensor(1.5)) }
    await #expect(processExitsWith: .failure) { _ = Binomial(trials: Tensor(2.5), probability: Tensor(0.5)) }
    await #expect(processExitsWith: .failure) { _ = Categorical(probabilities: .zeros([3])) }
    await #expect(processExitsWith: .failure) { _ = Beta(alpha: .ones([2]), beta: .ones([3])) }
    await #expect(processExitsWith: .failure) {
      _ = TruncatedNormal(location: Tensor(0.0), scale: Tensor(1.0), lower: Tensor(1.0), upper: Tensor(1.0))
    }
  }

  /// Second derivatives go through a cdf that is computed outside of libtorch: its gradient is the density.
  @Test func aCDFIsAFunctionOfItsArgument() {
    let gamma = Gamma(concentration: tensor(.float64, 2.5), rate: tensor(.float64, 3))
    let x = tensor(.float64, 0.4, 0.9).requiringGradient()
    let slope = gradients(of: gamma.cdf(x).sum(), withRespectTo: [x], retainingGraph: true, creatingGraph: true)[0]
    expectClose(slope, gamma.logProb(x).exp(), tolerance: 1e-12)
    let curvature = gradients(of: slope.sum(), withRespectTo: [x])[0]
    let expected = gradients(of: gamma.logProb(x).exp().sum(), withRespectTo: [x])[0]
    expectClose(curvature, expected, tolerance: 1e-12)
    let p = tensor(.float64, 0.2, 0.9).requiringGradient()
    let quantileSlope = gradients(of: gamma.quantile(p).sum(), withRespectTo: [p])[0]
    expectClose(quantileSlope, (-gamma.logProb(gamma.quantile(p))).exp(), tolerance: 1e-12)
  }
}
