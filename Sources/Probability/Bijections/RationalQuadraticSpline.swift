import Foundation
public import Torch

/// A monotonic rational-quadratic spline of each number, the identity outside a box.
///
/// Inside [-bound, bound] the map is a spline through increasing knots whose pieces are quotients of quadratics; its
/// slope at the box's edges is exactly 1, so value and slope join the identity outside. Parameters of zero give the
/// identity everywhere. Numbers are clipped into the box before the mathematics and selected after it, so values and
/// gradients are finite everywhere.
///
/// - Shapes: numbers `[*batch]`; parameters `[*batch, 3 * bins - 1]`: widths, heights, inner slopes, unnormalized.
/// - Note: standardize first, so that most numbers lie in the box.
/// - Complexity: O(bins) for each number in both directions.
/// - Reference: Durkan, Bekasov, Murray, Papamakarios, *Neural Spline Flows*, 2019.
///   https://arxiv.org/abs/1906.04032 (eq. 4-8)
public struct RationalQuadraticSpline: Bijection {
  /// The form of a spline that its parameters do not say.
  public struct Form: Hashable, Sendable, Codable {
    /// The number of pieces.
    public var bins: Int
    /// The box is [-bound, bound].
    public var bound: Double
    /// The least width and height of a bin, as a fraction of the box.
    public var minimumBinSize: Double
    /// The least slope at a knot.
    public var minimumSlope: Double

    /// The form of a spline.
    ///
    /// - Precondition: `bins > 0`, `bound > 0`, `0 < minimumBinSize < 1 / bins` and `0 < minimumSlope < 1`.
    public init(bins: Int = 8, bound: Double = 5, minimumBinSize: Double = 1e-3, minimumSlope: Double = 1e-3) {
      precondition(
        bins > 0 && bound > 0 && minimumBinSize > 0 && minimumBinSize * Double(bins) < 1,
        "RationalQuadraticSpline: expected bins of positive size in a box, got \(bins) of at least \(minimumBinSize) "
          + "in \(bound)")
      precondition(
        minimumSlope > 0 && minimumSlope < 1,
        "RationalQuadraticSpline: expected a least slope between 0 and 1, got \(minimumSlope)")
      self.bins = bins
      self.bound = bound
      self.minimumBinSize = minimumBinSize
      self.minimumSlope = minimumSlope
    }

    /// The number of parameters of the spline of one number.
    public var parameterCount: Int { 3 * bins - 1 }

    /// The parameters of widths or heights that are given shares of the box.
    ///
    /// - Parameter shares: `[*batch, bins]`, each above ``minimumBinSize``, with sum 1.
    /// - Returns: parameters of the same shape.
    public func logits(ofShares shares: Tensor) -> Tensor {
      ((shares - minimumBinSize) / (1 - minimumBinSize * Double(bins))).log()
    }

    /// The parameters of given slopes at inner knots.
    ///
    /// - Parameter slopes: any shape, each above ``minimumSlope``.
    /// - Returns: parameters of the same shape.
    public func parameters(ofSlopes slopes: Tensor) -> Tensor {
      let excess = slopes - minimumSlope
      return excess + (-(-excess).expMinusOne()).log() - slopeShift
    }

    /// Gives slope 1 to a parameter of 0.
    var slopeShift: Double { Foundation.log(Foundation.exp(1 - minimumSlope) - 1) }
  }

  /// The number of pieces, the box, the least sizes.
  public let form: Form
  /// The parameters of groups of features side by side, `[*batch, features, 3 * bins - 1]`; a single group may have any
  /// batch.
  let groups: [Tensor]

  /// Splines with packed parameters.
  ///
  /// - Parameters:
  ///   - parameters: `[*batch, 3 * bins - 1]`: widths, heights, inner slopes, any real numbers.
  ///   - form: the number of pieces, the box, the least sizes.
  /// - Precondition: the last dimension of `parameters` is `form.parameterCount`.
  public init(parameters: Tensor, form: Form) {
    precondition(
      parameters.size(-1) == form.parameterCount,
      "RationalQuadraticSpline: expected \(form.parameterCount) parameters, got shape \(parameters.shape)")
    self.form = form
    groups = [parameters]
  }

  /// Splines of several groups of features, side by side.
  ///
  /// - Parameters:
  ///   - groups: `[*batch, features, 3 * bins - 1]` each; what depends on no batch may leave it out, which saves its share
  ///     of the work.
  ///   - form: the number of pieces, the box, the least sizes.
  /// - Precondition: the last dimension of each group is `form.parameterCount`, and the batches broadcast.
  public init(joining groups: [Tensor], form: Form) {
    precondition(
      !groups.isEmpty && groups.allSatisfy { $0.rank >= 2 && $0.size(-1) == form.parameterCount },
      "RationalQuadraticSpline: expected groups of \(form.parameterCount) parameters, got \(groups.map(\.shape))")
    self.form = form
    self.groups = groups
  }

