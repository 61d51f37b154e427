public import Torch

/// Rotations (orthogonal matrices of determinant 1) drawn uniformly (by the Haar measure).
///
/// The density is with respect to the Haar measure of total 1: its logarithm is 0 for rotations and minus infinity for
/// other matrices.
///
/// - Shapes: events `[size, size]`.
/// - Complexity: O(size^3) for each draw and density.
public struct SpecialOrthogonalGroup: MomentDistribution {
  /// The shape of distributions side by side; all are the same.
  public let batchShape: Shape
  /// `[size, size]`.
  public let eventShape: Shape
  private let dtype: DType
  private let device: Device

  /// Rotations of a size.
  ///
  /// - Precondition: the size is positive.
  public init(_ size: Int, batchShape: Shape = [], dtype: DType = .float32, device: Device = .cpu) {
    precondition(size > 0, "SpecialOrthogonalGroup: expected a positive size, got \(size)")
    self.batchShape = batchShape
    eventShape = [size, size]
    self.dtype = dtype
    self.device = device
  }

  /// Orthogonal matrices of determinant 1, up to rounding.
  public var support: Support {
    .joint(eventRank: 2) { x in
      let isInside = isOrthogonal(x, dtype)
      // The determinant of a matrix that is not finite, which is not inside, is not asked for.
      let safe = select(x.isFinite(), x.wide, 0.0)
      return isInside .& (safe.signLogDeterminant().sign .> 0)
    }
  }
  /// Zeros, and 1 for the only rotation of size 1.
  public var mean: Tensor {
    Tensor.full(batchShape + eventShape, eventShape[0] == 1 ? 1 : 0, dtype: dtype, device: device)
  }
  /// One over the size, and 0 for size 1.
  public var variance: Tensor {
    let value = eventShape[0] == 1 ? 0 : 1 / Double(eventShape[0])
    return Tensor.full(batchShape + eventShape, value, dtype: dtype, device: device)
  }
  /// Zeros: the entropy with respect to the Haar measure.
  public var entropy: Tensor { Tensor.zeros(batchShape, dtype: dtype, device: device) }

  /// 0 for rotations, minus infinity for other matrices.
  public func logProb(unchecked x: Tensor) -> Tensor { haarLogProb(x, in: support, batchShape, dtype) }

  /// Uniform orthogonal matrices of which the first column is turned round where the determinant is negative.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let noise = Tensor.normal(sampleShape + batchShape + eventShape, dtype: .float64, device: device, using: &rng)
      let matrix = orthonormalFactor(noise)
      let sign = matrix.signLogDeterminant().sign.unsqueezed(-1).unsqueezed(-1)
      let isFirst = Tensor.range(eventShape[0], device: device) .== 0
      return select(isFirst, matrix * sign, matrix).to(dtype)
    }
  }
}
