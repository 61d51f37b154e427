import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Rows with missing cells: exact EM, scores and draws.
@Suite struct MissingCellTests {
  /// Cells of `x` made NaN with a probability.
  private func withHoles(_ x: Tensor, _ share: Double, seed: UInt64) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    return x.masked(Tensor.uniform(x.shape, dtype: .float64, using: &rng) .< share, with: Double.nan)
  }

  /// For one normal distribution and a column that is missing in some rows, the maximum of the likelihood is known:
  /// regression on the complete rows (Anderson 1957).
  @Test func agreesWithAndersonsClosedForm() throws {
    let x = clouds(150, seed: 1).narrowed(1, from: 0, length: 2)
    let complete = x.narrowed(0, from: 0, length: 90)
    let holes = Tensor.full([60, 1], Double.nan, dtype: .float64)
    let data = Tensor.concatenating([
      complete, Tensor.concatenating([x.narrowed(0, from: 90, length: 60).narrowed(1, from: 0, length: 1), holes], 1),
    ])
    var rng = RandomGenerator(seed: 1)
    var estimator = GaussianMixtureEstimator(components: 1)
    estimator.tolerance = 1e-10
    let (mixture, report) = try estimator.fitReporting(data, using: &rng)
    #expect(report.missingCells == 60 && report.rows == 150 && hasRisen(report.logLikelihoods))

    let first = x[.all, 0]
    let (mean, variance) = (first.mean().item(), first.variance(0, correction: 0).item())
    let centred = complete - complete.mean(0)
    let moments = centred.transposed().matmul(centred).doubles().map { $0 / 90 }
    let slope = moments[1] / moments[0]
    let residual = moments[3] - slope * moments[1]
    let means = complete.mean(0).doubles()
    let secondMean = means[1] + slope * (mean - means[0])
    expectClose(mixture.means.flattened().doubles(), [mean, secondMean], tolerance: 1e-6)
    let covariance = [variance, slope * variance, slope * variance, residual + slope * slope * variance]
    expectClose(mixture.covariances.flattened().doubles(), covariance, tolerance: 1e-6)
  }

  /// A row with a missing cell has the sums of the row integrated over that cell: here by quadrature.
  @Test(arguments: CovarianceStructure.allCases) func aStepIsTheIntegralOverTheMissingCells(_ structure: CovarianceStructure)
    throws
  {
    let x = clouds(60, seed: 2).narrowed(1, from: 0, length: 2)
    var rng = RandomGenerator(seed: 3)
    let start = try GaussianMixtureEstimator(components: 2, covariance: structure).fit(x, using: &rng)
    var one = GaussianMixtureEstimator(components: 2, covariance: structure)
    (one.tolerance, one.maximumIterations) = (0, 1)
    let holed = Tensor.concatenating([x, Tensor(rows: [[0.7, Double.nan]])])
    let step = try one.fit(holed, from: start)
    // The row with its cell at many values, weighted by the density of the value given the other cell.
    let values = Tensor.linear(from: -25, to: 25, count: 4001, dtype: .float64)
    let rows = Tensor.stacking([Tensor.full([4001], 0.7, dtype: .float64), values], 1)
    let density = start.logProb(rows).exp()
    let weights = Tensor.concatenating([Tensor.ones([60], dtype: .float64), density / density.sum()])
    let dense = try one.fit(Tensor.concatenating([x, rows]), weights: weights, from: start)
    expectClose(step.mixture.weights, dense.mixture.weights, tolerance: 1e-8)
    expectClose(step.mixture.means, dense.mixture.means, tolerance: 1e-8)
    expectClose(step.mixture.covariances, dense.mixture.covariances, tolerance: 1e-8)
    let expected = start.logProb(x).sum().item() + start.marginal(of: [0]).logProb(Tensor(rows: [[0.7]])).item()
    expectClose([step.report.logLikelihoods[0]], [expected], tolerance: 1e-12)
  }

  @Test(arguments: CovarianceStructure.allCases, [DType.float32, .float64])
  func theLogLikelihoodRises(_ structure: CovarianceStructure, _ type: DType) throws {
    let x = withHoles(clouds(200, seed: 4), 0.2, seed: 5).to(type)
    var rng = RandomGenerator(seed: 6)
    var estimator = GaussianMixtureEstimator(components: 3, covariance: structure)
    (estimator.starts, estimator.maximumIterations) = (1, 60)
    let (mixture, report) = try estimator.fitReporting(x, using: &rng)
    #expect(hasRisen(report.logLikelihoods) && report.missingCells > 50)
    expectClose([mixture.logProb(ofObserved: x).sum().item()], [report.logLikelihood], tolerance: 1e-9)
    // Criteria integrate missing cells out, too, and rows count that have a cell.
    let expected = -2 * report.logLikelihood + Double(mixture.parameterCount) * log(Double(report.rows))
    expectClose([try mixture.bic(x)], [expected], tolerance: 1e-3)
  }

  @Test func parametersAreRecoveredWithAThirdOfTheCellsMissing() throws {
    let x = withHoles(clouds(3000, seed: 7), 0.33, seed: 8)
    var rng = RandomGenerator(seed: 9)
    var estimator = GaussianMixtureEstimator(components: 3)
    (estimator.starts, estimator.tolerance) = (2, 1e-4)
    let mixture = try estimator.fit(x, using: &rng)
    let order = mixture.weights.sorted(descending: true).indices
    expectClose(mixture.weights.selecting(order).doubles(), [0.5, 0.3, 0.2], tolerance: 0.06)
    let centers = Tensor(rows: [[0.0, 0, 0], [4, 1, -3], [-3, 4, 1]])
    #expect((mixture.means.selecting(order) - centers).absolute().max().item() < 0.35)
    let covariance = Tensor(rows: [[1.0, 0.6, -0.3], [0.6, 1.0, -0.02], [-0.3, -0.02, 0.38]])
    #expect((mixture.covariances.selecting(order)[.at(0)] - covariance).absolute().max().item() < 0.3)
  }

  @Test func emptyRowsAndColumns() throws {
    let x = clouds(50, seed: 10)
    let empty = Tensor.full([5, 3], Double.nan, dtype: .float64)
    var (rng, same) = (RandomGenerator(seed: 1), RandomGenerator(seed: 1))
    let estimator = GaussianMixtureEstimator(components: 1)
    let (mixture, report) = try estimator.fitReporting(Tensor.concatenating([x, empty]), using: &rng)
    let plain = try estimator.fit(x, using: &same)
    #expect(report.rows == 50)
    expectClose(mixture.covariances, plain.covariances, tolerance: 1e-9)
    let hollow = Tensor.concatenating([x, Tensor.full([50, 1], Double.nan, dtype: .float64)], 1)
    #expect(throws: DensityEstimationError.self) { try estimator.fit(hollow, using: &rng) }
    #expect(throws: DensityEstimationError.self) { try estimator.fit(empty, using: &rng) }
  }

  @Test(arguments: CovarianceStructure.allCases) func scoresOfObservedCells(_ structure: CovarianceStructure) throws {
    var rng = RandomGenerator(seed: 11)
    let mixture = try GaussianMixtureEstimator(components: 2, covariance: structure).fit(clouds(80, seed: 12), using: &rng)
    let rows = Tensor(rows: [[0.1, 0.2, 0.3], [0.1, .nan, 0.3], [.nan, .nan, 1], [.nan, .nan, .nan]])
    let expected = [
      mixture.logProb(rows[.at(0)]).item(), mixture.marginal(of: [0, 2]).logProb(Tensor([0.1, 0.3])).item(),
      mixture.marginal(of: [2]).logProb(Tensor([1.0])).item(), 0,
    ]
    expectClose(mixture.logProb(ofObserved: rows).doubles(), expected, tolerance: 1e-12)
    expectClose(mixture.responsibilities(ofObserved: rows)[.at(3)], mixture.weights, tolerance: 1e-12)
    #expect(mixture.logProb(rows).doubles()[1].isNaN, "a missing cell is not integrated out unless asked for")
  }

  /// Completed rows are draws of the joint distribution: within 7 standard errors (1e-11 each) of the moments.
  @Test func rowsAreCompletedByDraws() throws {
    var rng = RandomGenerator(seed: 13)
    let mixture = try GaussianMixtureEstimator(components: 2).fit(clouds(200, seed: 14), using: &rng)
    let whole = mixture.sample([20_000], using: &rng)
    let completed = mixture.completing(withHoles(whole, 0.4, seed: 15), using: &rng)
    let there = withHoles(whole, 0.4, seed: 15)
    #expect(completed.isFinite().all())
    #expect(select(there.isNaN(), whole, completed).isEqual(to: whole), "cells that are there stay")
    let error = (completed.mean(0) - mixture.mean).absolute() / (mixture.variance / 20_000).squareRoot()
    #expect(error.max().item() < 7)
    let centred = completed - mixture.mean
    let covariance = centred.transposed().matmul(centred) / 20_000
    #expect((covariance - mixture.covariance).absolute().max().item() < 0.06 * mixture.variance.max().item())
  }
}
