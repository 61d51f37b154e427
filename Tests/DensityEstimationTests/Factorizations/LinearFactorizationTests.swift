import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Rows of a correlated normal distribution in four dimensions, with means and scales far apart.
func correlatedRows(_ count: Int, seed: UInt64) -> Tensor {
  var rng = RandomGenerator(seed: seed)
  let mixing = Tensor(rows: [[1.0, 0, 0, 0], [0.8, 0.5, 0, 0], [-0.4, 0.3, 0.7, 0], [0.1, -0.9, 0.2, 0.6]])
  let noise = Tensor.normal([count, 4], dtype: .float64, using: &rng)
  return noise.matmul(mixing.transposed()) * Tensor([1.0, 100, 0.01, 3]) + Tensor([0.0, -50, 7, 1000])
}

@Suite struct LinearFactorizationTests {
  /// Any order gives the normal distribution with the mean and the covariance of the rows.
  @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]])
  func anyOrderIsTheJointNormal(_ order: [Int]) throws {
    var rng = RandomGenerator(seed: 1)
    let (x, y) = (correlatedRows(500, seed: 2), correlatedRows(200, seed: 3))
    let weights = Tensor.uniform([500], dtype: .float64, using: &rng)
    let model = try AutoregressiveEstimator(conditional: .linear(), order: order)
      .fit(x, weights: weights, using: &rng)
    let mean = weights.matmul(x) / weights.sum()
    let centered = x - mean
    let covariance = centered.transposed().matmul(centered * weights.unsqueezed(1)) / weights.sum()
    let joint = try MultivariateNormal(location: mean, covariance: covariance)
    expectClose(model.logProb(y), joint.logProb(y), tolerance: 1e-8)
    #expect(model.order == order)
    let each = model.columnLogProbs(y)
    expectClose(each.sum(-1), model.logProb(y), tolerance: 1e-12)
    checkDistribution(model)
  }

  /// A collinear parent changes nothing; a column that is determined by others has no density.
  @Test func collinearParents() throws {
    var rng = RandomGenerator(seed: 4)
    let x = correlatedRows(300, seed: 5)
    let target = x[.all, 3]
    let doubled = Tensor.concatenating([x[.all, .slice(to: 3)], x[.all, .slice(to: 1)] * 2.0 + 1.0], 1)
    let plain = try LinearGaussianEstimator().fit(
      ConditionalData(target: target, given: x[.all, .slice(to: 3)]), using: &rng)
    let fit = try LinearGaussianEstimator().fit(ConditionalData(target: target, given: doubled), using: &rng)
    expectClose(
      fit.conditioned(on: doubled).location, plain.conditioned(on: x[.all, .slice(to: 3)]).location, tolerance: 1e-9)
    #expect(throws: DensityEstimationError.self) {
      try AutoregressiveEstimator(conditional: .linear()).fit(doubled, using: &rng)
    }
  }

  /// Codes of held-out rows of the fitted model are uniform and independent, and lead back to the rows.
  @Test func codesOfTheModelAreUniform() throws {
    var rng = RandomGenerator(seed: 6)
    let model = try AutoregressiveEstimator(conditional: .linear()).fit(correlatedRows(500, seed: 7), using: &rng)
    let x = model.sample([20_000], using: &rng)
    let codes = model.codes(x, using: &rng)
    expectClose(model.decode(codes), x, tolerance: 1e-9)
    for column in 0..<4 {
      // Chance exceeds 2.7 with probability below 1e-6.
      #expect(uniformDistance(codes[.all, .at(column)]) < 2.7)
    }
    let scores = codes.normalQuantile()
    let correlation = scores.transposed().matmul(scores) / 20_000.0
    #expect((correlation - Tensor.identity(4, dtype: .float64)).absolute().max().item() < 0.06)
  }
}

/// The distance of Kolmogorov and Smirnov between numbers and the uniform distribution, times the root of their number.
///
/// Chance exceeds 2.7 with probability below 1e-6.
func uniformDistance(_ numbers: Tensor) -> Double {
  let sorted = numbers.flattened().sorted().values
  let count = sorted.elementCount
  let steps = Tensor.range(count, dtype: .float64) / Double(count)
  let above = (sorted - steps).absolute().max().item()
  let below = (steps + 1 / Double(count) - sorted).absolute().max().item()
  return max(above, below) * Double(count).squareRoot()
}
