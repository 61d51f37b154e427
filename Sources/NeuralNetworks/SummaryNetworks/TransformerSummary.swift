public import Torch

/// A summary of a series: attention between its steps, the mean of them, and a linear layer.
///
/// Positions are those in the tensor, so that a step that the mask leaves out still takes its time.
///
/// - Shapes: observations `[*batch, steps, features]`, summaries `[*batch, summaryFeatures]`.
/// - Complexity: tables of `heads * steps²` numbers an observation and layer.
/// - Reference: Vaswani et al., *Attention Is All You Need*, 2017. https://arxiv.org/abs/1706.03762
public struct TransformerSummary: SummaryNetwork {
  /// What makes the network.
  public struct Configuration: SummaryNetworkConfiguration {
    /// The size of a step.
    public var features: Int
    /// The size of a summary.
    public var summaryFeatures: Int
    /// The size of a step inside.
    public var hiddenFeatures: Int
    /// The number of heads of each attention, a divisor of `hiddenFeatures`.
    public var heads: Int
    /// The number of encoder layers.
    public var layers: Int
    /// The hidden size of the layers' networks.
    public var feedForwardFeatures: Int
    /// The nonlinearity of these.
    public var activation: Activation
    /// The probability that an element is dropped in training.
    public var dropout: Double

    /// Two layers of 4 heads on 64 features, unless told otherwise.
    public init(
      features: Int, summaryFeatures: Int, hiddenFeatures: Int = 64, heads: Int = 4, layers: Int = 2,
      feedForwardFeatures: Int = 128, activation: Activation = .relu, dropout: Double = 0
    ) {
      self.features = features
      self.summaryFeatures = summaryFeatures
      self.hiddenFeatures = hiddenFeatures
      self.heads = heads
      self.layers = layers
      self.feedForwardFeatures = feedForwardFeatures
      self.activation = activation
      self.dropout = dropout
    }

    /// A series.
    public var form: ObservationForm { .elements(features: features) }

    /// The number of elements of all parameters.
    public var weightCount: Double {
      WeightCount.linear(features, hiddenFeatures) + 2 * Double(hiddenFeatures)
        + Double(layers) * WeightCount.encoderLayer(hiddenFeatures, feedForwardFeatures)
        + WeightCount.linear(hiddenFeatures, summaryFeatures)
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `SummaryNetworkConfigurationError` for the first that does not.
    public func validate() throws(SummaryNetworkConfigurationError) {
      try validateSizes()
      try SummaryNetworkLimit.check("hiddenFeatures", hiddenFeatures, in: SummaryNetworkLimit.hiddenFeatures)
      try SummaryNetworkLimit.check(heads: heads, dividing: hiddenFeatures)
      try SummaryNetworkLimit.check("layers", layers, in: SummaryNetworkLimit.depth)
      try SummaryNetworkLimit.check("feedForwardFeatures", feedForwardFeatures, in: SummaryNetworkLimit.hiddenFeatures)
      try SummaryNetworkLimit.check(dropout: dropout)
      try validateWeightCount()
    }

    /// A network with drawn weights.
    public func makeNetwork(using rng: inout RandomGenerator) -> any SummaryNetwork {
      TransformerSummary(self, using: &rng)
    }
  }

  /// Brings steps to their size inside.
  public let input: Linear
  /// The encoder layers, the first to act first.
  public let layers: [TransformerEncoderLayer]
  /// The normalization after the last layer.
  public let normalization: LayerNormalization
  /// From the mean of the steps to the summary.
  public let output: Linear
  /// A series.
  public let form: ObservationForm

  /// A network with drawn weights.
  ///
  /// - Precondition: the configuration is valid.
  public init(_ configuration: Configuration, using rng: inout RandomGenerator) {
    let size = configuration.hiddenFeatures
    input = Linear(inputFeatures: configuration.features, outputFeatures: size, using: &rng)
    var layers: [TransformerEncoderLayer] = []
    for _ in 0..<configuration.layers {
      layers.append(
        TransformerEncoderLayer(
          features: size, heads: configuration.heads, feedForwardFeatures: configuration.feedForwardFeatures,
          activation: configuration.activation, dropout: configuration.dropout, using: &rng))
    }
    self.layers = layers
    normalization = LayerNormalization(features: size)
    output = Linear(inputFeatures: size, outputFeatures: configuration.summaryFeatures, using: &rng)
    form = configuration.form
  }

  /// The size of a summary.
  public var summaryFeatures: Int { output.outputFeatures }

  /// The summaries of series; that of a series without steps is the output's bias.
  public func callAsFunction(_ observations: Observations, _ context: LayerContext) -> Tensor {
    form.check(observations, "TransformerSummary")
    let steps = SinusoidalPositionalEncoding()(input(observations.values))
    let encoded = layers.reduce(steps) { $1($0, mask: observations.mask, context) }
    return output(SetPooling.mean(normalization(encoded), mask: observations.mask))
  }

  /// Visits the parts in the order in which they act.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(input, named: "input")
    for (index, layer) in layers.enumerated() { visitor.visit(layer, named: "layers.\(index)") }
    visitor.visit(normalization, named: "normalization")
    visitor.visit(output, named: "output")
  }
}
