import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct BayesianGaussianMixtureTests {
  private func fit(
    _ x: Tensor, _ components: Int, _ covariance: CovarianceStructure = .full,
    _ prior: BayesianGaussianMixtureEstimator.WeightPrior = .process, seed: UInt64 = 1
  ) throws -> (mixture: BayesianGaussianMixture, report: BayesianGaussianMixtureEstimator.Report) {
    var rng = RandomGenerator(seed: seed)
    var estimator = BayesianGaussianMixtureEstimator(
      components: components, covariance: covariance, weightPrior: prior)
    estimator.starts = 2
    return try estimator.fitReporting(x, using: &rng)
  }

  private struct Posterior: Decodable {
    let x, responsibilities, means: [[Double]]
    let steps: Int
    let concentration, covariances: NestedNumbers
    let meanPrecision, degreesOfFreedom: [Double]
  }

  private static let cases = ["full", "diagonal", "spherical"].flatMap { ["\($0) distribution", "\($0) process"] }

  @Test(arguments: cases) func stepsAreThoseOfScikitLearn(_ name: String) throws {
    let row = try #require(try reference("bayesian_mixtures", as: [String: Posterior].self)[name])
    let words = name.split(separator: " ")
    let covariance = try #require(CovarianceStructure(rawValue: String(words[0])))
    var estimator = BayesianGaussianMixtureEstimator(
      components: 3, covariance: covariance, weightPrior: words[1] == "process" ? .process : .dirichlet)
    (estimator.concentration, estimator.tolerance, estimator.maximumIterations) = (0.7, 0, row.steps)
    let (mixture, report) = try estimator.fit(
      Tensor(rows: row.x), from: Tensor(rows: row.responsibilities))
    #expect(report.iterations == row.steps && hasRisen(report.lowerBounds))
    let concentration: Tensor
    switch mixture.weightPosterior {
    case .dirichlet(let given): concentration = given
    case .dirichletProcess(let first, let second): concentration = Tensor.stacking([first, second])
    }
    expectClose(concentration, row.concentration.tensor, tolerance: 1e-8)
    expectClose(mixture.meanPrecision.doubles(), row.meanPrecision, tolerance: 1e-8)
    expectClose(mixture.means, Tensor(rows: row.means), tolerance: 1e-8)
    expectClose(mixture.degreesOfFreedom.doubles(), row.degreesOfFreedom, tolerance: 1e-8)
    expectClose(mixture.covariances, row.covariances.tensor, tolerance: 1e-8)
  }

  @Test(arguments: CovarianceStructure.allCases, BayesianGaussianMixtureEstimator.WeightPrior.allCases)
  func theLowerBoundRises(
    _ structure: CovarianceStructure, _ prior: BayesianGaussianMixtureEstimator.WeightPrior
  ) throws {
    let (mixture, report) = try fit(clouds(200, seed: 2), 6, structure, prior)
    #expect(report.iterations > 5 && hasRisen(report.lowerBounds) && report.isConverged)
    expectClose([mixture.weights.sum().item()], [1])
  }

  /// With one component of known posterior the bound is the evidence itself, which the predictive densities of one row
  /// after another multiply up to.
  @Test(arguments: CovarianceStructure.allCases) func theBoundOfOneComponentIsTheEvidence(_ structure: CovarianceStructure)
    throws
  {
    let x = clouds(8, seed: 3)
    // A prior that does not move with the data: the same for every number of rows.
    func estimate(_ count: Int) throws -> (BayesianGaussianMixture, Double) {
      let weights = Tensor((0..<8).map { $0 < count ? 1.0 : 1e-13 })
      let fixed = BayesianGaussianMixtureEstimator.Prior(
        mean: Tensor([0.5, 0, -0.5]), scatter: structure == .spherical ? Tensor(2.0, dtype: .float64)
          : structure == .diagonal ? Tensor([1.0, 2, 3]) : Tensor([1.0, 2, 3]).diagonalMatrix())
      var estimator = BayesianGaussianMixtureEstimator(components: 1, covariance: structure, weightPrior: .dirichlet)
      estimator.tolerance = 1e-12
      let (mixture, report) = try estimator.fit(
        x, weights: weights, from: Tensor.ones([8, 1], dtype: .float64), prior: fixed)
      return (mixture, report.lowerBounds.last ?? .nan)
    }
    for count in 1..<8 {
      let (mixture, bound) = try estimate(count)
      let next = try estimate(count + 1).1
      expectClose([next - bound], [mixture.logProb(x[.at(count)]).item()], tolerance: 1e-8, "\(count)")
    }
  }

  @Test func componentsThatAreNotNeededLoseTheirWeight() throws {
    for prior in BayesianGaussianMixtureEstimator.WeightPrior.allCases {
      var rng = RandomGenerator(seed: 4)
      var estimator = BayesianGaussianMixtureEstimator(components: 6, weightPrior: prior)
      (estimator.starts, estimator.concentration, estimator.maximumIterations) = (2, 0.01, 300)
      let (mixture, report) = try estimator.fitReporting(clouds(400, seed: 5), using: &rng)
      #expect(report.effectiveComponents == 3, "\(prior) \(mixture.weights)")
      let largest = mixture.weights.sorted(descending: true).values.doubles()
      expectClose(Array(largest.prefix(3)), [0.5, 0.3, 0.2], tolerance: 0.1)
    }
  }

  @Test(arguments: CovarianceStructure.allCases) func itsDensityIntegratesToOneAndItsDrawsAgree(
    _ structure: CovarianceStructure
  ) throws {
    let x = clouds(60, seed: 6).narrowed(1, from: 0, length: 2)
    let mixture = try fit(x, 3, structure, .dirichlet).mixture
    checkDistribution(mixture)
    let grid = Grid(bound: 40, cells: 400, dimensions: 2)
    let logProb = mixture.logProb(grid.points)
    // Beyond the grid lies what the tails of few degrees of freedom hold.
    #expect(abs(grid.integral(logProb: logProb) - 1) < 5e-3)
    var rng = RandomGenerator(seed: 7)
    // Chance exceeds 5.2 with probability 1e-7.
    #expect(grid.chiSquareScore(of: mixture.sample([20_000], using: &rng), logProb: logProb, blocks: 80) < 5.2)
    // Responsibilities and the expected parameters.
    #expect(mixture.responsibilities(x).shape == [60, 3])
    expectClose(mixture.responsibilities(x).sum(-1), Tensor.ones([60], dtype: .float64), tolerance: 1e-12)
    expectClose(mixture.gaussianMixture.weights, mixture.weights)
  }

  @Test func weightsCountLikeRepetitions() throws {
    let x = clouds(50, seed: 8)
    let responsibilities = Tensor((0..<50).flatMap { [$0 % 2 == 0 ? 0.9 : 0.1, $0 % 2 == 0 ? 0.1 : 0.9] }, shape: [50, 2])
    let prior = BayesianGaussianMixtureEstimator.Prior(
      mean: Tensor([0.0, 0, 0]), scatter: Tensor.identity(3, dtype: .float64))
    let estimator = BayesianGaussianMixtureEstimator(components: 2)
    let twice = try estimator.fit(
      x, weights: Tensor.full([50], 2.0, dtype: .float64), from: responsibilities, prior: prior)
    let repeated = try estimator.fit(
      Tensor.concatenating([x, x]), from: Tensor.concatenating([responsibilities, responsibilities]), prior: prior)
    expectClose(twice.mixture.covariances, repeated.mixture.covariances, tolerance: 1e-9)
    expectClose(twice.report.lowerBounds, repeated.report.lowerBounds, tolerance: 1e-10)
  }

  @Test func unfitDataAreRefused() throws {
    var rng = RandomGenerator(seed: 9)
    let estimator = BayesianGaussianMixtureEstimator(components: 2)
    #expect(throws: DensityEstimationError.notFinite(row: 0, column: 1)) {
      try estimator.fit(Tensor(rows: [[1.0, .nan], [2, 3]]), using: &rng)
    }
    #expect(throws: DensityEstimationError.constantColumn(column: 0)) {
      try estimator.fit(Tensor(rows: [[1.0, 2], [1, 3]]), using: &rng)
    }
    var bad = estimator
    bad.components = 0
    #expect(throws: DensityEstimationError.self) { try bad.fit(clouds(10, seed: 1), using: &rng) }
    // Columns that depend on others.
    let x = clouds(40, seed: 10)
    let singular = Tensor.concatenating([x, x.sum(1, keepingDimensions: true)], 1)
    #expect(try estimator.fit(singular, using: &rng).logProb(singular).isFinite().all())
  }

  @Test(arguments: CovarianceStructure.allCases, BayesianGaussianMixtureEstimator.WeightPrior.allCases)
  func posteriorsAreStored(
    _ structure: CovarianceStructure, _ prior: BayesianGaussianMixtureEstimator.WeightPrior
  ) throws {
    let mixture = try fit(clouds(40, seed: 11), 2, structure, prior).mixture
    let back = try BayesianGaussianMixture(tensors: mixture.tensors)
    let x = clouds(10, seed: 12)
    #expect(back.logProb(x).isEqual(to: mixture.logProb(x)) && back.structure == structure)
    let name = "covariances.\(structure.rawValue)"
    let edits: [(inout [String: Tensor]) -> Void] = [
      { $0["means"] = nil }, { $0["extra"] = Tensor([1.0]) }, { $0["meanPrecision"] = Tensor([1.0, -1]) },
      { $0["degreesOfFreedom"] = Tensor([1.0, 9]) }, { $0["means"] = Tensor([1.0]) },
      { $0[name] = $0[name].map { $0 * -1.0 } }, { $0[name] = $0[name].map { $0 * Double.nan } },
    ]
    for (index, edit) in edits.enumerated() {
      var tensors = mixture.tensors
      edit(&tensors)
      #expect(throws: DensityEstimationError.self, "edit \(index)") { try BayesianGaussianMixture(tensors: tensors) }
    }
  }
}
