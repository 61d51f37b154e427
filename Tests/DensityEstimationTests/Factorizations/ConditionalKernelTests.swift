import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct ConditionalKernelTests {
  /// The fused sums, and the operations that record gradients, against sums over pairs one by one.
  @Test func logProbIsTheQuotientOfSums() throws {
    let kinds = mixedKinds
    let points = mixedRows(40, seed: 141)[.all, .indices(Tensor([2, 0, 1, 3]))]
    var rng = RandomGenerator(seed: 142)
    let weights = Tensor.uniform([40], dtype: .float64, using: &rng) + 0.1
    let bandwidths = Tensor([0.3, 0.5, 0.4, 0.2])
    let density = ConditionalKernel(
      target: kinds[2], given: [kinds[0], kinds[1], kinds[3]], points: points, weights: weights, bandwidths: bandwidths)
    let queries = mixedRows(10, seed: 143)[.all, .indices(Tensor([2, 0, 1, 3]))]
    let values = [3, 2]
    let expected = queries.unbound().map { query -> Double in
      let q = query.doubles()
      var (joint, marginal) = (0.0, 0.0)
      for (row, weight) in zip(points.unbound(), weights.doubles()) {
        let p = row.doubles()
        var near = weight * exp(-0.5 * pow((q[1] - p[1]) / 0.5, 2))
        near *= q[2] == p[2] ? 0.6 : 0.4 / Double(values[0] - 1)
        near *= q[3] == p[3] ? 0.8 : 0.2 / Double(values[1] - 1)
        marginal += near
        joint += near * exp(-0.5 * pow((q[0] - p[0]) / 0.3, 2)) / (0.3 * (2 * Double.pi).squareRoot())
      }
      return log(joint / marginal)
    }
    let distribution = density.conditioned(on: queries[.all, .slice(from: 1)])
    expectClose(distribution.logProb(queries[.all, 0]), Tensor(expected), tolerance: 1e-9)
    let leaf = queries[.all, 0].requiringGradient()
    let recorded = distribution.logProb(leaf)
    expectClose(recorded, Tensor(expected), tolerance: 1e-9)
    let slope = gradients(of: recorded.sum(), withRespectTo: [leaf])[0]
    let step = 1e-5
    let (above, below) = (
      distribution.logProb(queries[.all, 0] + step), distribution.logProb(queries[.all, 0] - step)
    )
    expectClose(slope, (above - below) / (2 * step), tolerance: 1e-5)
  }

  /// Far from all points the nearest one decides, and there is no NaN.
  @Test func farRowsHaveTheNearestPoint() throws {
    let density = ConditionalKernel(
      target: .continuous, given: [.continuous], points: Tensor(rows: [[5.0, 0], [7, 1]]),
      weights: Tensor([1.0, 1]), bandwidths: Tensor([1.0, 0.01]))
    let far = density.conditioned(on: Tensor([[1e4], [-1e4]].flatMap { $0 }, shape: [2, 1]))
    let standard = StandardNormal([], dtype: .float64)
    expectClose(far.logProb(Tensor([7.5, 5.5])), standard.logProb(Tensor([0.5, 0.5])))
    expectClose(far.quantile(Tensor(0.5, dtype: .float64)), Tensor([7.0, 5]))
  }

  /// The bandwidths that were found give left-out rows a greater likelihood than any that are a fifth greater or smaller.
  @Test func bandwidthsHaveTheGreatestLikelihood() throws {
    var rng = RandomGenerator(seed: 144)
    let x = mixedRows(120, seed: 145)
    let data = try ConditionalData(
      target: x[.all, 2], targetKind: .continuous, given: x[.all, .indices(Tensor([0, 1]))],
      givenKinds: [.continuous, .discrete(values: [0, 2, 4])])
    let density = try ConditionalKernelEstimator(searchRows: 150).fit(data, using: &rng)
    let best = leftOutLikelihood(density, density.bandwidths)
    for column in 0..<3 {
      for factor in [0.8, 1.2] {
        let change = Tensor((0..<3).map { $0 == column ? factor : 1 })
        #expect(leftOutLikelihood(density, density.bandwidths * change) < best + 1e-3)
      }
    }
    let reference = try ConditionalKernelEstimator(bandwidth: .reference).fit(data, using: &rng)
    #expect(leftOutLikelihood(reference, reference.bandwidths) < best - 1)
  }

  private func leftOutLikelihood(_ density: ConditionalKernel, _ bandwidths: Tensor) -> Double {
    (0..<density.points.size(0)).reduce(0) { sum, row in
      let others = Tensor((0..<density.points.size(0)).filter { $0 != row })
      let without = ConditionalKernel(
        target: density.target, given: density.given, points: density.points.selecting(others),
        weights: Tensor.ones([others.elementCount], dtype: .float64), bandwidths: bandwidths)
      let point = density.points[.at(row)]
      return sum + without.conditioned(on: point[.slice(from: 1)]).logProb(point[0]).item()
    }
  }

  /// A column that does not matter is smoothed away.
  @Test func columnsThatDoNotMatter() throws {
    var rng = RandomGenerator(seed: 146)
    let noise = Tensor.normal([3, 200], dtype: .float64, using: &rng)
    let value = Tensor.integers(in: 0..<2, [200], using: &rng).to(.float64)
    let target = noise[0] * 2 + noise[1] * 0.3
    let data = try ConditionalData(
      target: target, given: Tensor.stacking([noise[0], noise[2], value], 1),
      givenKinds: [.continuous, .continuous, .discrete(values: [0, 1])])
    let bandwidths = try ConditionalKernelEstimator().fit(data, using: &rng).bandwidths.doubles()
    #expect(bandwidths[1] < 0.5 && bandwidths[2] > 2 && bandwidths[3] > 0.3)
  }

  /// Equal values in a column do not draw its bandwidth to 0.
  @Test func tiesKeepABandwidth() throws {
    var rng = RandomGenerator(seed: 147)
    let target = (Tensor.normal([200], dtype: .float64, using: &rng) * 3).rounded()
    let data = try ConditionalData(
      target: target, targetKind: .continuous, given: Tensor.zeros([200, 0], dtype: .float64))
    let density = try ConditionalKernelEstimator().fit(data, using: &rng)
    #expect(density.bandwidths[0].item() > 0.03)
  }
}
