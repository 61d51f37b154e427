public import Torch

/// A learned vector for each of a number of categories.
///
/// State name, layout and start (standard normal) are those of `torch.nn.Embedding`. Copying the layer shares its
/// parameters.
///
/// - Shapes: input `[*batch]` of 64-bit integers from 0, output `[*batch, features]`.
public struct Embedding: Layer {
  /// The vectors, `[count, features]`.
  public let weight: Parameter

  /// A layer with drawn vectors.
  ///
  /// - Precondition: both sizes are positive.
  public init(count: Int, features: Int, using rng: inout RandomGenerator) {
    precondition(count > 0 && features > 0, "Embedding: expected positive sizes, got \(count) and \(features)")
    weight = Parameter(Initializer.normal(mean: 0, standardDeviation: 1).tensor([count, features], using: &rng))
  }

  /// The vectors of categories; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    precondition(input.dtype == .int64, "Embedding: expected 64-bit integers, got \(input.dtype)")
    return weight.value.embedding(input)
  }

  /// Visits `weight`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(weight, named: "weight") }
}
