import Foundation
import Torch

// The kernels as formulas over tensors, which gradients can pass: the reference of the vectorized sums.

extension SmoothingKernel {
  /// The kernel, without its constant, of squared distances.
  func value(ofSquare s: Tensor) -> Tensor {
    let rest = (1 - s).clamped(from: 0)
    switch self {
    case .gaussian: return (s * -0.5).exp()
    case .exponential: return (-s.squareRoot()).exp()
    case .uniform: return (s .<= 1).to(s.dtype) + s * 0
    case .triangular: return (1 - s.squareRoot()).clamped(from: 0)
    case .epanechnikov: return rest
    case .biweight: return rest.squared()
    case .triweight: return rest * rest.squared()
    case .cosine: return select(s .< 1, (s.squareRoot() * (Double.pi / 2)).cos(), s * 0)
    }
  }

  /// The logarithm of the kernel, without its constant, of differences `[..., features]` in bandwidths.
  func logValue(_ differences: Tensor, _ form: KernelForm) -> Tensor {
    let squares = differences.squared()
    switch (self, form) {
    case (.gaussian, _): return squares.sum(-1) * -0.5
    case (.exponential, .radial): return -squares.sum(-1).squareRoot()
    case (.exponential, .product): return -differences.absolute().sum(-1)
    case (_, .radial): return value(ofSquare: squares.sum(-1)).log()
    case (_, .product): return value(ofSquare: squares).product(-1).log()
    }
  }
}
