public import Torch

/// A monotone map from two formulas, of f and of its inverse.
///
///     // The exponential distribution with mean tau.
///     let map = MonotonePair(
///       domain: 0...Double.infinity, codomain: 0...1,
///       forward: { x in -(x * (-1 / tau)).expMinusOne() },
///       inverse: { z in (-z).logOnePlus() * -tau })
///     let exponential = InverseTransform(map)
public struct MonotonePair: MonotoneMap, Bijection {
  /// Where data lie.
  public let domain: Support
  /// Where codes lie.
  public let codomain: Support
  private let limits: ClosedRange<Double>
  private let f, g: (Tensor) -> Tensor
  private let slope: ((Tensor) -> Tensor)?

  /// A rising function and its inverse.
  ///
  /// - Parameters:
  ///   - domain: where data lie; the ends may be infinite.
  ///   - codomain: where codes lie, the values of f at the ends of the domain.
  ///   - forward: f, element by element.
  ///   - inverse: its inverse, element by element.
  ///   - logDerivative: the logarithm of the derivative of f; found by automatic differentiation when it is not given.
  public init(
    domain: ClosedRange<Double>, codomain: ClosedRange<Double>, forward: @escaping (Tensor) -> Tensor,
    inverse: @escaping (Tensor) -> Tensor, logDerivative: ((Tensor) -> Tensor)? = nil
  ) {
    self.domain = interval(domain.lowerBound, domain.upperBound)
    self.codomain = interval(codomain.lowerBound, codomain.upperBound)
    limits = codomain
    (f, g, slope) = (forward, inverse, logDerivative)
  }

  /// f.
  public func forward(_ x: Tensor) -> Tensor { f(x) }

  /// The inverse of f; NaN outside of the codomain.
  public func inverse(_ z: Tensor) -> Tensor {
    select((z .< limits.lowerBound) .| (z .> limits.upperBound), Double.nan, g(z))
  }

  /// The logarithm of the derivative of f.
  public func logDerivative(_ x: Tensor) -> Tensor {
    slope?(x) ?? logDerivativeByDifferentiation("MonotonePair", x, f)
  }
}
