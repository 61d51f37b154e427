public import Torch

/// A summary of a vector through linear layers with a nonlinearity between them.
///
/// - Shapes: observations `[*batch, features]`, summaries `[*batch, summaryFeatures]`.
public struct MultilayerPerceptronSummary: SummaryNetwork {
  /// What makes the network.
  public struct Configuration: SummaryNetworkConfiguration {
    /// The size of an observation.
    public var features: Int
    /// The size of a summary.
    public var summaryFeatures: Int
    /// The sizes between; none makes one linear layer.
    public var hiddenFeatures: [Int]
    /// The nonlinearity between layers.
    public var activation: Activation
    /// The probability that a hidden element is dropped in training.
    public var dropout: Double

    /// Two hidden layers of 64, unless told otherwise.
    public init(
      features: Int, summaryFeatures: Int, hiddenFeatures: [Int] = [64, 64], activation: Activation = .relu,
      dropout: Double = 0
    ) {
      self.features = features
      self.summaryFeatures = summaryFeatures
      self.hiddenFeatures = hiddenFeatures
      self.activation = activation
      self.dropout = dropout
    }

    /// A vector.
    public var form: ObservationForm { .vector(features: features) }

    /// The number of elements of all parameters.
    public var weightCount: Double { WeightCount.perceptron([features] + hiddenFeatures + [summaryFeatures]) }

    /// Whether the values make sense.
    ///
    /// - Throws: `SummaryNetworkConfigurationError` for the first that does not.
    public func validate() throws(SummaryNetworkConfigurationError) {
      try validateSizes()
      try SummaryNetworkLimit.check("hiddenFeatures", hiddenFeatures)
      try SummaryNetworkLimit.check(dropout: dropout)
      try validateWeightCount()
    }

    /// A network with drawn weights.
    public func makeNetwork(using rng: inout RandomGenerator) -> any SummaryNetwork {
      MultilayerPerceptronSummary(self, using: &rng)
    }
  }

  /// The layers.
  public let network: MultilayerPerceptron
  /// A vector.
  public let form: ObservationForm
  /// The size of a summary.
  public let summaryFeatures: Int

  /// A network with drawn weights.
  ///
  /// - Precondition: the configuration is valid.
  public init(_ configuration: Configuration, using rng: inout RandomGenerator) {
    form = configuration.form
    summaryFeatures = configuration.summaryFeatures
    network = MultilayerPerceptron(
      inputFeatures: configuration.features, hidden: configuration.hiddenFeatures, outputFeatures: summaryFeatures,
      activation: configuration.activation, dropout: configuration.dropout, using: &rng)
  }

  /// The summaries of vectors.
  public func callAsFunction(_ observations: Observations, _ context: LayerContext) -> Tensor {
    form.check(observations, "MultilayerPerceptronSummary")
    return network(observations.values, context)
  }

  /// Visits the layers.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(network, named: "network") }
}
