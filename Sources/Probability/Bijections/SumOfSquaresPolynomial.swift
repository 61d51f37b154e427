import Foundation
public import Torch

/// The integral of a sum of squared polynomials, a monotone map of numbers, continued by straight lines outside of
/// [-bound, bound].
///
/// f(x) = shift + integral from 0 to x of e + (1 - e) sum over k of (c_k + p_k(t / bound))^2 dt, where p_k has the given
/// coefficients, the squares of the c_k sum to 1 and e is the least slope; coefficients and shift of 0 give the identity.
///
/// - Shapes: numbers `[*batch]`, shift `[*batch]`, coefficients `[*batch, polynomials, degree + 1]`, constant terms first.
/// - Complexity: O(polynomials degree^2) a number; the inverse searches, with about ten evaluations.
/// - Reference: Jaini, Selby, Yu, *Sum-of-Squares Polynomial Flow*, 2019. https://arxiv.org/abs/1905.02325. Differs from
///   the paper: the least slope and the lines outside keep the map invertible and finite everywhere.
public struct SumOfSquaresPolynomial: Bijection {
  /// Outside of [-bound, bound] the map goes on as a straight line.
  public static let bound = 10.0
  private static let minimumSlope = 1e-3

  private let shift: Tensor
  /// The coefficients of the sum of squares in t / bound, `[*batch, 2 * degree + 1]`, constant term first.
  private let slope: Tensor

  /// The maps of coefficients.
  ///
  /// - Precondition: there is at least one polynomial.
  public init(shift: Tensor, coefficients: Tensor) {
    let (polynomials, count) = (coefficients.size(-2), coefficients.size(-1))
    precondition(
      polynomials > 0 && count > 0, "SumOfSquaresPolynomial: expected coefficients, got \(coefficients.shape)")
    self.shift = shift
    // Constants that differ, so that the polynomials can learn different things.
    let constants = (1...polynomials).map { Double($0) }
    let norm = constants.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let leading = Tensor(constants.map { $0 / norm }, shape: [polynomials, 1]).to(
      coefficients.dtype, coefficients.device)
    let terms = (coefficients + leading.padded([0, count - 1], with: 0)).unbound(-1)
    // The square of a polynomial: its coefficients convolved with themselves.
    let squares = (0..<(2 * count - 1)).map { power in
      let pairs = (max(0, power - count + 1)...min(power, count - 1)).map { terms[$0] * terms[power - $0] }
      return pairs.dropFirst().reduce(pairs[0], +).sum(-1)
    }
    slope = .stacking(squares, -1)
  }

  private init(_ shift: Tensor, _ slope: Tensor) { (self.shift, self.slope) = (shift, slope) }

  /// All real numbers.
  public var domain: Support { .real(eventRank: 0) }
  /// All real numbers.
  public var codomain: Support { .real(eventRank: 0) }

  /// The value and the logarithm of the slope.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let clipped = x.clamped(from: -Self.bound, to: Self.bound)
    let t = clipped / Self.bound
    // Horner's rule for the slope and for its integral, of which the constant is 0.
    var value = Tensor.zeros(like: t), integral = Tensor.zeros(like: t)
    for (power, coefficient) in slope.unbound(-1).enumerated().reversed() {
      value = value * t + coefficient
      integral = integral * t + coefficient / Double(power + 1)
    }
    let (least, rest) = (Self.minimumSlope, 1 - Self.minimumSlope)
    let derivative = value * rest + least
    let inside = clipped * (integral * rest + least)
    return (shift + inside + (x - clipped) * derivative, derivative.log())
  }

  /// The number with a value, and minus the logarithm of the slope there.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let x = inverse(z)
    return (x, -forwardWithLogDet(x).logDet)
  }

  /// The number with a value.
  public func inverse(_ z: Tensor) -> Tensor {
    guard let batch = Shape.broadcasting(z.shape, shift.shape) else {
      preconditionFailure("SumOfSquaresPolynomial: expected numbers that broadcast, got \(z.shape) and \(shift.shape)")
    }
    let z = z.broadcasted(to: batch)
    let wide = SumOfSquaresPolynomial(shift.to(.float64), slope.to(.float64))
    return numericalInverse(of: z, from: z - shift.detached()) { x in wide.forwardWithLogDet(x.to(.float64)) }
  }
}
