public import Torch

/// A summary of a set whose elements attend to one another: for what pairs and groups of elements tell.
///
/// Elements attend to each other (SAB), or to learned points that attended to them (ISAB); then learned seeds attend to the
/// elements (PMA), so that what is pooled is learned too. It depends neither on the order of elements nor on those that only
/// fill up.
///
/// - Shapes: observations `[*batch, count, features]`, summaries `[*batch, summaryFeatures]`.
/// - Complexity: tables of `heads * count * inducingPoints` numbers an observation and layer, of `heads * count²` without
///   such points.
/// - Reference: Lee et al., *Set Transformer: A Framework for Attention-based Permutation-Invariant Neural Networks*, 2019.
///   https://arxiv.org/abs/1810.00825 (equations 6 to 14)
public struct SetTransformer: SummaryNetwork {
  /// What makes the network.
  public struct Configuration: SummaryNetworkConfiguration {
    /// The size of an element.
    public var features: Int
    /// The size of a summary.
    public var summaryFeatures: Int
    /// The size of an element inside.
    public var hiddenFeatures: Int
    /// The number of heads of each attention, a divisor of `hiddenFeatures`.
    public var heads: Int
    /// The number of attention blocks between elements.
    public var layers: Int
    /// The learned points of each block; 0 lets elements attend to each other.
    public var inducingPoints: Int
    /// The learned seeds that pool the elements.
    public var seeds: Int
    /// The hidden size of the blocks' networks.
    public var feedForwardFeatures: Int
    /// The nonlinearity of these.
    public var activation: Activation
    /// The probability that an element is dropped in training.
    public var dropout: Double

    /// Two blocks of 4 heads and 16 points on 64 features, and one seed, unless told otherwise.
    public init(
      features: Int, summaryFeatures: Int, hiddenFeatures: Int = 64, heads: Int = 4, layers: Int = 2,
      inducingPoints: Int = 16, seeds: Int = 1, feedForwardFeatures: Int = 128, activation: Activation = .relu,
      dropout: Double = 0
    ) {
      self.features = features
      self.summaryFeatures = summaryFeatures
      self.hiddenFeatures = hiddenFeatures
      self.heads = heads
      self.layers = layers
      self.inducingPoints = inducingPoints
      self.seeds = seeds
      self.feedForwardFeatures = feedForwardFeatures
      self.activation = activation
      self.dropout = dropout
    }

    /// A set.
    public var form: ObservationForm { .elements(features: features) }

    /// The number of elements of all parameters.
    public var weightCount: Double {
      let size = Double(hiddenFeatures)
      let layer = WeightCount.encoderLayer(hiddenFeatures, feedForwardFeatures)
      let block = inducingPoints > 0 ? 2 * layer + Double(inducingPoints) * size : layer
      return WeightCount.linear(features, hiddenFeatures) + Double(layers) * block
        + Double(seeds) * size + (seeds > 1 ? 2 : 1) * layer + 2 * size
        + (Double(seeds) * size + 2) * Double(summaryFeatures)
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `SummaryNetworkConfigurationError` for the first that does not.
    public func validate() throws(SummaryNetworkConfigurationError) {
      try validateSizes()
      try SummaryNetworkLimit.check("hiddenFeatures", hiddenFeatures, in: SummaryNetworkLimit.hiddenFeatures)
      try SummaryNetworkLimit.check(heads: heads, dividing: hiddenFeatures)
      try SummaryNetworkLimit.check("layers", layers, in: SummaryNetworkLimit.depth)
      try SummaryNetworkLimit.check(
        "inducingPoints", inducingPoints, in: 0...SummaryNetworkLimit.hiddenFeatures.upperBound)
      try SummaryNetworkLimit.check("seeds", seeds, in: 1...1000)
      try SummaryNetworkLimit.check("feedForwardFeatures", feedForwardFeatures, in: SummaryNetworkLimit.hiddenFeatures)
      try SummaryNetworkLimit.check(dropout: dropout)
      try validateWeightCount()
    }

    /// A network with drawn weights.
    public func makeNetwork(using rng: inout RandomGenerator) -> any SummaryNetwork {
      SetTransformer(self, using: &rng)
    }

    fileprivate func makeLayer(using rng: inout RandomGenerator) -> TransformerEncoderLayer {
      TransformerEncoderLayer(
        features: hiddenFeatures, heads: heads, feedForwardFeatures: feedForwardFeatures, activation: activation,
        dropout: dropout, using: &rng)
    }

    fileprivate func makeBlock(using rng: inout RandomGenerator) -> Block {
      guard inducingPoints > 0 else { return .direct(makeLayer(using: &rng)) }
      return .induced(
        InducedSetAttention(
          points: inducingPoints, features: hiddenFeatures, heads: heads, feedForwardFeatures: feedForwardFeatures,
          activation: activation, dropout: dropout, using: &rng))
    }
  }

