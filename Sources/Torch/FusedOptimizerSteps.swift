import CTorch

// One call moves all parameters: libtorch's fused kernels. On the processor they walk over memory without a look at
// strides, so what they get must be row-major; a gradient need not be (that of a sum is one number, stretched).

extension Tensor {
  /// One step of Adam, or of AdamW when the weight decay is decoupled.
  package static func adamStep(
    _ values: [Tensor], gradients: [Tensor], means: [Tensor], squares: [Tensor], steps: [Tensor], learningRate: Double,
    betas: (Double, Double), weightDecay: Double, epsilon: Double, isDecoupled: Bool
  ) {
    let step = isDecoupled ? Operation._fused_adamw_ : Operation._fused_adam_
    step(
      values, rowMajor(gradients, like: values), means, squares, [], steps, learningRate, betas.0, betas.1, weightDecay,
      epsilon, false, false,
      nil, nil)
  }

  /// One step of gradient descent with momentum.
  package static func sgdStep(
    _ values: [Tensor], gradients: [Tensor], momenta: [Tensor], learningRate: Double, momentum: Double,
    weightDecay: Double, isNesterov: Bool, isFirstStep: Bool
  ) {
    Operation._fused_sgd_(
      values, rowMajor(gradients, like: values), momenta, weightDecay: weightDecay, momentum: momentum,
      lr: learningRate, dampening: 0,
      nesterov: isNesterov, maximize: false, isFirstStep: isFirstStep)
  }

  private static func rowMajor(_ gradients: [Tensor], like values: [Tensor]) -> [Tensor] {
    precondition(
      gradients.count == values.count, "step: expected \(values.count) gradients, got \(gradients.count)")
    return zip(gradients, values).map { gradient, value in
      defer { withExtendedLifetime((gradient.handle, value.handle)) {} }
      precondition(
        ct_element_count(gradient.raw) == ct_element_count(value.raw) && ct_dtype(gradient.raw) == ct_dtype(value.raw),
        "step: expected a gradient of shape \(value.shape) and type \(value.dtype), got \(gradient.shape), "
          + "\(gradient.dtype)")
      return ct_is_contiguous(gradient.raw) ? gradient : gradient.contiguous()
    }
  }
}
