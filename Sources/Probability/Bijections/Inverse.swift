public import Torch

/// A bijection the other way round: its `forward` is the base's `inverse`.
public struct Inverse<Base: Bijection>: Bijection {
  /// The bijection that is turned round.
  public let base: Base

  /// Turns a bijection round.
  public init(_ base: Base) { self.base = base }

  /// Where data lie: the base's codes.
  public var domain: Support { base.codomain }
  /// Where codes lie: the base's data.
  public var codomain: Support { base.domain }

  /// The base's inverse.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (result, logDet) = base.inverseWithLogDet(x)
    return (result, logDet)
  }

  /// The base's forward.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let (result, logDet) = base.forwardWithLogDet(z)
    return (result, logDet)
  }

  /// The base's inverse without its log-determinant.
  public func forward(_ x: Tensor) -> Tensor { base.inverse(x) }

  /// The base's forward without its log-determinant.
  public func inverse(_ z: Tensor) -> Tensor { base.forward(z) }
}