  /// Attention between elements.
  fileprivate enum Block {
    case direct(TransformerEncoderLayer)
    case induced(InducedSetAttention)

    func callAsFunction(_ set: Tensor, mask: Tensor?, _ context: LayerContext) -> Tensor {
      switch self {
      case .direct(let layer): layer(set, mask: mask, context)
      case .induced(let block): block(set, mask: mask, context)
      }
    }

    var module: any Module {
      switch self {
      case .direct(let layer): layer
      case .induced(let block): block
      }
    }
  }

  /// Brings elements to their size inside.
  public let input: Linear
  private let blocks: [Block]
  /// What pools the elements, `[seeds, hiddenFeatures]`.
  public let seeds: Parameter
  /// The seeds attend to the elements; several then attend to each other.
  public let pooling: [TransformerEncoderLayer]
  /// The normalization of the pooled vectors.
  public let normalization: LayerNormalization
  /// From the pooled vectors and log(1 + count) to the summary.
  public let output: Linear
  /// A set.
  public let form: ObservationForm

  /// A network with drawn weights.
  ///
  /// - Precondition: the configuration is valid.
  public init(_ configuration: Configuration, using rng: inout RandomGenerator) {
    let size = configuration.hiddenFeatures
    input = Linear(inputFeatures: configuration.features, outputFeatures: size, using: &rng)
    var blocks: [Block] = []
    for _ in 0..<configuration.layers {
      blocks.append(configuration.makeBlock(using: &rng))
    }
    self.blocks = blocks
    seeds = Parameter(Initializer.xavierUniform(gain: 1).tensor([configuration.seeds, size], using: &rng))
    var pooling = [configuration.makeLayer(using: &rng)]
    if configuration.seeds > 1 { pooling.append(configuration.makeLayer(using: &rng)) }
    self.pooling = pooling
    normalization = LayerNormalization(features: size)
    output = Linear(
      inputFeatures: configuration.seeds * size + 1, outputFeatures: configuration.summaryFeatures, using: &rng)
    form = configuration.form
  }

  /// The size of a summary.
  public var summaryFeatures: Int { output.outputFeatures }

  /// The summaries of sets; the empty set has one too, of seeds that attend to nothing.
  public func callAsFunction(_ observations: Observations, _ context: LayerContext) -> Tensor {
    form.check(observations, "SetTransformer")
    // Differs from Lee et al.: layers normalize what goes in, which trains without a warm-up; elements go into the pooling
    // without a further row-wise layer, which the block before has already; the set's size is given, as means do not tell it.
    let elements = blocks.reduce(input(observations.values)) { $1($0, mask: observations.mask, context) }
    let seeds = seeds.value.broadcasted(to: elements.shape.droppingTrailing(2) + seeds.value.shape)
    var pooled = pooling[0](seeds, attendingTo: elements, mask: observations.mask, context)
    for layer in pooling.dropFirst() { pooled = layer(pooled, context) }
    return output(.concatenating([normalization(pooled).flattened(from: -2), observations.logCounts], -1))
  }

  /// Visits the parts in the order in which they act.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(input, named: "input")
    for (index, block) in blocks.enumerated() { visitor.visit(block.module, named: "blocks.\(index)") }
    visitor.visit(seeds, named: "seeds")
    for (index, layer) in pooling.enumerated() { visitor.visit(layer, named: "pooling.\(index)") }
    visitor.visit(normalization, named: "normalization")
    visitor.visit(output, named: "output")
  }
}
