// One call moves all parameters: libtorch's fused kernels.

extension Tensor {
  /// One step of Adam, or of AdamW when the weight decay is decoupled.
  package static func adamStep(
    _ values: [Tensor], gradients: [Tensor], means: [Tensor], squares: [Tensor], steps: [Tensor], learningRate: Double,
    betas: (Double, Double), weightDecay: Double, epsilon: Double, isDecoupled: Bool
  ) {
    let step = isDecoupled ? Operation._fused_adamw_ : Operation._fused_adam_
    step(
      values, gradients, means, squares, [], steps, learningRate, betas.0, betas.1, weightDecay, epsilon, false, false,
      nil, nil)
  }

  /// One step of gradient descent with momentum.
  package static func sgdStep(
    _ values: [Tensor], gradients: [Tensor], momenta: [Tensor], learningRate: Double, momentum: Double,
    weightDecay: Double, isNesterov: Bool, isFirstStep: Bool
  ) {
    Operation._fused_sgd_(
      values, gradients, momenta, weightDecay: weightDecay, momentum: momentum, lr: learningRate, dampening: 0,
      nesterov: isNesterov, maximize: false, isFirstStep: isFirstStep)
  }
}
