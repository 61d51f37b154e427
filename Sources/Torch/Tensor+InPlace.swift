// Changes of a tensor's memory, for parameters, optimizers and running averages inside the package. Never for a value
// that a gradient graph holds.

extension Tensor {
  package func copyInPlace(from other: Tensor) { Operation.copy_(self, other) }

  package static func interpolateInPlace(_ tensors: [Tensor], toward others: [Tensor], by weight: Double) {
    Operation._foreach_lerp__Scalar(tensors, others, weight.scalar)
  }

  package static func copyInPlace(_ tensors: [Tensor], from others: [Tensor]) {
    Operation._foreach_copy_(tensors, others)
  }

  /// The Euclidean norm of all tensors together.
  ///
  /// Small ones are copied side by side, which takes less than half the time of as many norms; large ones cost
  /// less memory one by one.
  package static func norm(of tensors: [Tensor]) -> Tensor {
    let count = tensors.reduce(0) { $0 + $1.elementCount }
    if count < 1 << 20 { return Operation.flatten_dense_tensors(tensors).norm() }
    return Tensor.stacking(Operation._foreach_norm_Scalar(tensors, 2)).norm()
  }

  /// Each tensor times a number, as new tensors.
  package static func products(_ tensors: [Tensor], with factor: Double) -> [Tensor] {
    Operation._foreach_mul_Scalar(tensors, factor.scalar)
  }
}
