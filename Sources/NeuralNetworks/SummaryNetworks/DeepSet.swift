public import Torch

/// A summary of a set: a network of each element, pooled, and a network of the pooled vector and the set's size.
///
/// It depends neither on the order of elements nor on those that only fill up. The first choice for independent
/// observations: its cost is linear in their number.
///
/// - Shapes: observations `[*batch, count, features]`, summaries `[*batch, summaryFeatures]`.
/// - Reference: Zaheer et al., *Deep Sets*, 2017, theorem 2. https://arxiv.org/abs/1703.06114
public struct DeepSet: SummaryNetwork {
  /// What makes the network.
  public struct Configuration: SummaryNetworkConfiguration {
    /// The size of an element.
    public var features: Int
    /// The size of a summary.
    public var summaryFeatures: Int
    /// The sizes of the layers of the elements' network, the last of which is pooled.
    public var elementFeatures: [Int]
    /// The hidden sizes of the network of the pooled vector.
    public var pooledFeatures: [Int]
    /// How elements are pooled.
    public var pooling: SetPooling
    /// The nonlinearity of both networks.
    public var activation: Activation
    /// The probability that a hidden element is dropped in training.
    public var dropout: Double

    /// Two layers of 64 for elements, their means, and one hidden layer of 64, unless told otherwise.
    public init(
      features: Int, summaryFeatures: Int, elementFeatures: [Int] = [64, 64], pooledFeatures: [Int] = [64],
      pooling: SetPooling = .mean, activation: Activation = .relu, dropout: Double = 0
    ) {
      self.features = features
      self.summaryFeatures = summaryFeatures
      self.elementFeatures = elementFeatures
      self.pooledFeatures = pooledFeatures
      self.pooling = pooling
      self.activation = activation
      self.dropout = dropout
    }

    /// A set.
    public var form: ObservationForm { .elements(features: features) }

    /// The number of elements of all parameters.
    public var weightCount: Double {
      let pooled = WeightCount.perceptron([elementFeatures.last ?? 0] + pooledFeatures + [summaryFeatures])
      return WeightCount.perceptron([features] + elementFeatures) + pooled
        // The set's size is one input more.
        + Double(pooledFeatures.first ?? summaryFeatures)
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `SummaryNetworkConfigurationError` for the first that does not.
    public func validate() throws(SummaryNetworkConfigurationError) {
      try validateSizes()
      try SummaryNetworkLimit.check("elementFeatures", elementFeatures, minimum: 1)
      try SummaryNetworkLimit.check("pooledFeatures", pooledFeatures)
      try SummaryNetworkLimit.check(dropout: dropout)
      try validateWeightCount()
    }

    /// A network with drawn weights.
    public func makeNetwork(using rng: inout RandomGenerator) -> any SummaryNetwork { DeepSet(self, using: &rng) }
  }

  /// The network of each element.
  public let phi: MultilayerPerceptron
  /// How elements are pooled.
  public let pooling: SetPooling
  /// The network of the pooled elements and log(1 + count).
  public let rho: MultilayerPerceptron
  /// A set.
  public let form: ObservationForm
  /// The size of a summary.
  public let summaryFeatures: Int

  /// A network with drawn weights.
  ///
  /// - Precondition: the configuration is valid.
  public init(_ configuration: Configuration, using rng: inout RandomGenerator) {
    let pooled = configuration.elementFeatures.last ?? configuration.features
    phi = MultilayerPerceptron(
      inputFeatures: configuration.features, hidden: configuration.elementFeatures.dropLast(), outputFeatures: pooled,
      activation: configuration.activation, dropout: configuration.dropout, using: &rng)
    rho = MultilayerPerceptron(
      inputFeatures: pooled + 1, hidden: configuration.pooledFeatures, outputFeatures: configuration.summaryFeatures,
      activation: configuration.activation, dropout: configuration.dropout, using: &rng)
    pooling = configuration.pooling
    form = configuration.form
    summaryFeatures = configuration.summaryFeatures
  }

  /// The summaries of sets; that of the empty set is what `rho` makes of 0.
  public func callAsFunction(_ observations: Observations, _ context: LayerContext) -> Tensor {
    form.check(observations, "DeepSet")
    let pooled = pooling(phi(observations.values, context), mask: observations.mask)
    // Differs from Zaheer et al.: a mean does not tell the set's size, which decides how sure inference can be.
    return rho(.concatenating([pooled, observations.logCounts], -1), context)
  }

  /// Visits `phi`, then `rho`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(phi, named: "phi")
    visitor.visit(rho, named: "rho")
  }
}
