import CKernels
import CTorch

// One call moves all parameters: a kernel of our own, or libtorch's fused ones. On the processor they walk over memory
// without a look at strides, so what they get must be row-major; a gradient need not be (that of a sum is one number,
// stretched).

extension Tensor {
  /// One step of Adam, or of AdamW when the weight decay is decoupled: the `stepCount`-th, from 1 on. In the same pass
  /// gradients are scaled before it, and running averages of the values, unless there are none, move toward them after it.
  package static func adamStep(
    _ values: [Tensor], gradients: [Tensor], means: [Tensor], squares: [Tensor], stepCount: Int, learningRate: Double,
    betas: (Double, Double), weightDecay: Double, epsilon: Double, isDecoupled: Bool, gradientScale: Double = 1,
    averages: [Tensor] = [], averageShare: Double = 0
  ) {
    let gradients = rowMajor(gradients, like: values)
    var adam = CKAdam(
      learning_rate: learningRate, beta1: betas.0, beta2: betas.1, weight_decay: weightDecay, epsilon: epsilon,
      step: stepCount, gradient_scale: gradientScale, average_share: averageShare, is_decoupled: isDecoupled,
      is_wide: values.first?.dtype == .float64)
    guard canRunKernel(values), canRunKernel(means + squares + averages) else {
      // libtorch wants one count a parameter and only reads them: all are the same tensor.
      let count = Tensor(stepCount, dtype: .float32, device: values.first?.device ?? .cpu)
      let step = isDecoupled ? Operation._fused_adamw_ : Operation._fused_adam_
      let scaled = gradientScale == 1 ? gradients : products(gradients, with: gradientScale)
      step(
        values, scaled, means, squares, [], Array(repeating: count, count: values.count), learningRate, betas.0,
        betas.1, weightDecay, epsilon, false, false, nil, nil)
      if !averages.isEmpty { interpolateInPlace(averages, toward: values, by: averageShare) }
      return
    }
    defer { withExtendedLifetime((values, gradients, means, squares, averages)) {} }
    func data(_ tensors: [Tensor]) -> [UnsafeMutableRawPointer?] { tensors.map { ct_data($0.raw) } }
    ck_adam(
      &adam, values.count, values.map { Int(ct_element_count($0.raw)) }, data(values),
      data(gradients).map { UnsafeRawPointer($0) }, data(means), data(squares), averages.isEmpty ? nil : data(averages))
    for tensor in values + averages { ct_mark_changed(tensor.raw) }
  }

  /// The Euclidean norm of all tensors together.
  ///
  /// Where libtorch computes it, small tensors are copied side by side, which takes less than half the time of as many
  /// norms; large ones cost less memory one by one.
  package static func norm(of tensors: [Tensor]) -> Double {
    guard canRunKernel(tensors) else {
      let count = tensors.reduce(0) { $0 + $1.elementCount }
      if count < 1 << 20 { return Operation.flatten_dense_tensors(tensors).norm().item() }
      return stacking(Operation._foreach_norm_Scalar(tensors, 2)).norm().item()
    }
    defer { withExtendedLifetime(tensors) {} }
    let data = tensors.map { UnsafeRawPointer(ct_data($0.raw)) }
    return ck_sum_of_squares(
      tensors.count, tensors.map { Int(ct_element_count($0.raw)) }, data, tensors.first?.dtype == .float64
    ).squareRoot()
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
