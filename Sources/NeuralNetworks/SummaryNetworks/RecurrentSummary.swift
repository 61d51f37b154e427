public import Torch

/// A summary of a series: the state of a gated recurrent unit after its last step, and a linear layer.
///
/// Steps that the mask leaves out are passed over, wherever they are.
///
/// - Shapes: observations `[*batch, steps, features]`, summaries `[*batch, summaryFeatures]`.
/// - Complexity: steps follow one another, so the time grows with their number whatever the machine.
public struct RecurrentSummary: SummaryNetwork {
  /// What makes the network.
  public struct Configuration: SummaryNetworkConfiguration {
    /// The size of a step.
    public var features: Int
    /// The size of a summary.
    public var summaryFeatures: Int
    /// The size of a state.
    public var hiddenFeatures: Int
    /// The number of layers, each over the states of the one before.
    public var layers: Int
    /// Whether a second state runs from the end to the start.
    public var isBidirectional: Bool
    /// The probability that an element between layers is dropped in training.
    public var dropout: Double

    /// One layer with states of 64, forward only, unless told otherwise.
    public init(
      features: Int, summaryFeatures: Int, hiddenFeatures: Int = 64, layers: Int = 1, isBidirectional: Bool = false,
      dropout: Double = 0
    ) {
      self.features = features
      self.summaryFeatures = summaryFeatures
      self.hiddenFeatures = hiddenFeatures
      self.layers = layers
      self.isBidirectional = isBidirectional
      self.dropout = dropout
    }

    /// A series.
    public var form: ObservationForm { .elements(features: features) }

    private var directions: Double { isBidirectional ? 2 : 1 }

    /// The number of elements of all parameters.
    public var weightCount: Double {
      let hidden = Double(hiddenFeatures)
      func layer(_ input: Double) -> Double { directions * 3 * hidden * (input + hidden + 2) }
      return layer(Double(features)) + (Double(layers) - 1) * layer(directions * hidden)
        + (directions * hidden + 1) * Double(summaryFeatures)
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `SummaryNetworkConfigurationError` for the first that does not.
    public func validate() throws(SummaryNetworkConfigurationError) {
      try validateSizes()
      try SummaryNetworkLimit.check("hiddenFeatures", hiddenFeatures, in: SummaryNetworkLimit.hiddenFeatures)
      try SummaryNetworkLimit.check("layers", layers, in: SummaryNetworkLimit.depth)
      try SummaryNetworkLimit.check(dropout: dropout)
      try validateWeightCount()
    }

    /// A network with drawn weights.
    public func makeNetwork(using rng: inout RandomGenerator) -> any SummaryNetwork {
      RecurrentSummary(self, using: &rng)
    }
  }

  /// The recurrent unit.
  public let unit: GatedRecurrentUnit
  /// From the last state to the summary.
  public let output: Linear
  /// A series.
  public let form: ObservationForm

  /// A network with drawn weights.
  ///
  /// - Precondition: the configuration is valid.
  public init(_ configuration: Configuration, using rng: inout RandomGenerator) {
    unit = GatedRecurrentUnit(
      inputFeatures: configuration.features, hiddenFeatures: configuration.hiddenFeatures,
      layers: configuration.layers, isBidirectional: configuration.isBidirectional, dropout: configuration.dropout,
      using: &rng)
    output = Linear(
      inputFeatures: unit.outputFeatures, outputFeatures: configuration.summaryFeatures, using: &rng)
    form = configuration.form
  }

  /// The size of a summary.
  public var summaryFeatures: Int { output.outputFeatures }

  /// The summaries of series; that of a series without steps is the output's bias.
  public func callAsFunction(_ observations: Observations, _ context: LayerContext) -> Tensor {
    form.check(observations, "RecurrentSummary")
    let series = observations.compacted
    return output(unit.run(series.values, lengths: series.mask.map { _ in series.counts }, context).last)
  }

  /// Visits `unit`, then `output`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(unit, named: "unit")
    visitor.visit(output, named: "output")
  }
}
