import CKernels

/// Standard normal numbers of a counter: number i of a seed is a function of the seed and of i alone, with the same bits
/// for any number of threads and on every instruction set.
package enum NormalKernels {
  /// The numbers from `first` on, in row-major order.
  ///
  /// - Precondition: the type is 32-bit or 64-bit float.
  package static func normal(_ shape: Shape, dtype: DType, seed: UInt64, first: UInt64 = 0) -> Tensor {
    precondition(
      dtype == .float32 || dtype == .float64, "NormalKernels: expected 32-bit or 64-bit floats, got \(dtype)")
    let count = shape.elementCount
    return Tensor.filled(shape, dtype: dtype) { memory in
      if dtype == .float32 {
        ck_normal_f32(seed, first, memory.assumingMemoryBound(to: Float.self), count)
      } else {
        ck_normal_f64(seed, first, memory.assumingMemoryBound(to: Double.self), count)
      }
    }
  }

  /// The four random words of each of `count` counters from `first` on.
  package static func words(seed: UInt64, first: UInt64, stream: UInt32, count: Int) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: 4 * count) { buffer, initialized in
      ck_philox(seed, first, stream, buffer.baseAddress, count)
      initialized = 4 * count
    }
  }
}
