public import Probability

/// How the parameters of a Gaussian mixture were found.
public struct GaussianMixtureReport: Codable, Hashable, Sendable {
  /// One choice of the number of components and of the structure of their covariances.
  public struct Candidate: Codable, Hashable, Sendable {
    /// The number of components.
    public var components: Int
    /// The structure of the covariances.
    public var covariance: CovarianceStructure
    /// The greatest log-likelihood found, in nats, of all rows together.
    public var logLikelihood: Double
    /// The number of free parameters.
    public var parameterCount: Int
    /// The value of the criterion, of which the least is best; minus the log-likelihood of the rows held out, for that.
    public var criterion: Double
    /// Whether a component's covariance is held up by the bound on variances.
    public var isDegenerate: Bool
  }

  /// The chosen number of components.
  public var components: Int
  /// The chosen structure of the covariances.
  public var covariance: CovarianceStructure
  /// The log-likelihood of all rows in nats before each step of the last run and at its end; it never falls.
  public var logLikelihoods: [Double]
  /// Whether the last run ended because nothing was left to gain, not by the number of its steps.
  public var isConverged: Bool
  /// The mean log-likelihood of a row that each start reached, on the rows that starts see.
  public var startLogLikelihoods: [Double]
  /// All choices that were tried, when there was more than one.
  public var candidates: [Candidate]
  /// Rows that were used: those with a positive weight and at least one number.
  public var rows: Int
  /// Cells without a number in them.
  public var missingCells: Int
  /// Components whose covariance is held up by the bound on variances: signs of too many components, or of columns that
  /// repeat values.
  public var degenerateComponents: [Int]

  /// The log-likelihood of all rows, in nats.
  public var logLikelihood: Double { logLikelihoods.last ?? .nan }
  /// The steps of the last run.
  public var iterations: Int { max(0, logLikelihoods.count - 1) }
}
