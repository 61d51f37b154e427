public import Torch

/// A network that makes a vector of fixed size of a structured observation: what inference can then be conditioned on.
///
/// To implement one: conform to its protocol, use ``Observations/mask`` so that elements that only fill up have no effect,
/// take any number of batch dimensions (also none), and add a row to the tests' table of summary networks, which holds it to
/// that.
///
/// - Reference: Radev et al., *BayesFlow: Learning Complex Stochastic Models With Invertible Neural Networks*, 2020.
///   https://arxiv.org/abs/2003.06281
public protocol SummaryNetwork: Module {
  /// What one observation is.
  var form: ObservationForm { get }
  /// The size of a summary.
  var summaryFeatures: Int { get }
  /// The summaries of observations.
  ///
  /// - Parameters:
  ///   - observations: of the network's ``form``.
  ///   - context: whether it trains, and its random numbers.
  /// - Returns: `[*batch, summaryFeatures]`.
  func callAsFunction(_ observations: Observations, _ context: LayerContext) -> Tensor
}

extension SummaryNetwork {
  /// The summaries of observations, in inference.
  public func callAsFunction(_ observations: Observations) -> Tensor { self(observations, .inference) }
}

/// What makes a summary network: a value that a file can hold.
public protocol SummaryNetworkConfiguration: Hashable, Sendable, Codable {
  /// What one observation is.
  var form: ObservationForm { get }
  /// The size of a summary.
  var summaryFeatures: Int { get }
  /// The number of elements of all parameters, computed without building anything; it never traps.
  var weightCount: Double { get }
  /// Whether the values make sense, each alone and all together.
  ///
  /// - Throws: `SummaryNetworkConfigurationError` for the first that does not.
  func validate() throws(SummaryNetworkConfigurationError)
  /// A network with drawn weights; the configuration is valid.
  func makeNetwork(using rng: inout RandomGenerator) -> any SummaryNetwork
}

/// A value of a configuration that does not make a summary network.
public struct SummaryNetworkConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The value's name.
  public let field: String
  /// What it must be.
  public let expected: String
  /// What it is.
  public let actual: String

  /// What is wrong: the field, what it must be and what it is.
  public var description: String { "\(field): expected \(expected), got \(actual)" }
}
