import Foundation
import Torch

/// The mass of the standard normal between two bounds, to full precision also where it underflows, and where the bounds
/// are close to each other.
///
/// The logarithm of the mass is -anchor^2/2 + logRatio - log(2 pi)/2: the anchor is the distance from 0 to the nearest
/// point between the bounds, so that what is left is a number of ordinary size, and differences of two masses far out do
/// not cancel. Everything is made of libtorch's operations, through which gradients flow to the bounds.
struct NormalMass {
  /// The distance from 0 of the densest point.
  let anchor: Tensor
  /// The logarithm of the integral of exp(-(t^2 - anchor^2) / 2).
  let logRatio: Tensor

  /// The mass between bounds of which the first is not above the second; they may be infinite.
  init(from a: Tensor, to b: Tensor) {
    // By symmetry everything happens below 0, or across it with the longer part below. Infinities become numbers whose
    // density is 0, so that gradients stay finite.
    let limit = 1e150
    let isUpper = a + b .> 0
    let low = select(isUpper, -b, a).clamped(from: -limit, to: limit)
    let high = select(isUpper, -a, b).clamped(from: -limit, to: limit)
    anchor = (-high).relu()
    let isAcross = high .> 0
    let across = NormalMass.across(select(isAcross, low, -1.0), select(isAcross, high, 1.0))
    let tail = NormalMass.tail(select(isAcross, -2.0, low), select(isAcross, -1.0, high))
    logRatio = select(isAcross, across, tail).log()
  }

  /// log(mass) - log(other's mass).
  func logQuotient(over other: NormalMass) -> Tensor {
    (other.anchor - anchor) * (other.anchor + anchor) * 0.5 + logRatio - other.logRatio
  }

  /// Of low < 0 < high: two positive terms.
  private static func across(_ low: Tensor, _ high: Tensor) -> Tensor {
    let root = 0.5.squareRoot()
    return ((high * root).erf() + (-low * root).erf()) * (Double.pi / 2).squareRoot()
  }

  /// Of low <= high <= 0: a difference of Mills ratios, or a quadrature where that would cancel.
  private static func tail(_ low: Tensor, _ high: Tensor) -> Tensor {
    let width = high - low
    // The density at low over that at high.
    let fall = (width * (high + low) * 0.5).exp()
    let (nearest, rest) = (mills(high), fall * mills(low))
    let isNarrow = rest .> nearest * 0.5
    guard isNarrow.any() else { return nearest - rest }
    let far = select(isNarrow, 1.0, nearest - rest)
    return select(isNarrow, narrow(select(isNarrow, width, 0.0), select(isNarrow, high, 0.0)), far)
  }

  /// The integral of exp(high * s - s^2 / 2) for s up to a width over which it does not fall below 1/2: eight nodes give
  /// all digits.
  private static func narrow(_ width: Tensor, _ high: Tensor) -> Tensor {
    let rule = GaussLegendre.eight
    let terms = zip(rule.nodes, rule.weights).map { node, weight in
      let s = width * ((node + 1) / 2)
      return (s * (high - s * 0.5)).exp() * (weight / 2)
    }
    return terms.dropFirst().reduce(terms[0], +) * width
  }

  /// The cdf over the density, for x <= 0.
  private static func mills(_ x: Tensor) -> Tensor {
    (x * -0.5.squareRoot()).scaledErfc() * (Double.pi / 2).squareRoot()
  }
}
