import Probability
import Torch

/// The iterations of variational Bayes, and the best of several runs.
struct VariationalSearch {
  let estimator: BayesianGaussianMixtureEstimator
  let summary: RowSummary
  private let rows: UsableRows
  private let prior: VariationalPrior

  init(
    _ estimator: BayesianGaussianMixtureEstimator, _ data: Tensor, _ weights: Tensor?,
    _ prior: BayesianGaussianMixtureEstimator.Prior?, using rng: inout RandomGenerator
  ) throws {
    try estimator.checkSettings()
    precondition(data.rank == 2, "BayesianGaussianMixtureEstimator: expected rows [count, features], got \(data.shape)")
    rows = try UsableRows(data, weights, position: 0, allowsMissing: false)
    summary = try RowSummary(
      RowBlocks(rows.rows, weights: rows.weights), sampleSize: max(20_000, 200 * estimator.components),
      allowsMissing: false, using: &rng)
    self.estimator = estimator
    self.prior = VariationalSearch.prior(estimator, rows, summary, prior)
  }

  struct Run {
    var posterior: BayesianGaussianMixture
    /// The lower bound before each step and at the end.
    var path: [Double]
    var isConverged: Bool
  }

  /// The best of several runs, on all rows.
  func best(using rng: inout RandomGenerator) throws -> Run {
    let sample = try UsableRows(
      summary.sample.rows ?? rows.rows, summary.sample.weights, position: 0, allowsMissing: false)
    let starts = MixtureStarts(summary, rows: sample)
    var best: Run?
    for index in 0..<(estimator.components == 1 ? 1 : estimator.starts) {
      let sums = starts.sums(estimator.components, estimator.covariance, isRefined: index % 2 == 0, using: &rng)
      let run = try iterations(on: sample, from: try prior.posterior(sums, reference: summary.means))
      if best.map({ (run.path.last ?? .nan) > ($0.path.last ?? .nan) }) ?? true { best = run }
    }
    guard let best else { throw DensityEstimationError.tooFewRows(available: 0, needed: 2) }
    return summary.sample.isPart ? try iterations(on: rows, from: best.posterior) : best
  }

  /// A run from given responsibilities.
  func continued(from responsibilities: Tensor) throws -> Run {
    let chosen = rows.indices.map { responsibilities.selecting($0) } ?? responsibilities
    let sums = MixtureStarts(summary, rows: rows).sums(chosen, estimator.covariance)
    return try iterations(on: rows, from: try prior.posterior(sums, reference: summary.means))
  }

  /// Steps until the bound has nothing left to gain.
  private func iterations(on rows: UsableRows, from start: BayesianGaussianMixture) throws -> Run {
    let cells = summary.fitsSinglePrecision ? rows.rows : rows.rows.to(.float64)
    var run = Run(posterior: start, path: [], isConverged: false)
    var convergence = Convergence(
      tolerance: estimator.tolerance * rows.totalWeight, resolution: cells.dtype == .float32 ? 3e-8 : 1e-15)
    while true {
      let kernel = try run.posterior.kernel(center: summary.means.doubles())
      let sums = MixtureStatistics(kernel.sums(cells, weights: rows.weights))
      let bound = sums.logLikelihood - (try prior.divergence(run.posterior))
      guard bound.isFinite else {
        throw DensityEstimationError.degenerate(reason: "the lower bound is \(bound) after \(run.path.count) steps")
      }
      run.path.append(bound)
      run.isConverged = convergence.isReached(by: bound)
      if run.isConverged || run.path.count > estimator.maximumIterations { return run }
      run.posterior = try prior.posterior(sums, reference: run.posterior.means)
    }
  }

  // MARK: The prior

  /// The prior that was given, or one around the mean and the covariance of the data, with divisor N - 1.
  private static func prior(
    _ estimator: BayesianGaussianMixtureEstimator, _ rows: UsableRows, _ summary: RowSummary,
    _ given: BayesianGaussianMixtureEstimator.Prior?
  ) -> VariationalPrior {
    let features = summary.means.size(0)
    let bessel = summary.totalWeight > 1 ? summary.totalWeight / (summary.totalWeight - 1) : 1
    let scatter: Tensor
    switch estimator.covariance {
    case .full, .tied: scatter = given?.scatter ?? covariance(rows, summary) * bessel
    case .diagonal: scatter = given?.scatter ?? summary.variances * bessel
    case .spherical: scatter = given?.scatter ?? summary.variances.mean() * bessel
    }
    let mean = given?.mean ?? summary.means
    let shape: Shape =
      switch estimator.covariance {
      case .full, .tied: [features, features]
      case .diagonal: [features]
      case .spherical: []
      }
    precondition(
      mean.shape == [features] && scatter.shape == shape,
      "BayesianGaussianMixtureEstimator: expected a prior of \(features) features, got \(mean.shape), \(scatter.shape)")
    return VariationalPrior(
      isProcess: estimator.weightPrior == .process,
      concentration: estimator.concentration > 0 ? estimator.concentration : 1 / Double(estimator.components),
      meanPrecision: estimator.meanPrecision, mean: mean.to(.float64),
      degreesOfFreedom: Double(features - 1) + estimator.covariancePrecision, scatter: scatter.to(.float64),
      structure: estimator.covariance)
  }

  /// The covariance of the rows; where columns depend on others, with a little variance of their own.
  private static func covariance(_ rows: UsableRows, _ summary: RowSummary) -> Tensor {
    let starts = MixtureStarts(summary, rows: rows)
    let sums = starts.sums(Tensor.ones([rows.rows.size(0), 1], dtype: .float64), .full)
    let covariance = sums.products[.at(0)] / summary.totalWeight
    let (raised, _) = (try? VarianceFloor(variances: summary.variances * 1e-6).raised(covariance.unsqueezed(0)))
      ?? (covariance.unsqueezed(0), [])
    return raised.squeezed(0)
  }
}
