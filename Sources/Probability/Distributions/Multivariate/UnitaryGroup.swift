public import Torch

/// Unitary matrices drawn uniformly (by the Haar measure), as pairs of a real and an imaginary part.
///
/// The density is with respect to the Haar measure of total 1: its logarithm is 0 for unitary matrices and minus infinity
/// for others.
///
/// - Shapes: events `[2, size, size]`: the real part of a matrix, then its imaginary part.
/// - Complexity: O(size^3) for each draw and density.
/// - Reference: Mezzadri, *How to generate random matrices from the classical compact groups*, 2007.
///   https://arxiv.org/abs/math-ph/0609050
public struct UnitaryGroup: MomentDistribution {
  /// The shape of distributions side by side; all are the same.
  public let batchShape: Shape
  /// `[2, size, size]`.
  public let eventShape: Shape
  private let dtype: DType
  private let device: Device

  /// Unitary matrices of a size.
  ///
  /// - Precondition: the size is positive.
  public init(_ size: Int, batchShape: Shape = [], dtype: DType = .float32, device: Device = .cpu) {
    precondition(size > 0, "UnitaryGroup: expected a positive size, got \(size)")
    self.batchShape = batchShape
    eventShape = [2, size, size]
    self.dtype = dtype
    self.device = device
  }

  /// Unitary matrices, up to rounding.
  public var support: Support {
    .joint(eventRank: 3) { x in isOrthogonal(realForm(x.wide), x.dtype.ulpOfOne > dtype.ulpOfOne ? x.dtype : dtype) }
  }
  /// Zeros.
  public var mean: Tensor { Tensor.zeros(batchShape + eventShape, dtype: dtype, device: device) }
  /// One over twice the size, for real and imaginary parts alike.
  public var variance: Tensor {
    Tensor.full(batchShape + eventShape, 0.5 / Double(eventShape[1]), dtype: dtype, device: device)
  }
  /// Zeros: the entropy with respect to the Haar measure.
  public var entropy: Tensor { Tensor.zeros(batchShape, dtype: dtype, device: device) }

  /// 0 for unitary matrices, minus infinity for others.
  public func logProb(unchecked x: Tensor) -> Tensor { haarLogProb(x, in: support, batchShape, dtype) }

  /// The orthonormal factors of complex normal matrices, with phases that make them unique.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let shape = sampleShape + batchShape + eventShape.trailing(2) + [2]
      let noise = Tensor.normal(shape, dtype: .float64, device: device, using: &rng)
      guard let factor = try? noise.complexOrthonormalFactor() else {
        preconditionFailure("UnitaryGroup: the factorization of a finite matrix failed")
      }
      return factor.movingDimension(-1, to: -3).contiguous().to(dtype)
    }
  }
}

/// The real matrices [[A, -B], [B, A]] of complex matrices A + iB, `[*batch, 2 size, 2 size]`.
private func realForm(_ x: Tensor) -> Tensor {
  let (real, imaginary) = (x[.ellipsis, .at(0), .all, .all], x[.ellipsis, .at(1), .all, .all])
  return Tensor.concatenating(
    [Tensor.concatenating([real, imaginary], -2), Tensor.concatenating([-imaginary, real], -2)], -1)
}
