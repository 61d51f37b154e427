import Probability
import Torch

/// The iterations of variational Bayes, and the best of several runs.
struct VariationalSearch {
  let estimator: BayesianGaussianMixtureEstimator
  let summary: RowSummary
  let rows: UsableRows

  struct Run {
    var posterior: BayesianGaussianMixture
    /// The lower bound before each step and at the end.
    var path: [Double]
    var isConverged: Bool
  }

  /// The prior around the mean and the covariance of the data, with divisor N - 1.
  func prior() -> VariationalPrior {
    let total = summary.totalWeight
    let bessel = total > 1 ? total / (total - 1) : 1
    let scatter: Tensor
    switch estimator.covariance {
    case .full, .tied: scatter = covariance() * bessel
    case .diagonal: scatter = summary.variances * bessel
    case .spherical: scatter = summary.variances.mean() * bessel
    }
    return VariationalPrior(
      isProcess: estimator.weightPrior == .process,
      concentration: estimator.concentration > 0 ? estimator.concentration : 1 / Double(estimator.components),
      meanPrecision: estimator.meanPrecision, mean: summary.means,
      degreesOfFreedom: Double(rows.rows.size(1) - 1) + estimator.covariancePrecision, scatter: scatter,
      structure: estimator.covariance)
  }

  /// The covariance of the rows; columns that depend on others get a little variance of their own.
  private func covariance() -> Tensor {
    let unit = MixtureKernel(
      constants: Tensor.zeros([1], dtype: .float64), means: summary.means.unsqueezed(0),
      whitening: Tensor.identity(rows.rows.size(1), dtype: .float64).unsqueezed(0), center: summary.means.doubles())
    let products = unit.sums(usable, weights: rows.weights).products[.at(0)] / summary.totalWeight
    return products + (summary.variances * 1e-6).diagonalMatrix()
  }

  private var usable: Tensor { summary.fitsSinglePrecision ? rows.rows : rows.rows.to(.float64) }

  func best(using rng: inout RandomGenerator) throws -> Run {
    let sample = try UsableRows(
      summary.sample.rows ?? rows.rows, summary.sample.weights, position: 0, allowsMissing: false)
    let starts = MixtureStarts(summary, rows: sample)
    let sampleRows = CompleteRows(
      rows: summary.fitsSinglePrecision ? sample.rows : sample.rows.to(.float64), weights: sample.weights,
      center: summary.means.doubles())
    let prior = prior()
    var best: Run?
    for index in 0..<(estimator.components == 1 ? 1 : estimator.starts) {
      let sums = starts.sums(estimator.components, estimator.covariance, isRefined: index % 2 == 0, using: &rng)
      let run = try iterations(
        on: sampleRows, prior, from: try prior.posterior(sums, reference: summary.means), weight: sample.totalWeight)
      if best.map({ (run.path.last ?? .nan) > ($0.path.last ?? .nan) }) ?? true { best = run }
    }
    guard let best else { throw DensityEstimationError.tooFewRows(available: 0, needed: 2) }
    guard summary.sample.isPart else { return best }
    let all = CompleteRows(rows: usable, weights: rows.weights, center: summary.means.doubles())
    return try iterations(on: all, prior, from: best.posterior, weight: summary.totalWeight)
  }

  /// Steps until the bound has nothing left to gain.
  func iterations(
    on rows: CompleteRows, _ prior: VariationalPrior, from start: BayesianGaussianMixture, weight: Double
  ) throws -> Run {
    var run = Run(posterior: start, path: [], isConverged: false)
    var convergence = Convergence(
      tolerance: estimator.tolerance * weight, resolution: rows.rows.dtype == .float32 ? 3e-8 : 1e-15)
    while true {
      let kernel = try run.posterior.kernel(center: rows.center)
      let sums = MixtureStatistics(kernel.sums(rows.rows, weights: rows.weights))
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
}
