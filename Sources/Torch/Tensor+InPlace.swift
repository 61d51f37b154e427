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

  /// Each tensor times a number, as new tensors.
  package static func products(_ tensors: [Tensor], with factor: Double) -> [Tensor] {
    Operation._foreach_mul_Scalar(tensors, factor.scalar)
  }
}
