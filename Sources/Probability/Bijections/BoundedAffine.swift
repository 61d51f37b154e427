public import Torch

/// A shift and a positive scale of each number, the log-scale softly bounded: z = shift + x exp(range tanh(s)).
///
/// The bound keeps deep chains finite whatever a network gives for `s`.
///
/// - Shapes: all three broadcast against `x`; events are numbers.
/// - Reference: Dinh, Sohl-Dickstein, Bengio, *Density estimation using Real NVP*, 2017.
///   https://arxiv.org/abs/1605.08803 (eq. 7; section 4.1 for the bound)
public struct BoundedAffine: Bijection {
  /// The code of 0.
  public let shift: Tensor
  /// The logarithm of the slope.
  public let logScale: Tensor

  /// The map of a shift and an unbounded log-scale.
  public init(shift: Tensor, unboundedLogScale: Tensor, range: Tensor) {
    self.shift = shift
    logScale = unboundedLogScale.tanh() * range
  }

  /// The map of a shift and a log-scale.
  public init(shift: Tensor, logScale: Tensor) {
    self.shift = shift
    self.logScale = logScale
  }

  /// All real numbers.
  public var domain: Support { .real(eventRank: 0) }
  /// All real numbers.
  public var codomain: Support { .real(eventRank: 0) }

  /// The code and the log-scale.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let z = forward(x)
    return (z, logScale.broadcasted(to: z.shape))
  }

  /// The data and minus the log-scale.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let x = inverse(z)
    return (x, (-logScale).broadcasted(to: x.shape))
  }

  /// The code.
  public func forward(_ x: Tensor) -> Tensor { shift.addingProduct(x, logScale.exp()) }

  /// The data.
  public func inverse(_ z: Tensor) -> Tensor { (z - shift) * (-logScale).exp() }
}
