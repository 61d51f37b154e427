public import Torch

/// Orthogonal matrices, rotations and reflections alike, drawn uniformly (by the Haar measure).
///
/// The density is with respect to the Haar measure of total 1: its logarithm is 0 for orthogonal matrices and minus
/// infinity for others.
///
/// - Shapes: events `[size, size]`.
/// - Complexity: O(size^3) for each draw and density.
/// - Reference: Mezzadri, *How to generate random matrices from the classical compact groups*, 2007.
///   https://arxiv.org/abs/math-ph/0609050
public struct OrthogonalGroup: MomentDistribution {
  /// The shape of distributions side by side; all are the same.
  public let batchShape: Shape
  /// `[size, size]`.
  public let eventShape: Shape
  private let dtype: DType
  private let device: Device

  /// Orthogonal matrices of a size.
  ///
  /// - Precondition: the size is positive.
  public init(_ size: Int, batchShape: Shape = [], dtype: DType = .float32, device: Device = .cpu) {
    precondition(size > 0, "OrthogonalGroup: expected a positive size, got \(size)")
    self.batchShape = batchShape
    eventShape = [size, size]
    self.dtype = dtype
    self.device = device
  }

  /// Orthogonal matrices, up to rounding.
  public var support: Support { .joint(eventRank: 2) { isOrthogonal($0, dtype) } }
  /// Zeros.
  public var mean: Tensor { Tensor.zeros(batchShape + eventShape, dtype: dtype, device: device) }
  /// One over the size.
  public var variance: Tensor {
    Tensor.full(batchShape + eventShape, 1 / Double(eventShape[0]), dtype: dtype, device: device)
  }
  /// Zeros: the entropy with respect to the Haar measure.
  public var entropy: Tensor { Tensor.zeros(batchShape, dtype: dtype, device: device) }

  /// 0 for orthogonal matrices, minus infinity for others.
  public func logProb(unchecked x: Tensor) -> Tensor { haarLogProb(x, in: support, batchShape, dtype) }

  /// The orthonormal factors of normal matrices, with signs that make them unique.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let noise = Tensor.normal(sampleShape + batchShape + eventShape, dtype: .float64, device: device, using: &rng)
      return orthonormalFactor(noise).to(dtype)
    }
  }
}

/// Q of the factorization Q R with a positive diagonal of R: by that choice Q follows the Haar measure for normal matrices.
func orthonormalFactor(_ matrix: Tensor) -> Tensor {
  guard let (q, r) = try? matrix.qr() else {
    preconditionFailure("orthonormalFactor: the factorization of a finite matrix failed")
  }
  let signs = select(r.diagonal() .< 0, -1.0, Tensor.ones(like: r.diagonal()))
  return q * signs.unsqueezed(-2)
}

/// Whether matrices times their transposes are the identity, up to the rounding of the events' and parameters' types.
func isOrthogonal(_ x: Tensor, _ parameter: DType) -> Tensor {
  let identity = Tensor.identity(x.size(-1), dtype: .float64, device: x.device)
  let error = (x.wide.matmul(x.wide.transposed()) - identity).absolute()
  return (error .<= roundingTolerance(x, parameter)).all(-1).all(-1)
}

/// 0 inside the support of a group, minus infinity outside.
func haarLogProb(_ x: Tensor, in support: Support, _ batchShape: Shape, _ dtype: DType) -> Tensor {
  let events = x.shape.droppingTrailing(support.eventRank)
  let zeros = Tensor.zeros(events, dtype: resultType(x, dtype), device: x.device)
  return support.restricting(zeros, at: x).broadcasted(to: Shape.broadcasting(events, batchShape) ?? events)
}
