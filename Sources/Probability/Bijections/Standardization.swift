public import Torch

/// Data brought to mean 0 and scale 1: z = (x - mean) / scale. The first part of a model, so that its log-densities are
/// in the units of the data.
///
/// - Shapes: `mean` and `scale` `[features]`, events `[features]`.
public struct Standardization: Bijection {
  /// The mean of the data.
  public let mean: Tensor
  /// The standard deviation of the data, positive.
  public let scale: Tensor

  /// The map `(x - mean) / scale`.
  ///
  /// - Precondition: `mean` and `scale` are vectors of one size.
  public init(mean: Tensor, scale: Tensor) {
    precondition(
      mean.rank == 1 && mean.shape == scale.shape,
      "Standardization: expected two vectors of one size, got shapes \(mean.shape) and \(scale.shape)")
    self.mean = mean
    self.scale = scale
  }

  /// All real vectors.
  public var domain: Support { .real(eventRank: 1) }
  /// All real vectors.
  public var codomain: Support { .real(eventRank: 1) }

  /// The code, and minus the sum of log scale.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    (forward(x), (-scale.log().sum()).broadcasted(to: x.shape.droppingTrailing(1)))
  }

  /// The data, and the sum of log scale.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    (inverse(z), scale.log().sum().broadcasted(to: z.shape.droppingTrailing(1)))
  }

  /// The code.
  public func forward(_ x: Tensor) -> Tensor { (x - mean) / scale }

  /// The data.
  public func inverse(_ z: Tensor) -> Tensor { mean.addingProduct(z, scale) }
}
