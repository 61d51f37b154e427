// Fourier transforms of real tensors. What is complex in between stays here, since no dtype of the package holds it.

extension Tensor {
  /// The convolution with another tensor over all dimensions, where both are padded with zeros to these sizes and continued
  /// with them as periods.
  package func periodicConvolution(with other: Tensor, sizes: [Int]) -> Tensor {
    let dimensions = Array(0..<rank)
    let product = Operation.mul_Tensor(
      Operation.fft_rfftn(self, sizes, dimensions), Operation.fft_rfftn(other, sizes, dimensions))
    return Operation.fft_irfftn(product, sizes, dimensions)
  }

  /// The squared absolute values of the Fourier coefficients 0, 1, ... of a vector padded with zeros to a size.
  package func powerSpectrum(size: Int) -> Tensor {
    Operation.abs(Operation.fft_rfftn(self, [size], [0])).squared()
  }

  /// The sums over i of x[i] x[i + k] of a vector, for k = 0, 1, ... up to its length.
  package func autocorrelation() -> Tensor {
    let count = size(0)
    let sums = Operation.fft_irfftn(powerSpectrum(size: 2 * count), [2 * count], [0])
    return sums.narrowed(0, from: 0, length: count)
  }
}
