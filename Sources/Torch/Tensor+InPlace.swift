import CKernels
import CTorch

// Changes of a tensor's memory, for parameters, optimizers and running averages inside the package. Never for a value
// that a gradient graph holds.

extension Tensor {
  package func copyInPlace(from other: Tensor) { Operation.copy_(self, other) }

  package static func interpolateInPlace(_ tensors: [Tensor], toward others: [Tensor], by weight: Double) {
    Operation._foreach_lerp__Scalar(tensors, others, weight.scalar)
  }

  /// Lets the elements of tensors of the same shapes change places, one by one.
  package static func exchange(_ tensors: [Tensor], with others: [Tensor]) {
    for (tensor, other) in zip(tensors, others) {
      precondition(tensor.shape == other.shape && tensor.dtype == other.dtype, "exchange: expected one shape")
      guard tensor.isPlain, other.isPlain, let first = ct_data(tensor.raw), let second = ct_data(other.raw) else {
        let copy = other.cloned()
        other.copyInPlace(from: tensor)
        tensor.copyInPlace(from: copy)
        continue
      }
      ck_exchange(first, second, tensor.elementCount * tensor.dtype.byteCount)
      ct_mark_changed(tensor.raw)
      ct_mark_changed(other.raw)
    }
  }

  /// Whether the elements lie one behind another in the processor's memory.
  var isPlain: Bool { device == .cpu && ct_is_contiguous(raw) }

  package static func copyInPlace(_ tensors: [Tensor], from others: [Tensor]) {
    Operation._foreach_copy_(tensors, others)
  }

  /// Each tensor times a number, as new tensors.
  package static func products(_ tensors: [Tensor], with factor: Double) -> [Tensor] {
    Operation._foreach_mul_Scalar(tensors, factor.scalar)
  }
}
