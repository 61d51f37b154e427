import CKernels

/// Draws from a Gaussian mixture; each depends on a seed and on its own number alone, and has the same bits for any number
/// of threads and on every instruction set. The tensor formula is `GaussianMixture.sample(unfused:)`.
package struct MixtureSampler {
  private let features, components: Int
  private let isDiagonal: Bool
  private let weights, means, scales: [Double]

  /// - Parameters:
  ///   - weights: `[components]`, of sum 1.
  ///   - means: `[components, features]`
  ///   - scales: lower triangles `[components, features, features]`, or their diagonals `[components, features]`.
  package init(weights: Tensor, means: Tensor, scales: Tensor) {
    let shape = means.shape
    (components, features) = (shape[0], shape[1])
    isDiagonal = scales.rank == 2
    precondition(
      weights.shape == [components] && scales.shape == (isDiagonal ? shape : shape + [features]),
      "MixtureSampler: expected \(components) components of \(features) features, got weights \(weights.shape), "
        + "scales \(scales.shape)")
    self.weights = weights.doubles()
    self.means = means.doubles()
    self.scales = scales.doubles()
  }

  /// The draws `first` to `first + count` of a seed, `[count, features]`, and their components, `[count]`.
  ///
  /// - Precondition: the type is 32-bit or 64-bit float.
  package func sample(
    _ count: Int, dtype: DType, seed: UInt64, first: UInt64 = 0
  ) -> (draws: Tensor, components: Tensor) {
    var draws: Tensor?
    let chosen = Tensor.filled([count], dtype: .int64) { chosen in
      draws = sample(count, dtype, seed, first, chosen.assumingMemoryBound(to: Int64.self))
    }
    return (draws ?? Tensor.zeros([count, features], dtype: dtype), chosen)
  }

  /// The draws without their components.
  package func draws(_ count: Int, dtype: DType, seed: UInt64, first: UInt64 = 0) -> Tensor {
    sample(count, dtype, seed, first, nil)
  }

  private func sample(
    _ count: Int, _ dtype: DType, _ seed: UInt64, _ first: UInt64, _ chosen: UnsafeMutablePointer<Int64>?
  ) -> Tensor {
    precondition(
      dtype == .float32 || dtype == .float64, "MixtureSampler: expected 32-bit or 64-bit floats, got \(dtype)")
    return Tensor.filled([count, features], dtype: dtype) { memory in
      weights.withUnsafeBufferPointer { weights in
        means.withUnsafeBufferPointer { means in
          scales.withUnsafeBufferPointer { scales in
            var sampler = CKMixtureSampler(
              features: features, components: components, is_diagonal: isDiagonal, weights: weights.baseAddress,
              means: means.baseAddress, scales: scales.baseAddress)
            let status =
              dtype == .float32
              ? ck_mixture_sample_f32(&sampler, seed, first, memory.assumingMemoryBound(to: Float.self), chosen, count)
              : ck_mixture_sample_f64(&sampler, seed, first, memory.assumingMemoryBound(to: Double.self), chosen, count)
            requireMemory(status, "MixtureSampler")
          }
        }
      }
    }
  }
}
