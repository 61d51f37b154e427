import Foundation

/// A hidden Markov model, and how it came from data.
public struct HiddenMarkovFit {
  /// The model.
  public let model: HiddenMarkovModel
  /// The log-likelihood before each iteration, and after the last, in nats.
  public let logLikelihoods: [Double]
  /// Whether nothing worth having was left to gain.
  public let isConverged: Bool
  /// The number of steps of all series.
  public let steps: Int
  /// The number of free parameters.
  public let parameterCount: Int

  /// The log-likelihood of the model, in nats.
  public var logLikelihood: Double { logLikelihoods.last ?? -.infinity }
  /// The number of iterations.
  public var iterations: Int { logLikelihoods.count - 1 }
  /// The criterion of Schwarz, -2 log-likelihood + parameters * log(steps): lower is better.
  public var bayesianInformationCriterion: Double {
    -2 * logLikelihood + Double(parameterCount) * log(Double(steps))
  }
  /// The criterion of Akaike, -2 log-likelihood + 2 parameters: lower is better.
  public var akaikeInformationCriterion: Double { -2 * logLikelihood + 2 * Double(parameterCount) }
}
