import Foundation
public import Torch

/// Vectors of length 1, equally likely in all directions.
///
/// The density is with respect to area on the sphere (counting, for the two directions of one feature).
///
/// - Shapes: events `[features]`.
public struct UniformDirection: MomentDistribution {
  /// The shape of distributions side by side; all are the same.
  public let batchShape: Shape
  /// `[features]`.
  public let eventShape: Shape
  private let dtype: DType
  private let device: Device

  /// Directions in a space of a number of features.
  ///
  /// - Precondition: there is a feature.
  public init(_ features: Int, batchShape: Shape = [], dtype: DType = .float32, device: Device = .cpu) {
    precondition(features > 0, "UniformDirection: expected at least one feature, got \(features)")
    self.batchShape = batchShape
    eventShape = [features]
    self.dtype = dtype
    self.device = device
  }

  /// The unit sphere, up to rounding.
  public var support: Support { unitSphere(dtype) }
  /// Zeros.
  public var mean: Tensor { Tensor.zeros(batchShape + eventShape, dtype: dtype, device: device) }
  /// One over the number of features.
  public var variance: Tensor {
    Tensor.full(batchShape + eventShape, 1 / Double(eventShape[0]), dtype: dtype, device: device)
  }
  /// The logarithm of the sphere's area, `[*batch]`.
  public var entropy: Tensor {
    Tensor.full(batchShape, logSphereArea(eventShape[0]), dtype: dtype, device: device)
  }

  /// Minus the logarithm of the sphere's area on it, minus infinity off it.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let events = x.shape.droppingTrailing(1)
    let shape = Shape.broadcasting(events, batchShape) ?? events
    let constant = Tensor.full(events, -logSphereArea(eventShape[0]), dtype: resultType(x, dtype), device: x.device)
    return support.restricting(constant, at: x).broadcasted(to: shape)
  }

  /// Normal vectors over their lengths.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      randomDirections(sampleShape + batchShape + eventShape, device: device, using: &rng).to(dtype)
    }
  }
}

/// The set of vectors of length 1, up to the rounding of the events' and the parameters' types.
func unitSphere(_ parameter: DType) -> Support {
  .joint(eventRank: 1) { x in (x.wide.norm(-1) - 1.0).absolute() .<= roundingTolerance(x, parameter) }
}

/// The logarithm of the area of the unit sphere in a space of a number of features; log 2 for one.
func logSphereArea(_ features: Int) -> Double {
  let half = Double(features) / 2
  return Foundation.log(2) + half * Foundation.log(Double.pi) - lgamma(half)
}

/// 64-bit vectors of length 1 along the last dimension.
func randomDirections(_ shape: Shape, device: Device, using rng: inout RandomGenerator) -> Tensor {
  let noise = Tensor.normal(shape, dtype: .float64, device: device, using: &rng)
  return noise / noise.norm(-1, keepingDimensions: true)
}
