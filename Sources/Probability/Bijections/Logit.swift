import Foundation
public import Torch

/// Numbers between two bounds as real ones: z = log p - log(1 - p), p = margin + (1 - 2 margin) (x - lower) / (upper - lower).
///
/// The margin keeps the bounds themselves at finite codes; numbers beyond a bound have a code as long as p lies between 0
/// and 1. Elsewhere the code is that of the nearest bound and the log-determinant minus infinity, so that a density is 0.
///
/// - Shapes: `lower` and `upper` broadcast against `x`; events are numbers.
/// - Reference: Dinh, Sohl-Dickstein, Bengio, *Density estimation using Real NVP*, 2017.
///   https://arxiv.org/abs/1605.08803 (section 4.1); Papamakarios, Pavlakou, Murray, *Masked Autoregressive Flow for Density
///   Estimation*, 2017. https://arxiv.org/abs/1705.07057 (section 4.3, with a margin of 1e-6 for MNIST)
public struct Logit: Bijection {
  /// The number whose p is the margin.
  public let lower: Tensor
  /// The number whose p is 1 minus the margin.
  public let upper: Tensor
  /// The share of p below ``lower``, and that above ``upper``.
  public let margin: Double

  /// The map of numbers from `lower` to `upper`.
  ///
  /// - Precondition: `margin` is at least 0 and below 1/2.
  public init(lower: Tensor, upper: Tensor, margin: Double = 0) {
    precondition(margin >= 0 && margin < 0.5, "Logit: expected a margin of at least 0 and below 0.5, got \(margin)")
    self.lower = lower
    self.upper = upper
    self.margin = margin
  }

  /// The numbers whose p is between 0 and 1.
  public var domain: Support {
    let beyond = (upper - lower) * (margin / (1 - 2 * margin))
    return Support(.interval(lower: lower - beyond, upper: upper + beyond), eventRank: 0)
  }
  /// All real numbers.
  public var codomain: Support { .real(eventRank: 0) }

  /// The code, and log(1 - 2 margin) - log(upper - lower) - log p - log(1 - p).
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (below, above) = shares(x)
    let isInside = (below .> 0) .& (above .> 0)
    // Of numbers beyond the domain the logarithms would be NaN.
    let inside = select(isInside, x, x.clamped(from: lower.to(x.dtype), to: upper.to(x.dtype)))
    let (p, q) = shares(inside)
    let (logP, logQ) = (p.log(), q.log())
    let logDet = -(logP + logQ) - logWidth
    return (logP - logQ, select(isInside .| x.isNaN(), logDet, -Double.infinity))
  }

  /// The number, and the log-determinant of the way back.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    (inverse(z), z.logSigmoid() + (-z).logSigmoid() + logWidth)
  }

  /// The number.
  public func inverse(_ z: Tensor) -> Tensor {
    // The nearer bound gives the digits.
    let (fromLower, fromUpper) = (z.sigmoid() - margin, (-z).sigmoid() - margin)
    let width = (upper - lower) / (1 - 2 * margin)
    return select(z .< 0, lower + fromLower * width, upper - fromUpper * width)
  }

  /// p and 1 - p, each from the difference to its own bound.
  private func shares(_ x: Tensor) -> (p: Tensor, q: Tensor) {
    let slope = (1 - 2 * margin) / (upper - lower)
    return ((x - lower) * slope + margin, (upper - x) * slope + margin)
  }

  private var logWidth: Tensor { (upper - lower).log() - Foundation.log1p(-2 * margin) }
}
