import Foundation
import Torch

// Ratios of gamma functions without the cancellation of two large log-gammas; 64-bit tensors.

/// log Gamma(a + d) - log Gamma(a) - d log(a), which goes to 0 as `a` grows, for positive `a` and `a + d`.
///
/// Above 32 it is the difference of two Stirling series, of which the neglected terms are below 1e-17.
func logGammaRatio(_ a: Tensor, adding d: Tensor) -> Tensor {
  let isLarge = minimum(a, a + d) .>= 32
  if !isLarge.any() { return (a + d).logGamma() - a.logGamma() - d * a.log() }
  let (large, small) = (select(isLarge, a, 32.0), select(isLarge, 1.0, a))
  let (largeStep, smallStep) = (select(isLarge, d, 0.0), select(isLarge, 1.0, d))
  let leading = (large + largeStep - 0.5) * (largeStep / large).logOnePlus() - largeStep
  let stirling = leading + stirlingRemainder(large + largeStep) - stirlingRemainder(large)
  let direct = (small + smallStep).logGamma() - small.logGamma() - smallStep * small.log()
  return select(isLarge, stirling, direct)
}

/// digamma(a + d) - digamma(a) for positive `a` and `d`.
func digammaDifference(_ a: Tensor, adding d: Tensor) -> Tensor {
  let isLarge = a .>= 32
  let (large, small) = (select(isLarge, a, 32.0), select(isLarge, 1.0, a))
  let end = large + d
  // 1/end - 1/large, and the same of higher powers, written as products of this difference.
  let (x, y) = (large.reciprocal(), end.reciprocal())
  let difference = -d * x * y
  let squares = difference * (x + y)
  let fourths = squares * (x.squared() + y.squared())
  let sixths = squares * (x.pow(4) + (x * y).squared() + y.pow(4))
  let eighths = fourths * (x.pow(4) + y.pow(4))
  let series =
    (d / large).logOnePlus() - difference * 0.5 - squares / 12.0 + fourths / 120.0 - sixths / 252.0 + eighths / 240.0
  return select(isLarge, series, (small + d).digamma() - small.digamma())
}

/// log Gamma(z) - ((z - 1/2) log z - z + log(2 pi) / 2) for z of 32 and more.
private func stirlingRemainder(_ z: Tensor) -> Tensor {
  let square = z.reciprocal().squared()
  let series = square * (square * (square * (-1.0 / 1680) + 1.0 / 1260) - 1.0 / 360) + 1.0 / 12
  return series / z
}

/// The logarithm of the number of ways to choose `chosen` of `total`, for counts with chosen in 0...total.
func logBinomial(_ total: Tensor, choosing chosen: Tensor) -> Tensor {
  let few = minimum(chosen, total - chosen)
  let base = total - few + 1.0
  return logGammaRatio(base, adding: few) + few * base.log() - (few + 1.0).logGamma()
}

/// The logarithm of the multivariate gamma function of an order: the product of Gamma(a - i/2) for i below the order,
/// times a power of pi.
func multivariateLogGamma(_ a: Tensor, order: Int) -> Tensor {
  halfSteps(a, order).logGamma().sum(-1) + 0.25 * Double(order * (order - 1)) * Foundation.log(Double.pi)
}

/// The derivative of ``multivariateLogGamma(_:order:)``.
func multivariateDigamma(_ a: Tensor, order: Int) -> Tensor { halfSteps(a, order).digamma().sum(-1) }

/// a, a - 1/2, a - 1, ... in a new last dimension.
func halfSteps(_ a: Tensor, _ count: Int) -> Tensor {
  a.unsqueezed(-1) - Tensor.range(count, dtype: .float64, device: a.device) * 0.5
}
