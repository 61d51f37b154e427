public import Torch

/// An invertible map between data `x` and code `z`.
///
/// `forward` goes from data to code (inference), `inverse` from code to data (generation). A log-determinant is the
/// logarithm of the absolute determinant of the Jacobian **of the call that returns it**, one number for each event, so
/// the two of a round trip sum to 0.
///
/// To implement one: give ``domain`` and ``codomain`` (both carry the event rank), implement
/// ``forwardWithLogDet(_:)`` and ``inverseWithLogDet(_:)``; implement ``forward(_:)`` and ``inverse(_:)`` too where the
/// log-determinant costs something; add a row to the tests with `checkBijection`.
public protocol Bijection {
  /// Where data lie. Its event rank is the number of trailing dimensions that the map mixes.
  var domain: Support { get }
  /// Where codes lie.
  var codomain: Support { get }
  /// The code and the log-determinant of the map from data to code, of the batch's shape.
  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor)
  /// The data and the log-determinant of the map from code to data, of the batch's shape.
  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor)
  /// The code of data.
  func forward(_ x: Tensor) -> Tensor
  /// The data of a code.
  func inverse(_ z: Tensor) -> Tensor
}

extension Bijection {
  /// The code of data: the first of ``forwardWithLogDet(_:)``.
  public func forward(_ x: Tensor) -> Tensor { forwardWithLogDet(x).z }

  /// The data of a code: the first of ``inverseWithLogDet(_:)``.
  public func inverse(_ z: Tensor) -> Tensor { inverseWithLogDet(z).x }

  /// The number of trailing dimensions that make one event.
  public var eventRank: Int { domain.eventRank }

  /// The same map the other way round.
  public var inverted: Inverse<Self> { Inverse(self) }
}
