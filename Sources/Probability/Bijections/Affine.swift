public import Torch

/// A shift and a scale of each number: z = location + scale x.
///
/// - Shapes: `location` and `scale` broadcast against `x`; the last `eventRank` dimensions of `x` make an event.
public struct Affine: Bijection {
  /// The code of 0.
  public let location: Tensor
  /// The slope; not 0, negative slopes turn the order round.
  public let scale: Tensor
  private let rank: Int
  private let logScale: Tensor

  /// The map `location + scale * x`.
  ///
  /// - Precondition: no scale is 0.
  public init(location: Tensor, scale: Tensor, eventRank: Int = 0) {
    precondition(!(scale .== 0).any(), "Affine: expected scales other than 0")
    self.location = location
    self.scale = scale
    logScale = scale.absolute().log()
    rank = eventRank
  }

  /// All real events.
  public var domain: Support { .real(eventRank: rank) }
  /// All real events.
  public var codomain: Support { .real(eventRank: rank) }

  /// The code, and the sum of log|scale| over the event.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let z = forward(x)
    return (z, logScale.broadcasted(to: z.shape).sumTrailing(rank))
  }

  /// The data, and minus the sum of log|scale| over the event.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let x = inverse(z)
    return (x, -logScale.broadcasted(to: x.shape).sumTrailing(rank))
  }

  /// The code.
  public func forward(_ x: Tensor) -> Tensor { location.addingProduct(scale, x) }

  /// The data.
  public func inverse(_ z: Tensor) -> Tensor { (z - location) / scale }
}
