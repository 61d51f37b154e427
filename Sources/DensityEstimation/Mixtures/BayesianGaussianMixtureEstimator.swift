public import Probability
public import Torch

/// Fits Gaussian mixtures by variational Bayes: components that data do not need lose their weight.
///
///     let (mixture, report) = try BayesianGaussianMixtureEstimator(components: 20).fitReporting(x, using: &rng)
///     mixture.weights          // most of them near 0
///
/// The prior of weights is a Dirichlet distribution or a Dirichlet process, that of means and precisions normal-Wishart
/// around the mean and the covariance of the data. The lower bound of the log-evidence rises in every step.
///
/// Differs from scikit-learn: for tied, diagonal and spherical structures the updates are those of the model, so that the
/// bound rises there, too; log-densities are of the posterior predictive distribution, and integrate to 1.
///
/// - Complexity: a step costs that of EM, see ``GaussianMixtureEstimator``.
/// - Reference: Attias, *A variational Bayesian framework for graphical models*, 2000; Bishop, *Pattern Recognition and
///   Machine Learning*, 2006, chapter 10.2; Blei and Jordan, *Variational inference for Dirichlet process mixtures*, 2006.
public struct BayesianGaussianMixtureEstimator: DensityEstimator, Codable, Hashable, Sendable {
  /// The prior of the weights.
  public enum WeightPrior: String, Codable, Hashable, Sendable, CaseIterable {
    /// All components alike.
    case dirichlet
    /// Stick-breaking: later components expect less.
    case process
  }

  /// What is believed of means and covariances before data, in the units of the data.
  public struct Prior {
    /// Where means are expected, `[features]`.
    public var mean: Tensor
    /// The scatter that the prior adds to that of the rows: `[features, features]`, `[features]` for a diagonal structure,
    /// one number, of each feature, for a spherical one.
    public var scatter: Tensor

    /// A prior around a mean.
    public init(mean: Tensor, scatter: Tensor) {
      self.mean = mean
      self.scatter = scatter
    }
  }

  /// How a fit went.
  public struct Report: Codable, Hashable, Sendable {
    /// The lower bound of the log-evidence in nats before each step and at the end.
    public var lowerBounds: [Double]
    /// Whether the run ended because nothing was left to gain.
    public var isConverged: Bool
    /// Components to which more than one row is expected to belong.
    public var effectiveComponents: Int
    /// The steps taken.
    public var iterations: Int { max(0, lowerBounds.count - 1) }
  }

  /// The most components.
  public var components: Int
  /// The structure of the covariances.
  public var covariance: CovarianceStructure
  /// The prior of the weights.
  public var weightPrior: WeightPrior
  /// The concentration of the weights' prior: the smaller, the fewer components; 0 for one over their number.
  public var concentration: Double
  /// How many rows' worth the prior knows of each mean, which it puts at the mean of the data.
  public var meanPrecision: Double
  /// How many rows' worth the prior knows of each covariance, beyond the number of features less 1.
  public var covariancePrecision: Double
  /// Runs from different starts, of which the best is kept.
  public var starts: Int
  /// A run ends when the lower bound has no more than this to gain for each row, in nats.
  public var tolerance: Double
  /// The most steps of a run.
  public var maximumIterations: Int

  /// An estimator with at most so many components.
  public init(
    components: Int = 10, covariance: CovarianceStructure = .full, weightPrior: WeightPrior = .process
  ) {
    self.components = components
    self.covariance = covariance
    self.weightPrior = weightPrior
    concentration = 0
    meanPrecision = 1
    covariancePrecision = 1
    starts = 5
    tolerance = 1e-7
    maximumIterations = 1000
  }

  /// The posterior of greatest lower bound that was found.
  ///
  /// - Throws: `DensityEstimationError` for cells that are not finite, columns of one value, unfit weights, settings out of
  ///   range, or fewer than two rows.
  public func fit(
    _ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator
  ) throws -> BayesianGaussianMixture {
    try fitReporting(data, weights: weights, using: &rng).mixture
  }

  /// The posterior, and how it was found.
  ///
  /// - Parameters:
  ///   - data: rows, `[count, features]`.
  ///   - weights: `[count]`, not negative; a weight of 2 counts like a row that is there twice.
  ///   - prior: what is believed before data; nil for the mean and the covariance of the data, as in scikit-learn.
  ///   - rng: draws the starts.
  /// - Returns: both.
  /// - Throws: `DensityEstimationError`, as ``fit(_:weights:using:)`` does.
  /// - Precondition: the prior has the shapes of the structure.
  public func fitReporting(
    _ data: Tensor, weights: Tensor? = nil, prior: Prior? = nil, using rng: inout RandomGenerator
  ) throws -> (mixture: BayesianGaussianMixture, report: Report) {
    let search = try VariationalSearch(self, data, weights, prior, using: &rng)
    return result(try search.best(using: &rng), search)
  }

  /// The posterior from given responsibilities, `[count, components]`, and how it was found.
  ///
  /// - Throws: `DensityEstimationError`, as ``fit(_:weights:using:)`` does.
  /// - Precondition: there is a row of responsibilities for each row of data; the prior has the shapes of the structure.
  public func fit(
    _ data: Tensor, weights: Tensor? = nil, from responsibilities: Tensor, prior: Prior? = nil
  ) throws -> (mixture: BayesianGaussianMixture, report: Report) {
    precondition(
      responsibilities.shape == [data.size(0), components],
      "BayesianGaussianMixtureEstimator: expected responsibilities [\(data.size(0)), \(components)], got "
        + "\(responsibilities.shape)")
    var unused = RandomGenerator(seed: 0)
    let search = try VariationalSearch(self, data, weights, prior, using: &unused)
    return result(try search.continued(from: responsibilities.to(.float64)), search)
  }

  private func result(
    _ run: VariationalSearch.Run, _ search: VariationalSearch
  ) -> (mixture: BayesianGaussianMixture, report: Report) {
    let counts = run.posterior.meanPrecision - meanPrecision
    let report = Report(
      lowerBounds: run.path, isConverged: run.isConverged, effectiveComponents: (counts .> 1).nonzeroCount())
    return (run.posterior, report)
  }

  func checkSettings() throws(DensityEstimationError) {
    func check(_ isRight: Bool, _ name: String, _ value: Any, _ rule: String) throws(DensityEstimationError) {
      if !isRight { throw .invalidSetting(name: name, value: "\(value)", rule: rule) }
    }
    try check(components > 0, "components", components, "at least 1")
    try check(concentration >= 0 && concentration.isFinite, "concentration", concentration, "0 or more")
    try check(meanPrecision > 0 && meanPrecision.isFinite, "meanPrecision", meanPrecision, "positive")
    try check(
      covariancePrecision > 0 && covariancePrecision.isFinite, "covariancePrecision", covariancePrecision, "positive")
    try check(starts > 0, "starts", starts, "at least 1")
    try check(tolerance >= 0 && tolerance.isFinite, "tolerance", tolerance, "0 or more")
    try check(maximumIterations > 0, "maximumIterations", maximumIterations, "at least 1")
  }
}