  /// Splines with separate parameters.
  ///
  /// - Parameters:
  ///   - widths: `[*batch, bins]`, shares of the box through a softmax.
  ///   - heights: `[*batch, bins]`, shares of the box through a softmax.
  ///   - slopes: `[*batch, bins - 1]`, slopes at the inner knots through a shifted softplus.
  ///   - bound: the box is [-bound, bound].
  public init(widths: Tensor, heights: Tensor, slopes: Tensor, bound: Double) {
    self.init(
      parameters: Tensor.concatenating([widths, heights, slopes], -1), form: Form(bins: widths.size(-1), bound: bound))
  }

  /// All real numbers.
  public var domain: Support { .real(eventRank: 0) }
  /// All real numbers.
  public var codomain: Support { .real(eventRank: 0) }

  /// The spline's value and the logarithm of its slope.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    if let result = fused(x, isInverse: false) { return result }
    let clipped = x.clamped(from: -form.bound, to: form.bound)
    let (z, logSlope) = piece(of: clipped, row: 0).forward(clipped)
    let isInside = clipped .== x
    return (select(isInside, z, x), select(isInside, logSlope, 0))
  }

  /// The inverse spline's value and the logarithm of its slope.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    if let result = fused(z, isInverse: true) { return result }
    let clipped = z.clamped(from: -form.bound, to: form.bound)
    let (x, logSlope) = piece(of: clipped, row: 1).inverse(clipped)
    let isInside = clipped .== z
    return (select(isInside, x, z), select(isInside, logSlope, 0))
  }

  private func piece(of x: Tensor, row: Int) -> Piece {
    let knots = knots
    return Piece(knots.ends(at: knots.places(of: x, row: row)))
  }

  /// The knots of all groups.
  private var knots: SplineKnots {
    guard groups.count > 1 else { return SplineKnots(groups[0], form) }
    let tables = groups.map { SplineKnots($0, form).table }
    let batch = tables.map { $0.shape.droppingTrailing(3) }.max { $0.rank < $1.rank } ?? []
    let whole = Tensor.concatenating(tables.map { $0.broadcasted(to: batch + $0.shape.trailing(3)) }, -3)
    return SplineKnots(table: whole, bins: form.bins)
  }
}

/// One rational-quadratic piece for each number.
///
/// With t the position in the piece, from 0 to 1, and s the chord's slope, equation 4 of the paper becomes, after
/// dividing by s, value = p / (p + q) with p = t (t + a (1 - t)) and q = (1 - t) (1 - t + b t), where a and b are the
/// slopes at the ends over s. Differs from the paper: only sums of positive numbers, so nothing cancels.
private struct Piece {
  let x0, y0, width, height: Tensor
  /// The inverse of the chord's slope.
  let inverseSlope: Tensor
  /// The slopes at the left and right end over the chord's slope.
  let a, b: Tensor

  init(_ ends: [Tensor]) {
    x0 = ends[0]
    y0 = ends[2]
    width = ends[1] - ends[0]
    height = ends[3] - ends[2]
    inverseSlope = width / height
    a = ends[4] * inverseSlope
    b = ends[5] * inverseSlope
  }

  func forward(_ x: Tensor) -> (Tensor, logSlope: Tensor) {
    let t = (x - x0) / width
    let (value, slope) = evaluate(t, 1 - t)
    return (y0.addingProduct(height, value), slope.log())
  }

  /// The root of equations 6-8. Differs from the paper: with e the value in the piece, from 0 to 1, and
  /// d = a (1 - e) - b e, the discriminant is d^2 + 4 e (1 - e), which rounding cannot make negative, and the root is
  /// taken in the form without cancellation on either side of d = 0.
  func inverse(_ y: Tensor) -> (Tensor, logSlope: Tensor) {
    let e = (y - y0) / height
    let rest = 1 - e
    let d = a * rest - b * e
    let isRising = d .>= 0
    let m = (d.squared() + e * rest * 4).squareRoot() + select(isRising, d, -d)
    let left = select(isRising, e * 2, m)
    let right = select(isRising, m, rest * 2)
    let total = left + right
    let t = left / total
    let (_, slope) = evaluate(t, right / total)
    return (x0.addingProduct(width, t), -slope.log())
  }

  /// The value in the piece and the slope (equation 5), for a position and 1 minus it.
  private func evaluate(_ t: Tensor, _ rest: Tensor) -> (value: Tensor, slope: Tensor) {
    let u = t.addingProduct(a, rest)
    let v = rest.addingProduct(b, t)
    let p = t * u
    let whole = p.addingProduct(rest, v)
    let slope = (t * v).addingProduct(rest, u) / (whole.squared() * inverseSlope)
    return (p / whole, slope)
  }
}
