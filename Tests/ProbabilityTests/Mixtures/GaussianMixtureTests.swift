import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct GaussianMixtureTests {
  private func mixture(_ structure: CovarianceStructure, components: Int = 3, features: Int = 3) throws
    -> GaussianMixture
  {
    try MixtureKernelTests.mixture(components, features, structure, seed: 5)
  }

  /// Mixtures side by side, each with weights and means of its own.
  private func batch(_ structure: CovarianceStructure) throws -> GaussianMixture {
    let one = try mixture(structure, components: 2, features: 2)
    let weights = Tensor(rows: [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])
    let shifts = Tensor(rows: [[0.0, 1.0], [2.0, -1.0], [-3.0, 0.5]]).unsqueezed(1)
    return try GaussianMixture(
      weights: weights, means: one.means + shifts, covariances: one.covariances, structure: structure)
  }

  @Test(arguments: CovarianceStructure.allCases) func keepsItsPromises(_ structure: CovarianceStructure) throws {
    checkDistribution(try mixture(structure))
    checkDistribution(try batch(structure))
    var rng = RandomGenerator(seed: 31)
    #expect(try mixture(structure).to(.float32).sample([4], using: &rng).dtype == .float32)
  }

  @Test(arguments: CovarianceStructure.allCases) func integratesToOneAndItsDrawsAgree(_ structure: CovarianceStructure)
    throws
  {
    let mixture = try mixture(structure, components: 3, features: 2)
    let grid = Grid(bound: 12, cells: 480, dimensions: 2)
    let logProb = mixture.logProb(grid.points)
    #expect(abs(grid.integral(logProb: logProb) - 1) < 1e-6)
    var rng = RandomGenerator(seed: 6)
    // Chance exceeds 5.2 with probability 1e-7.
    #expect(grid.chiSquareScore(of: mixture.sample([40_000], using: &rng), logProb: logProb, blocks: 40) < 5.2)
    let unfused = mixture.sample(unfused: [40_000], using: &rng)
    #expect(grid.chiSquareScore(of: unfused, logProb: logProb, blocks: 40) < 5.2)
  }

  private struct Fit: Decodable {
    let weights: [Double]
    let means: [[Double]]
    let logProb: [Double]
    let responsibilities: [[Double]]
    let covariances: Nested
    let parameterCount: Int
  }

  /// Numbers in lists of any depth.
  private enum Nested: Decodable {
    case number(Double)
    case list([Nested])

    init(from decoder: any Decoder) throws {
      if let number = try? decoder.singleValueContainer().decode(Double.self) {
        self = .number(number)
      } else {
        self = .list(try decoder.singleValueContainer().decode([Nested].self))
      }
    }

    var flat: [Double] {
      switch self {
      case .number(let number): [number]
      case .list(let list): list.flatMap(\.flat)
      }
    }

    var shape: [Int] {
      switch self {
      case .number: []
      case .list(let list): [list.count] + (list.first?.shape ?? [])
      }
    }

    var tensor: Tensor { Tensor(flat, shape: Shape(shape)) }
  }

  private struct References: Decodable {
    let x: [[Double]]
    let fits: [String: Fit]
  }

  @Test(arguments: CovarianceStructure.allCases)
  func givenParametersAreScoredAsInScikitLearn(_ structure: CovarianceStructure) throws {
    let references = try reference("mixtures", as: References.self)
    let fit = try #require(references.fits[structure.rawValue])
    let mixture = try GaussianMixture(
      weights: Tensor(fit.weights), means: Tensor(rows: fit.means), covariances: fit.covariances.tensor,
      structure: structure)
    let x = Tensor(rows: references.x)
    expectClose(mixture.logProb(x).doubles(), fit.logProb, tolerance: 1e-12)
    expectClose(mixture.responsibilities(x), Tensor(rows: fit.responsibilities), tolerance: 1e-12)
    #expect(mixture.parameterCount == fit.parameterCount)
  }

  @Test(arguments: CovarianceStructure.allCases) func gradientsFlowThroughEvents(_ structure: CovarianceStructure)
    throws
  {
    let mixture = try mixture(structure)
    var rng = RandomGenerator(seed: 32)
    let x = mixture.sample([6], using: &rng).requiringGradient()
    let logProb = mixture.logProb(x)
    expectClose(logProb.detached(), mixture.logProb(x.detached()), tolerance: 1e-12)
    let found = gradients(of: logProb.sum(), withRespectTo: [x])[0]
    // The sum over k of r_k covariance_k^-1 (mean_k - x).
    let deviations = (mixture.means - x.detached().unsqueezed(1)).unsqueezed(-1)
    let pulls = try mixture.covarianceMatrices.broadcasted(to: [3, 3, 3]).solving(deviations).squeezed(-1)
    let expected = (mixture.responsibilities(x.detached()).unsqueezed(-1) * pulls).sum(1)
    expectClose(found, expected, tolerance: 1e-9)
  }

  @Test func gradientsFlowThroughParameters() throws {
    let means = Tensor(rows: [[0.0, 1], [2, 3]]).requiringGradient()
    let covariances = Tensor([1.0, 0.5]).requiringGradient()
    let mixture = try GaussianMixture(
      weights: Tensor([0.4, 0.6]), means: means, covariances: covariances, structure: .spherical)
    let found = gradients(of: mixture.logProb(Tensor(rows: [[1.0, 1]])).sum(), withRespectTo: [means, covariances])
    #expect(found.allSatisfy { $0.isFinite().all() && $0.absolute().max().item() > 0 })
  }

  // MARK: Columns

  @Test(arguments: CovarianceStructure.allCases) func theChainRuleHolds(_ structure: CovarianceStructure) throws {
    let mixture = try mixture(structure, components: 3, features: 4)
    var rng = RandomGenerator(seed: 33)
    let x = mixture.sample([50], using: &rng)
    for given in [[0], [2], [3, 1], [0, 1, 3]] {
      let rest = (0..<4).filter { !given.contains($0) }
      let values = x.selecting(Tensor(given), 1)
      let conditional = mixture.conditioned(on: given, values: values)
      #expect(conditional.batchShape == [50] && conditional.eventShape == [rest.count])
      let first = mixture.marginal(of: given).logProb(values)
      let second = conditional.logProb(x.selecting(Tensor(rest), 1))
      expectClose(first + second, mixture.logProb(x), tolerance: 1e-11, "given \(given)")
      // One row alone.
      let alone = mixture.conditioned(on: given, values: values[.at(7)])
      expectClose(alone.logProb(x.selecting(Tensor(rest), 1)[.at(7)]), second[.at(7)], tolerance: 1e-11)
    }
    let turned = mixture.marginal(of: [3, 0, 2, 1])
    expectClose(turned.logProb(x.selecting(Tensor([3, 0, 2, 1]), 1)), mixture.logProb(x), tolerance: 1e-11)
  }

  @Test func aMarginalIsTheIntegral() throws {
    let mixture = try mixture(.full, components: 3, features: 2)
    let grid = Grid(bound: 14, cells: 560, dimensions: 2)
    let density = mixture.logProb(grid.points).exp().reshaped([560, 560]).sum(1) * (28.0 / 560)
    let line = Grid(bound: 14, cells: 560, dimensions: 1).points
    expectClose(mixture.marginal(of: [0]).logProb(line.unsqueezed(1)).exp(), density, tolerance: 1e-8)
  }

  @Test func nearlySingularCovariancesHaveConditionals() throws {
    // Rounding leaves the third column's variance given the others below 0 when it is computed by subtraction.
    let root = Tensor(rows: [[1.0, 0, 0], [1, 1e-7, 0], [1, 2, 1e-9]])
    let covariance = root.matmul(root.transposed()) + Tensor.identity(3, dtype: .float64) * 1e-15
    let mixture = try GaussianMixture(
      weights: Tensor([1.0]), means: .zeros([1, 3]).to(.float64), covariances: covariance.unsqueezed(0),
      structure: .full)
    for given in [[0, 1], [1, 2], [2, 0], [2]] {
      let values = Tensor.full([given.count], 0.5, dtype: .float64)
      let conditional = mixture.conditioned(on: given, values: values)
      #expect(conditional.variance.min().item() > 0 && conditional.mean.isFinite().all())
    }
  }

  @Test func conditioningOnNaNStaysNaN() throws {
    let mixture = try mixture(.full)
    let conditional = mixture.conditioned(on: [0], values: Tensor(rows: [[0.0], [Double.nan]]))
    let logProb = conditional.logProb(Tensor.zeros([2, 2], dtype: .float64)).doubles()
    #expect(logProb[0].isFinite && logProb[1].isNaN)
  }

  @Test(arguments: CovarianceStructure.allCases) func momentsOfTheWhole(_ structure: CovarianceStructure) throws {
    let mixture = try mixture(structure)
    expectClose(mixture.covariance.diagonal(), mixture.variance, tolerance: 1e-12)
    #expect(mixture.covarianceMatrices.shape == [3, 3, 3])
  }

  @Test(arguments: CovarianceStructure.allCases) func numbersHaveQuantiles(_ structure: CovarianceStructure) throws {
    let mixture = try mixture(structure, components: 3, features: 1)
    let numbers = mixture.numbers
    let grid = Grid(bound: 12, cells: 4800, dimensions: 1)
    expectClose(numbers.logProb(grid.points), mixture.logProb(grid.points.unsqueezed(1)), tolerance: 1e-12)
    let sums = numbers.logProb(grid.points).exp().cumulativeSum(0) * grid.volume
    let ends = grid.points + grid.volume / 2
    expectClose(numbers.cdf(ends), sums, tolerance: 1e-5)
    let probability = Tensor.linear(from: 1e-6, to: 1 - 1e-6, count: 101, dtype: .float64)
    expectClose(numbers.cdf(numbers.quantile(probability)), probability, tolerance: 1e-12)
  }

  @Test func whatIsNoMixtureIsRefused() async throws {
    let means = Tensor.zeros([2, 2], dtype: .float64)
    let weights = Tensor([0.5, 0.5])
    #expect(throws: DistributionError.notPositiveDefinite(shape: [2, 2])) {
      try GaussianMixture(
        weights: weights, means: means, covariances: Tensor(rows: [[1.0, 2], [2, 1]]), structure: .tied)
    }
    #expect(throws: DistributionError.notPositiveDefinite(shape: [2])) {
      try GaussianMixture(weights: weights, means: means, covariances: Tensor([1.0, 0]), structure: .spherical)
    }
    #expect(throws: DistributionError.notPositiveDefinite(shape: [2, 2])) {
      try GaussianMixture(
        weights: weights, means: means, covariances: Tensor(rows: [[1.0, .nan], [1, 1]]), structure: .diagonal)
    }
    await #expect(processExitsWith: .failure) {
      _ = try GaussianMixture(
        weights: Tensor([0.5, -0.5]), means: .zeros([2, 2]), covariances: .ones([2]), structure: .spherical)
    }
    await #expect(processExitsWith: .failure) {
      _ = try GaussianMixture(
        weights: Tensor([0.5, 0.5]), means: .zeros([3, 2]), covariances: .ones([3]), structure: .spherical)
    }
    await #expect(processExitsWith: .failure) {
      let mixture = try GaussianMixture(
        weights: Tensor([1.0]), means: .zeros([1, 2]).to(.float64), covariances: .ones([1]).to(.float64),
        structure: .spherical)
      _ = mixture.marginal(of: [2])
    }
  }
}
