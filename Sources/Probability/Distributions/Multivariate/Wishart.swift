import Foundation
public import Torch

/// Symmetric positive definite matrices of the Wishart distribution: sums of outer products of normal vectors with mean 0.
///
/// - Shapes: degreesOfFreedom `[*batch]`, scaleMatrix `[*batch, size, size]`; events `[size, size]`. The density is with
///   respect to the elements on and below the diagonal.
/// - Complexity: O(size^3) for each density and draw.
/// - Reference: Anderson, *An Introduction to Multivariate Statistical Analysis*, 2003 (chapter 7).
public struct Wishart: ReparameterizedDistribution, MomentDistribution {
  /// The degrees of freedom, `[*batch]`; not necessarily whole.
  public let degreesOfFreedom: Tensor
  /// The lower Cholesky factor of the scale matrix, `[*batch, size, size]`, 64-bit.
  public let scaleTriangle: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[size, size]`.
  public let eventShape: Shape
  private let dtype: DType

  /// Wishart matrices, whose mean is degreesOfFreedom times the scale matrix, of which the lower triangle is read.
  ///
  /// - Throws: `DistributionError.notPositiveDefinite` when a scale matrix has no Cholesky factor.
  /// - Precondition: the shapes agree, and degrees of freedom are finite and above size - 1.
  public init(degreesOfFreedom: Tensor, scaleMatrix: Tensor) throws(DistributionError) {
    let factor = try choleskyFactor("Wishart", scaleMatrix)
    checkFreedom("Wishart", degreesOfFreedom, size: scaleMatrix.size(-1))
    dtype = scaleMatrix.dtype
    batchShape = commonBatch("Wishart", (degreesOfFreedom, 0), (factor, 2))
    eventShape = factor.shape.trailing(2)
    self.degreesOfFreedom = degreesOfFreedom.broadcasting(batch: batchShape, keeping: 0)
    scaleTriangle = factor.broadcasting(batch: batchShape, keeping: 2)
  }

  /// Symmetric positive definite matrices.
  public var support: Support { PositiveDefiniteCone.support(dtype) }
  /// The scale matrix, `[*batch, size, size]`.
  public var scaleMatrix: Tensor { scale.to(dtype) }
  /// degreesOfFreedom times the scale matrix.
  public var mean: Tensor { (matrixFreedom * scale).to(dtype) }
  /// degreesOfFreedom (S_ij^2 + S_ii S_jj) for the scale matrix S.
  public var variance: Tensor { (matrixFreedom * (scale.squared() + diagonalProducts(scale))).to(dtype) }
  /// (degreesOfFreedom - size - 1) times the scale matrix; NaN where degrees of freedom are below size + 1.
  public var mode: Tensor {
    let excess = matrixFreedom - (size + 1)
    return (select(excess .< 0, Double.nan, excess) * scale).to(dtype)
  }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    let constant = scaleLogDeterminant * ((size + 1) / 2) + size * (size + 1) / 2 * Foundation.log(2)
    let digammas = (freedom - (size + 1)) * 0.5 * multivariateDigamma(freedom * 0.5, order: eventShape[0])
    let logGamma = multivariateLogGamma(freedom * 0.5, order: eventShape[0])
    return (constant + logGamma - digammas + freedom * (size / 2)).to(dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let (factor, isDefinite) = PositiveDefiniteCone.factor(x)
    let isInside = isDefinite .& PositiveDefiniteCone.isSymmetric(x, dtype)
    let trace = scaleTriangle.solvingTriangular(factor).squared().sum(-1, -2)
    let powers = (freedom - (size + 1)) * factor.triangleLogDeterminant - freedom * 0.5 * scaleLogDeterminant
    let normalizer =
      freedom * (size / 2 * Foundation.log(2)) + multivariateLogGamma(freedom * 0.5, order: eventShape[0])
    return support.restricting(powers - trace * 0.5 - normalizer, at: x, where: isInside).to(resultType(x, dtype))
  }

  /// L A transpose(L A) with the scale's factor L and Bartlett's triangle A.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let wide = freedom.broadcasted(to: sampleShape + batchShape)
    let triangle = scaleTriangle.matmul(bartlettTriangle(wide, order: eventShape[0], using: &rng))
    return symmetrized(triangle.matmul(triangle.transposed())).to(dtype)
  }

  private var size: Double { Double(eventShape[0]) }
  private var freedom: Tensor { degreesOfFreedom.wide }
  private var matrixFreedom: Tensor { freedom.unsqueezed(-1).unsqueezed(-1) }
  private var scale: Tensor { scaleTriangle.matmul(scaleTriangle.transposed()) }
  private var scaleLogDeterminant: Tensor { scaleTriangle.triangleLogDeterminant * 2.0 }
}

/// Lower triangles A of which A transpose(A) has the standard Wishart distribution: roots of chi-squared draws on the
/// diagonal, normal draws below (Bartlett's decomposition). Gradients flow to the degrees of freedom, which are 64-bit
/// and above order - 1.
func bartlettTriangle(_ freedom: Tensor, order: Int, using rng: inout RandomGenerator) -> Tensor {
  let roots = (standardGamma(halfSteps(freedom * 0.5, order), using: &rng) * 2.0).squareRoot()
  let noise = Tensor.normal(freedom.shape + [order, order], dtype: .float64, device: freedom.device, using: &rng)
  return noise.lowerTriangle(-1) + roots.diagonalMatrix()
}

/// The mean of a matrix and its transpose, so that rounding leaves no difference between the halves.
func symmetrized(_ matrix: Tensor) -> Tensor { (matrix + matrix.transposed()) * 0.5 }

/// The products M_ii M_jj.
func diagonalProducts(_ matrix: Tensor) -> Tensor {
  matrix.diagonal().unsqueezed(-1) * matrix.diagonal().unsqueezed(-2)
}

/// Stops unless degrees of freedom are finite and above size - 1.
func checkFreedom(_ name: String, _ freedom: Tensor, size: Int) {
  precondition(
    ((freedom .> size - 1) .& freedom.isFinite()).all(),
    "\(name): expected finite degrees of freedom above \(size - 1) for matrices of size \(size)")
}
