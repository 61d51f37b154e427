import Foundation
import Torch

// Densities as a sum of small terms where the plain formula is a difference of large ones: the deviance form of Loader
// (*Fast and accurate computation of binomial probabilities*, 2000), with log-gamma functions replaced by what Stirling's
// formula leaves. Everything is made of libtorch's operations, so gradients of any order go through. Counts use the same
// two functions: a Poisson probability is a gamma density, a binomial probability a beta density.

private let halfLogTwoPi = 0.5 * Foundation.log(2 * Double.pi)

/// log(y^(a - 1) exp(-y) / Gamma(a)) for a > 0 and y >= 0: the log-density of the gamma distribution with rate 1.
func logGammaDensity(_ a: Tensor, _ y: Tensor) -> Tensor {
  let plain = (a - 1.0).xLogY(y) - y - a.logGamma()
  guard (a .>= 10).any() else { return plain }
  // Away from the mean the result is as large as its terms, and nothing is lost.
  let t = (y - a) / a
  let isNear = (t.absolute() .<= 0.25) .& (a .>= 10)
  let (shape, quotient) = (select(isNear, a, 10.0), select(isNear, t, 0.0))
  let near =
    -shape * quotient.minusLogOnePlus() - quotient.logOnePlus() - 0.5 * shape.log() - shape.stirlingRemainder()
    - halfLogTwoPi
  return select(isNear, near, plain)
}

/// log(x^(a - 1) y^(b - 1) / B(a, b)) for a, b > 0 and y = 1 - x in [0, 1]: the log-density of the beta distribution.
func logBetaDensity(_ a: Tensor, _ b: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
  let n = a + b
  let plain = (a - 1.0).xLogY(x) + (b - 1.0).xLogY(y) + n.logGamma() - a.logGamma() - b.logGamma()
  guard (n .>= 10).any() else { return plain }
  let isInside = (n .>= 10) .& (x .> 0) .& (y .> 0)
  let (p, q) = (select(isInside, x, 0.5), select(isInside, y, 0.5))
  let difference = p * b - q * a
  let deviance =
    a * (difference / a).minusLogOnePlus(sum: p * (n / a)) + b * (-difference / b).minusLogOnePlus(sum: q * (n / b))
  let remainder = n.stirlingRemainder() - a.stirlingRemainder() - b.stirlingRemainder()
  let inside = remainder - deviance + 0.5 * (a.log() + b.log() - n.log()) - p.log() - q.log() - halfLogTwoPi
  return select(isInside, inside, plain)
}
