import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct PiecewiseUniformTests {
  private let one = PiecewiseUniform(
    edges: Tensor([0, 1, 3, 3.5, 7]), masses: Tensor([0.25, 0, 0.125, 0.625]))
  /// The second distribution has a piece less: its first one has no width.
  private let two = PiecewiseUniform(
    edges: Tensor(rows: [[0, 1, 2, 4], [-1, -1, 0, 8.0]]), masses: Tensor(rows: [[0.5, 0.25, 0.25], [0, 0.5, 0.5]]))

  @Test func keepsTheirPromises() {
    checkDistribution(one)
    checkDistribution(two)
    checkEntropy(one, entropy: one.entropy)
    checkEntropy(two, entropy: two.entropy)
  }

  @Test func densitiesAreMassOverWidth() {
    let x = Tensor([-0.1, 0, 0.999, 1, 2, 3, 3.5, 7, 7.1, .nan])
    let expected = [0, 0.25, 0.25, 0, 0, 0.25, 0.625 / 3.5, 0.625 / 3.5, 0].map(Foundation.log)
    let logProb = one.logProb(x).doubles()
    expectClose(Array(logProb[..<9]), expected, tolerance: 1e-15)
    #expect(logProb[9].isNaN)
    expectClose(
      two.logProb(Tensor(rows: [[-1, -1.0], [4, 8], [3, 7]])).exp(),
      Tensor(rows: [[0, 0.5], [0.125, 0.0625], [0.125, 0.0625]]), tolerance: 1e-15)
    // Numbers broadcast against the batch.
    expectClose(
      two.logProb(Tensor(rows: [[0.5], [-0.5]])).exp(), Tensor(rows: [[0.5, 0.0625], [0, 0.5]]), tolerance: 1e-15)
  }

  @Test func quantilesAreGeneralizedInverses() {
    let p = Tensor([0, 0.125, 0.25, 0.2500001, 0.375, 0.6875, 1, -0.1, 1.1, .nan])
    let quantiles = one.quantile(p).doubles()
    expectClose(Array(quantiles[..<7]), [0, 0.5, 1, 3.0000004, 3.5, 5.25, 7], tolerance: 1e-12)
    #expect(quantiles[7...].allSatisfy { $0.isNaN })
    #expect(one.cdf(Tensor([-1, 0, 0.5, 2, 3.25, 7, 8, .infinity])).doubles() == [0, 0, 0.125, 0.25, 0.3125, 1, 1, 1])
    #expect(one.cdf(Tensor([Double.nan])).isNaN().all())
    let grid = Tensor.linear(from: 0.01, to: 0.99, count: 50, dtype: .float64).unsqueezed(1).tiled([1, 2])
    expectClose(two.cdf(two.quantile(grid)), grid, tolerance: 1e-14)
  }

  @Test func noMassBelowTheFirstNumberIsPassedOver() {
    let late = PiecewiseUniform(edges: Tensor([0, 1, 2.0]), masses: Tensor([0, 1.0]))
    #expect(late.quantile(Tensor([0.0])).item() == 1)
    expectClose(late.support.contains(Tensor([0.5, 1.5])).to(.float64).doubles(), [0, 1])
  }

  /// Narrow pieces far from 0: a draw that rounds to the upper edge would fall into the next piece, which is empty.
  @Test func drawsStayInsideTheirPieces() {
    var rng = RandomGenerator(seed: 1)
    let far = PiecewiseUniform(edges: Tensor([1e8, 1e8 + 6e-8, 1e8 + 1]), masses: Tensor([1.0, 0]))
    #expect(far.logProb(far.sample([1000], using: &rng)).isFinite().all())
  }

  @Test func massesAreMadeExact() {
    let thirds = PiecewiseUniform(edges: Tensor([0, 1, 2, 3.0]), masses: Tensor([1 / 3.0, 1 / 3, 1 / 3 + 1e-11]))
    #expect(thirds.masses.doubles().reduce(0, +) == 1)
  }

  @Test func impossiblePiecesStop() async {
    await #expect(processExitsWith: .failure) {
      _ = PiecewiseUniform(edges: Tensor([0.0, 2, 1]), masses: Tensor([0.5, 0.5]))
    }
    await #expect(processExitsWith: .failure) {
      _ = PiecewiseUniform(edges: Tensor([0.0, 1, 2]), masses: Tensor([0.5, 0.6]))
    }
    await #expect(processExitsWith: .failure) {
      _ = PiecewiseUniform(edges: Tensor([0.0, 0, 2]), masses: Tensor([0.5, 0.5]))
    }
  }
}
