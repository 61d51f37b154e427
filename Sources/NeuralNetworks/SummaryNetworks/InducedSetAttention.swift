public import Torch

/// Attention of a set to a few learned points that have attended to it (ISAB): linear in the set's size, not quadratic.
///
/// - Shapes: input and output `[*batch, count, features]`, mask `[*batch, count]`.
/// - Complexity: `count * points` numbers a head instead of `count²`.
/// - Reference: Lee et al., *Set Transformer*, 2019, equations 9 and 10. https://arxiv.org/abs/1810.00825
public struct InducedSetAttention: Module {
  /// The learned points, `[points, features]`.
  public let inducingPoints: Parameter
  /// Points attend to the set, then the set to what they have become.
  public let layers: [TransformerEncoderLayer]

  /// A block with drawn weights.
  ///
  /// - Parameters:
  ///   - points: the number of learned points.
  ///   - features: the size of an element.
  ///   - heads: the number of heads, which divides `features`.
  ///   - feedForwardFeatures: the hidden size of the layers' networks.
  ///   - activation: the nonlinearity of these.
  ///   - dropout: the probability that an element is dropped in training.
  ///   - rng: the source of random numbers.
  /// - Precondition: `points > 0`.
  public init(
    points: Int, features: Int, heads: Int, feedForwardFeatures: Int, activation: Activation = .relu,
    dropout: Double = 0, using rng: inout RandomGenerator
  ) {
    precondition(points > 0, "InducedSetAttention: expected a positive number of points, got \(points)")
    inducingPoints = Parameter(Initializer.xavierUniform(gain: 1).tensor([points, features], using: &rng))
    var layers: [TransformerEncoderLayer] = []
    for _ in 0..<2 {
      layers.append(
        TransformerEncoderLayer(
          features: features, heads: heads, feedForwardFeatures: feedForwardFeatures, activation: activation,
          dropout: dropout, using: &rng))
    }
    self.layers = layers
  }

  /// The set after the attention; elements that do not count give numbers without meaning.
  public func callAsFunction(_ set: Tensor, mask: Tensor? = nil, _ context: LayerContext = .inference) -> Tensor {
    let points = inducingPoints.value.broadcasted(to: set.shape.droppingTrailing(2) + inducingPoints.value.shape)
    let seen = layers[0](points, attendingTo: set, mask: mask, context)
    return layers[1](set, attendingTo: seen, context)
  }

  /// Visits the points, then the layers.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(inducingPoints, named: "inducingPoints")
    for (index, layer) in layers.enumerated() { visitor.visit(layer, named: "layers.\(index)") }
  }
}
