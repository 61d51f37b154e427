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

  /// A block with drawn weights; `makeLayer` makes the layers.
  init(
    points: Int, features: Int, using rng: inout RandomGenerator,
    makeLayer: (inout RandomGenerator) -> TransformerEncoderLayer
  ) {
    inducingPoints = Parameter(Initializer.xavierUniform(gain: 1).tensor([points, features], using: &rng))
    layers = [makeLayer(&rng), makeLayer(&rng)]
  }

  /// The set after the attention; elements that do not count give numbers without meaning.
  public func callAsFunction(_ set: Tensor, mask: Tensor?, _ context: LayerContext) -> Tensor {
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
