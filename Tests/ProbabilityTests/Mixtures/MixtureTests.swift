import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct MixtureTests {
  private var several: Mixture {
    Mixture(
      weights: Tensor([0.5, 0.2, 0.3, 0]),
      [
        Normal(location: tensor(.float64, -1), scale: tensor(.float64, 0.5)),
        Uniform(lower: tensor(.float64, 0), upper: tensor(.float64, 4)),
        Logistic(location: tensor(.float64, 2), scale: tensor(.float64, 0.3)),
        Normal(location: tensor(.float64, 100), scale: tensor(.float64, 1)),
      ])
  }

  private var alike: HomogeneousMixture<Normal> {
    HomogeneousMixture(
      weights: Tensor([0.5, 0.2, 0.3]), Normal(location: Tensor([-1.0, 0, 3]), scale: Tensor([0.5, 2, 0.1])))
  }

  private var vectors: Mixture {
    Mixture(
      weights: Tensor([1.0, 3]),
      [
        Normal(location: Tensor([0.0, 1]), scale: Tensor([1.0, 0.5]), eventRank: 1),
        Uniform(lower: Tensor([-2.0, -2]), upper: Tensor([2.0, 3]), eventRank: 1),
      ])
  }

  @Test func theyKeepTheirPromises() {
    checkDistribution(several)
    checkDistribution(alike)
    checkDistribution(vectors)
    checkDistribution(
      HomogeneousMixture(
        weights: Tensor(rows: [[0.1, 0.9], [0.7, 0.3]]),
        Normal(location: Tensor([0.0, 5, 1, 2, 3, 4, 0, 2], shape: [2, 2, 2]), scale: Tensor([0.5, 2]), eventRank: 1)))
    checkDistribution(
      Mixture(
        weights: Tensor(rows: [[0.1, 0.9], [0.7, 0.3]]),
        [
          Normal(location: Tensor([0.0, 5]), scale: Tensor([0.5, 2])),
          Logistic(location: tensor(.float64, 3), scale: tensor(.float64, 2)),
        ]))
  }

  @Test func densitiesAreWeightedSums() {
    let x = Tensor([-1.5, 0.0, 1.0, 2.5, 4.5])
    let parts = several.components.map { $0.logProb(x).exp() }
    let expected = parts[0] * 0.5 + parts[1] * 0.2 + parts[2] * 0.3
    expectClose(several.logProb(x).exp(), expected, tolerance: 1e-14)
    expectClose(several.responsibilities(x).sum(-1), Tensor.ones([5], dtype: .float64), tolerance: 1e-14)
    expectClose(several.responsibilities(x)[.all, 0], parts[0] * 0.5 / expected, tolerance: 1e-14)
    let grid = Grid(bound: 20, cells: 20_000, dimensions: 1)
    #expect(abs(grid.integral(logProb: several.logProb(grid.points)) - 1) < 1e-4)
    #expect(abs(grid.integral(logProb: alike.logProb(grid.points)) - 1) < 1e-9)
    let plane = Grid(bound: 8, cells: 320, dimensions: 2)
    #expect(abs(plane.integral(logProb: vectors.logProb(plane.points)) - 1) < 1e-6)
  }

  /// Chance exceeds 2.7, and 5.2 in the plane, with probability below 1e-6.
  @Test func drawsAgreeWithDensities() {
    var rng = RandomGenerator(seed: 3)
    let grid = Grid(bound: 10, cells: 20_000, dimensions: 1)
    let draws = several.sample([20_000], using: &rng)
    #expect(grid.kolmogorovDistance(of: draws, logProb: several.logProb(grid.points)) < 2.7)
    let others = alike.sample([20_000], using: &rng)
    #expect(grid.kolmogorovDistance(of: others, logProb: alike.logProb(grid.points)) < 2.7)
    let plane = Grid(bound: 6, cells: 240, dimensions: 2)
    let points = vectors.sample([20_000], using: &rng)
    #expect(plane.chiSquareScore(of: points, logProb: vectors.logProb(plane.points), blocks: 24) < 5.2)
  }

  @Test func outsideOfAllSupportsIsMinusInfinity() {
    let boxes = Mixture(
      weights: Tensor([0.5, 0.5]),
      [
        Uniform(lower: tensor(.float64, 0), upper: tensor(.float64, 1)),
        Uniform(lower: tensor(.float64, 3), upper: tensor(.float64, 4)),
      ])
    let logProb = boxes.logProb(Tensor([-0.1, 0.5, 2, 3.5, 4.1, .nan])).doubles()
    #expect(logProb[0] == -.infinity && logProb[2] == -.infinity && logProb[4] == -.infinity && logProb[5].isNaN)
    expectClose([logProb[1], logProb[3]], [log(0.5), log(0.5)])
    #expect(
      boxes.support.contains(Tensor([-0.1, 0.5, 3.5, 4.1])).scalars(as: Bool.self) == [false, true, true, false])
  }

  @Test func momentsAndDistributionFunctionsAreThereWhenAllHaveThem() throws {
    let moments = try #require(several.moments)
    // By hand: means -1, 2, 2; variances 0.25, 16 / 12, pi^2 / 3 * 0.09.
    let mean = -0.5 + 0.4 + 0.6
    let squares = 0.5 * (0.25 + 1) + 0.2 * (16.0 / 12 + 4) + 0.3 * (Double.pi * Double.pi * 0.03 + 4)
    expectClose([moments.mean.item(), moments.variance.item()], [mean, squares - mean * mean], tolerance: 1e-12)
    let probability = Tensor.linear(from: 0.0001, to: 0.9999, count: 199, dtype: .float64)
    for (cdf, quantile) in [
      ({ several.cdf($0) }, { several.quantile($0) }), ({ alike.cdf($0) }, { alike.quantile($0) }),
    ] as [((Tensor) -> Tensor?, (Tensor) -> Tensor?)] {
      let x = try #require(quantile(probability))
      expectClose(try #require(cdf(x)), probability, tolerance: 1e-12)
      let edges = try #require(quantile(Tensor([-0.1, 0, 1, 1.1]))).doubles()
      #expect(edges[0].isNaN && edges[1] == -.infinity && edges[2] == .infinity && edges[3].isNaN)
    }
    let bare = Mixture(weights: Tensor([1.0]), [alike.numbersOnly])
    #expect(bare.moments == nil && bare.cdf(Tensor([0.0])) == nil && bare.quantile(Tensor([0.5])) == nil)
  }

  @Test func mixturesOfWrongShapesStop() async {
    await #expect(processExitsWith: .failure) {
      _ = Mixture(weights: Tensor([0.5, 0.5]), [StandardNormal([2]), StandardNormal([3])])
    }
    await #expect(processExitsWith: .failure) {
      _ = Mixture(weights: Tensor([0.5]), [StandardNormal([2]), StandardNormal([2])])
    }
    await #expect(processExitsWith: .failure) { _ = Mixture(weights: Tensor([0.0]), [StandardNormal([2])]) }
    await #expect(processExitsWith: .failure) {
      _ = HomogeneousMixture(weights: Tensor([0.5, 0.5]), StandardNormal([2], batchShape: [3]))
    }
  }
}

/// A distribution that has densities and draws, and nothing else.
private struct Bare: Distribution {
  let base: any Distribution
  var batchShape: Shape { base.batchShape }
  var eventShape: Shape { base.eventShape }
  var support: Support { base.support }
  func logProb(unchecked x: Tensor) -> Tensor { base.logProb(unchecked: x) }
  func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    base.sample(sampleShape, using: &rng)
  }
}

extension HomogeneousMixture {
  fileprivate var numbersOnly: any Distribution { Bare(base: self) }
}
