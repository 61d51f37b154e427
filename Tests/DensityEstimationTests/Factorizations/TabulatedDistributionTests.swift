import DensityEstimation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct TabulatedDistributionTests {
  var masses: Tensor { Tensor(rows: [[0.1, 0.0, 0.6, 0.3], [0.25, 0.25, 0.4, 0.1]]).log() }

  @Test func valuesKeepTheirPromises() {
    let distribution = TabulatedDistribution(values: Tensor([-1.0, 0, 2, 5]), logMasses: masses)
    checkDistribution(distribution)
    expectClose(distribution.logProb(Tensor([2.0])).exp(), Tensor([0.6, 0.4]))
    expectClose(distribution.logProb(Tensor([1.0])).exp(), Tensor([0.0, 0]))
    expectClose(distribution.cdf(Tensor([1.9])), Tensor([0.1, 0.5]))
    expectClose(distribution.cdf(Tensor([2.0])), Tensor([0.7, 0.9]))
  }

  @Test func intervalsKeepTheirPromises() {
    let distribution = TabulatedDistribution(edges: Tensor([-1.0, 0, 2, 5, 5.5]), logMasses: masses)
    checkDistribution(distribution)
    expectClose(distribution.logProb(Tensor([5.5])).exp(), Tensor([0.6, 0.2]))
    expectClose(distribution.logProb(Tensor([5.51])).exp(), Tensor([0.0, 0]))
    expectClose(distribution.cdf(Tensor([3.5])), Tensor([0.4, 0.7]))
    expectClose(distribution.cdf(Tensor([-2.0])), Tensor([0.0, 0]))
    expectClose(distribution.cdf(Tensor([7.0])), Tensor([1.0, 1]))
  }

  /// The least number at which the distribution function reaches the probability.
  @Test func quantilesAreGeneralizedInverses() {
    let probabilities = Tensor([0, 0.05, 0.1, 0.1001, 0.5, 0.7, 0.71, 1])
    let values = TabulatedDistribution(values: Tensor([-1.0, 0, 2, 5]), logMasses: masses[0])
    expectClose(values.quantile(probabilities), Tensor([-1.0, -1, -1, 2, 2, 2, 5, 5]))
    let intervals = TabulatedDistribution(edges: Tensor([-1.0, 0, 2, 5, 5.5]), logMasses: masses)
    let inside = Tensor([0.03, 0.1, 0.11, 0.4, 0.65, 0.9999]).unsqueezed(1)
    expectClose(intervals.cdf(intervals.quantile(inside)), inside.broadcasted(to: [6, 2]))
    // The second interval of the first distribution is empty: its left end is where 0.1 is reached.
    expectClose(intervals.quantile(Tensor([0.1]))[0], Tensor(0.0, dtype: .float64))
    let outside = intervals.quantile(Tensor([-0.1, 1.1, Double.nan]).unsqueezed(1))
    #expect(outside.isNaN().all())
  }

  /// Many cells, so that the search takes several steps, and a number of cells that is no power of two.
  @Test(arguments: [1, 2, 3, 7, 8, 9, 100]) func searchFindsEveryCell(_ count: Int) {
    var rng = RandomGenerator(seed: 3)
    let logMasses = Tensor.normal([5, count], dtype: .float64, using: &rng)
    let distribution = TabulatedDistribution(values: Tensor.range(count, dtype: .float64), logMasses: logMasses)
    let cdf = distribution.cdf(Tensor.range(count, dtype: .float64).unsqueezed(1))
    let expected = Tensor.range(count, dtype: .float64).unsqueezed(1).broadcasted(to: [count, 5])
    expectClose(distribution.quantile(cdf - 1e-9), expected)
    expectClose(cdf[-1], Tensor.ones([5], dtype: .float64))
  }
}
