public import Torch

/// Brings the last dimension of each item to mean 0 and variance 1, then scales and shifts it by learned vectors.
///
/// State names are PyTorch's: `weight`, `bias`. Copying the layer shares its parameters.
///
/// - Shapes: input and output `[*batch, features]`.
/// - Reference: Ba, Kiros, Hinton, *Layer Normalization*, 2016. https://arxiv.org/abs/1607.06450
public struct LayerNormalization: Layer {
  /// The scale, `[features]`; starts at 1.
  public let weight: Parameter
  /// The shift, `[features]`; starts at 0.
  public let bias: Parameter
  /// Added to the variance.
  public let epsilon: Double

  /// A layer that starts as the plain normalization.
  ///
  /// - Precondition: `features > 0`.
  public init(features: Int, epsilon: Double = 1e-5) {
    precondition(features > 0, "LayerNormalization: expected a positive size, got \(features)")
    weight = Parameter(.ones([features]))
    bias = Parameter(.zeros([features]))
    self.epsilon = epsilon
  }

  /// The normalized input; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor { self(input) }

  /// The normalized input.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    input.layerNormalized(weight.value, bias.value, epsilon: epsilon)
  }

  /// Visits `weight`, then `bias`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(weight, named: "weight")
    visitor.visit(bias, named: "bias")
  }
}
