import Foundation
public import Torch

/// A monotonic linear-rational spline of each number, the identity outside a box.
///
/// Each bin is cut once more, and each half is a quotient of linear functions, so that the inverse is of the same form and
/// needs no square root. At the edges of the box the slope is 1. Parameters of 0 give the identity.
///
/// - Shapes: numbers `[*batch]`; parameters `[*batch, 4 * bins - 1]`: widths, heights, inner slopes, positions of the cuts,
///   unnormalized.
/// - Complexity: O(bins) for each number in both directions.
/// - Reference: Dolatabadi, Erfani, Leckie, *Invertible Generative Modeling using Linear Rational Splines*, 2020.
///   https://arxiv.org/abs/2001.05168 (algorithm 1)
public struct LinearRationalSpline: Bijection {
  /// Cuts lie within this distance from the ends of a bin, as a fraction of it.
  private static let cutMargin = 0.025

  private let knots: SplineKnots
  /// The position of each bin's cut, from 0 to 1, `[*batch, bins]`.
  private let cuts: Tensor
  private let bound: Double

  /// Splines with packed parameters.
  ///
  /// - Parameters:
  ///   - parameters: `[*batch, 4 * bins - 1]`, any real numbers.
  ///   - form: the number of pieces, the box, the least sizes.
  /// - Precondition: the last dimension of `parameters` is `4 * form.bins - 1`.
  public init(parameters: Tensor, form: RationalQuadraticSpline.Form) {
    precondition(
      parameters.size(-1) == 4 * form.bins - 1,
      "LinearRationalSpline: expected \(4 * form.bins - 1) parameters, got shape \(parameters.shape)")
    let parts = parameters.split([form.parameterCount, form.bins], -1)
    knots = SplineKnots(parts[0], form)
    cuts = parts[1].sigmoid() * (1 - 2 * Self.cutMargin) + Self.cutMargin
    bound = form.bound
  }

  /// All real numbers.
  public var domain: Support { .real(eventRank: 0) }
  /// All real numbers.
  public var codomain: Support { .real(eventRank: 0) }

  /// The spline's value and the logarithm of its slope.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    evaluated(x, row: 0) { $0.forward($1) }
  }

  /// The inverse spline's value and the logarithm of its slope.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    evaluated(z, row: 1) { $0.inverse($1) }
  }

  /// Looks up the pieces of numbers among positions (row 0) or values (row 1) and evaluates them.
  private func evaluated(
    _ x: Tensor, row: Int, _ evaluate: (LinearRationalPiece, Tensor) -> (Tensor, logSlope: Tensor)
  ) -> (Tensor, Tensor) {
    let clipped = x.clamped(from: -bound, to: bound)
    let bins = knots.places(of: clipped, row: row)
    let cut = cuts.broadcasted(to: bins.shape.droppingTrailing(1) + cuts.shape.trailing(1)).gathering(bins, -1)
    let piece = LinearRationalPiece(ends: knots.ends(at: bins), cut: cut.squeezed(-1))
    let (z, logSlope) = evaluate(piece, clipped)
    let isInside = clipped .== x
    return (select(isInside, z, x), select(isInside, logSlope, 0))
  }
}

/// One bin of a linear-rational spline for each number: two quotients of linear functions that meet at the cut.
private struct LinearRationalPiece {
  let x0, y0, width, height, cut: Tensor
  /// The weights of the ends and of the cut.
  let weight0, weight1, weightCut: Tensor
  /// The value at the cut, from 0 to 1.
  let middle: Tensor

  init(ends: [Tensor], cut: Tensor) {
    x0 = ends[0]
    y0 = ends[2]
    width = ends[1] - ends[0]
    height = ends[3] - ends[2]
    self.cut = cut
    let chord = height / width
    // Any common factor of the weights cancels; this one keeps them near 1.
    weight0 = (chord / ends[4]).squareRoot()
    weight1 = (chord / ends[5]).squareRoot()
    let left = (1 - cut) * weight0
    let right = cut * weight1
    middle = right / (left + right)
    weightCut = cut / weight0 + (1 - cut) / weight1
  }

  /// The value and slope at positions.
  func forward(_ x: Tensor) -> (Tensor, logSlope: Tensor) {
    let t = (x - x0) / width
    let isLeft = t.detached() .<= cut.detached()
    let (near, far) = (select(isLeft, cut - t, 1 - t), select(isLeft, t, t - cut))
    let (first, second) = (select(isLeft, weight0, weightCut), select(isLeft, weightCut, weight1))
    let (nearTerm, farTerm) = (first * near, second * far)
    let start = select(isLeft, 0, middle)
    let rise = select(isLeft, middle, 1 - middle)
    let value = start + rise * farTerm / (nearTerm + farTerm)
    return (y0.addingProduct(height, value), logSlope(isLeft, first * second, nearTerm + farTerm))
  }

  /// The position and slope at values.
  func inverse(_ y: Tensor) -> (Tensor, logSlope: Tensor) {
    let e = (y - y0) / height
    let isLeft = e.detached() .<= middle.detached()
    let (first, second) = (select(isLeft, weight0, weightCut), select(isLeft, weightCut, weight1))
    let start = select(isLeft, 0, middle)
    let rise = select(isLeft, middle, 1 - middle)
    let share = (e - start) / rise
    let (nearTerm, farTerm) = (second * (1 - share), first * share)
    let fraction = farTerm / (nearTerm + farTerm)
    let t = select(isLeft, cut * fraction, cut + (1 - cut) * fraction)
    let (near, far) = (select(isLeft, cut - t, 1 - t), select(isLeft, t, t - cut))
    return (x0.addingProduct(width, t), -logSlope(isLeft, first * second, first * near + second * far))
  }

  private func logSlope(_ isLeft: Tensor, _ weights: Tensor, _ total: Tensor) -> Tensor {
    let (length, rise) = (select(isLeft, cut, 1 - cut), select(isLeft, middle, 1 - middle))
    return (length * rise * weights * height / (width * total.squared())).log()
  }
}
