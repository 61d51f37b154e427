public import Torch

/// A layer whose map can depend on a second tensor, the context: what a conditional flow is conditioned on.
public protocol ConditionalLayer: Layer {
  /// The size of the second tensor's last dimension; 0 when there is none.
  var contextFeatures: Int { get }

  /// The output for an input and the second tensor.
  ///
  /// - Precondition: `condition` is nil exactly when ``contextFeatures`` is 0, and its leading dimensions are the
  ///   input's.
  func callAsFunction(_ input: Tensor, given condition: Tensor?, _ context: LayerContext) -> Tensor
}

extension ConditionalLayer {
  /// The output for an input, for a layer without a second tensor.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    self(input, given: nil, context)
  }

  /// Input and second tensor side by side.
  func joined(_ input: Tensor, _ condition: Tensor?) -> Tensor {
    guard let condition else {
      precondition(contextFeatures == 0, "\(Self.self): expected a context of \(contextFeatures) features, got none")
      return input
    }
    precondition(
      condition.size(-1) == contextFeatures,
      "\(Self.self): expected a context of \(contextFeatures) features, got shape \(condition.shape)")
    return .concatenating([input, condition], -1)
  }
}
