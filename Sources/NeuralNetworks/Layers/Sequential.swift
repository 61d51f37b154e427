public import Torch

/// Layers in a row, each applied to the output of the one before.
///
///     let network = Sequential([
///       Linear(inputFeatures: 2, outputFeatures: 8, using: &rng), Activation.relu,
///       Linear(inputFeatures: 8, outputFeatures: 1, using: &rng),
///     ])
///
/// State names count all layers, those without parameters too: `layers.0.weight`, `layers.2.weight`.
public struct Sequential: Layer {
  /// The layers, the first to act first.
  public let layers: [any Layer]

  /// The layers in this order; none is the identity.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// The output of the last layer.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    layers.reduce(input) { $1($0, context) }
  }

  /// Visits the layers in order.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (index, layer) in layers.enumerated() { visitor.visit(layer, named: "layers.\(index)") }
  }
}
