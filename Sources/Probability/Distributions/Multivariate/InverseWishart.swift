import Foundation
public import Torch

/// Symmetric positive definite matrices of the inverse Wishart distribution: inverses of Wishart matrices with the
/// inverse scale. The conjugate prior of a normal covariance.
///
/// - Shapes: degreesOfFreedom `[*batch]`, scaleMatrix `[*batch, size, size]`; events `[size, size]`. The density is with
///   respect to the elements on and below the diagonal.
/// - Complexity: O(size^3) for each density and draw.
/// - Reference: Anderson, *An Introduction to Multivariate Statistical Analysis*, 2003 (section 7.7).
public struct InverseWishart: ReparameterizedDistribution, MomentDistribution {
  /// The degrees of freedom, `[*batch]`; not necessarily whole.
  public let degreesOfFreedom: Tensor
  /// The lower Cholesky factor of the scale matrix, `[*batch, size, size]`, 64-bit.
  public let scaleTriangle: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[size, size]`.
  public let eventShape: Shape
  private let dtype: DType

  /// Inverse Wishart matrices of a scale matrix, of which the lower triangle is read.
  ///
  /// - Throws: `DistributionError.notPositiveDefinite` when a scale matrix has no Cholesky factor.
  /// - Precondition: the shapes agree, and degrees of freedom are finite and above size - 1.
  public init(degreesOfFreedom: Tensor, scaleMatrix: Tensor) throws(DistributionError) {
    let factor = try choleskyFactor("InverseWishart", scaleMatrix)
    checkFreedom("InverseWishart", degreesOfFreedom, size: scaleMatrix.size(-1))
    dtype = scaleMatrix.dtype
    batchShape = commonBatch("InverseWishart", (degreesOfFreedom, 0), (factor, 2))
    eventShape = factor.shape.trailing(2)
    self.degreesOfFreedom = degreesOfFreedom.broadcasting(batch: batchShape, keeping: 0)
    scaleTriangle = factor.broadcasting(batch: batchShape, keeping: 2)
  }

  /// Symmetric positive definite matrices.
  public var support: Support { PositiveDefiniteCone.support(dtype) }
  /// The scale matrix, `[*batch, size, size]`.
  public var scaleMatrix: Tensor { scale.to(dtype) }
  /// The scale matrix over degreesOfFreedom - size - 1; NaN where that is not positive and there is no mean.
  public var mean: Tensor {
    let excess = matrixFreedom - (size + 1)
    return (scale / select(excess .<= 0, Double.nan, excess)).to(dtype)
  }
  /// The variance of each element; NaN where degrees of freedom are up to size + 3 and there is none.
  public var variance: Tensor {
    let excess = matrixFreedom - size
    let safe = select(excess .<= 3, Double.nan, excess)
    let numerator = (safe + 1.0) * scale.squared() + (safe - 1.0) * diagonalProducts(scale)
    return (numerator / (safe * (safe - 1.0).squared() * (safe - 3.0))).to(dtype)
  }
  /// The scale matrix over degreesOfFreedom + size + 1.
  public var mode: Tensor { (scale / (matrixFreedom + (size + 1))).to(dtype) }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    let logGamma = multivariateLogGamma(freedom * 0.5, order: eventShape[0])
    let digammas = (freedom + (size + 1)) * 0.5 * multivariateDigamma(freedom * 0.5, order: eventShape[0])
    let logScale = scaleLogDeterminant - size * Foundation.log(2)
    return (logGamma + freedom * (size / 2) + logScale * ((size + 1) / 2) - digammas).to(dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let (factor, isDefinite) = PositiveDefiniteCone.factor(x)
    let isInside = isDefinite .& PositiveDefiniteCone.isSymmetric(x, dtype)
    let trace = factor.solvingTriangular(scaleTriangle).squared().sum(-1, -2)
    let powers = freedom * 0.5 * scaleLogDeterminant - (freedom + (size + 1)) * factor.triangleLogDeterminant
    let normalizer =
      freedom * (size / 2 * Foundation.log(2)) + multivariateLogGamma(freedom * 0.5, order: eventShape[0])
    return support.restricting(powers - trace * 0.5 - normalizer, at: x, where: isInside).to(resultType(x, dtype))
  }

  /// transpose(Y) Y with Y = A^-1 transpose(L), the scale's factor L and Bartlett's triangle A.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let wide = freedom.broadcasted(to: sampleShape + batchShape)
    let triangle = bartlettTriangle(wide, order: eventShape[0], using: &rng)
    let factor = triangle.solvingTriangular(scaleTriangle.transposed())
    return symmetrized(factor.transposed().matmul(factor)).to(dtype)
  }

  private var size: Double { Double(eventShape[0]) }
  private var freedom: Tensor { degreesOfFreedom.wide }
  private var matrixFreedom: Tensor { freedom.unsqueezed(-1).unsqueezed(-1) }
  private var scale: Tensor { scaleTriangle.matmul(scaleTriangle.transposed()) }
  private var scaleLogDeterminant: Tensor { scaleTriangle.triangleLogDeterminant * 2.0 }
}
