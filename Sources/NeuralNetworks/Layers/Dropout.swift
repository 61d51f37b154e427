public import Torch

/// Sets each element to 0 with a probability while training, and scales the others so that the mean stays.
///
/// Outside training it is the identity. The mask comes from the context's generator: one draw a call.
///
/// - Reference: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, *Dropout: A Simple Way to Prevent Neural
///   Networks from Overfitting*, 2014. https://jmlr.org/papers/v15/srivastava14a.html
public struct Dropout: Layer {
  /// The probability that an element is dropped.
  public let probability: Double

  /// A layer that drops with this probability.
  ///
  /// - Precondition: the probability is in [0, 1).
  public init(probability: Double) {
    precondition((0..<1).contains(probability), "Dropout: expected a probability in [0, 1), got \(probability)")
    self.probability = probability
  }

  /// The input, in training with dropped elements.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    guard context.isTraining, probability > 0 else { return input }
    // Drawn in 32 bits whatever the input: 16-bit uniforms are too coarse to meet the probability.
    let draw = Tensor.uniform(input.shape, device: input.device, using: &context.rng)
    return input * ((draw .>= probability).to(input.dtype) * (1 / (1 - probability)))
  }

  /// There is nothing to visit.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {}
}
