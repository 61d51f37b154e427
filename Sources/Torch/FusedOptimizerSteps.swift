import CKernels
import CTorch

// One call moves all parameters: a kernel of our own, or libtorch's fused ones. On the processor they walk over memory
// without a look at strides, so what they get must be row-major; a gradient need not be (that of a sum is one number,
// stretched).

extension Tensor {
  /// One step of Adam, or of AdamW when the weight decay is decoupled: the `stepCount`-th, from 1 on.
  package static func adamStep(
    _ values: [Tensor], gradients: [Tensor], means: [Tensor], squares: [Tensor], stepCount: Int, learningRate: Double,
    betas: (Double, Double), weightDecay: Double, epsilon: Double, isDecoupled: Bool
  ) {
    let gradients = rowMajor(gradients, like: values)
    var adam = CKAdam(
      learning_rate: learningRate, beta1: betas.0, beta2: betas.1, weight_decay: weightDecay, epsilon: epsilon,
      step: stepCount, is_decoupled: isDecoupled, is_wide: values.first?.dtype == .float64)
    guard canRunKernel(values), canRunKernel(means + squares) else {
      // libtorch wants one count a parameter and only reads them: all are the same tensor.
      let count = Tensor(stepCount, dtype: .float32, device: values.first?.device ?? .cpu)
      let step = isDecoupled ? Operation._fused_adamw_ : Operation._fused_adam_
      return step(
        values, gradients, means, squares, [], Array(repeating: count, count: values.count), learningRate, betas.0,
        betas.1, weightDecay, epsilon, false, false, nil, nil)
    }
    defer { withExtendedLifetime((values, gradients, means, squares)) {} }
    func data(_ tensors: [Tensor]) -> [UnsafeMutableRawPointer?] { tensors.map { ct_data($0.raw) } }
    ck_adam(
      &adam, values.count, values.map { Int(ct_element_count($0.raw)) }, data(values),
      data(gradients).map { UnsafeRawPointer($0) }, data(means), data(squares))
    for value in values { ct_mark_changed(value.raw) }
  }

  /// Whether all are row-major numbers of one floating-point type on the processor.
  private static func canRunKernel(_ tensors: [Tensor]) -> Bool {
    guard let dtype = tensors.first?.dtype, dtype == .float32 || dtype == .float64 else { return false }
    return tensors.allSatisfy { $0.dtype == dtype && $0.device == .cpu && ct_is_contiguous($0.raw) }
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
