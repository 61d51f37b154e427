import Foundation
public import Torch

/// Normal matrices whose covariance is the product of one between rows and one between columns:
/// cov(X_ij, X_kl) = rowCovariance_ik columnCovariance_jl.
///
/// - Shapes: location `[*batch, rows, columns]`, rowCovariance `[*batch, rows, rows]`, columnCovariance
///   `[*batch, columns, columns]`; events `[rows, columns]`.
/// - Complexity: O(rows^3 + columns^3) once, O(rows columns (rows + columns)) for each density and draw.
public struct MatrixNormal: ReparameterizedDistribution, MomentDistribution {
  /// The mean, `[*batch, rows, columns]`.
  public let location: Tensor
  /// The lower Cholesky factor of the covariance between rows, 64-bit.
  public let rowTriangle: Tensor
  /// The lower Cholesky factor of the covariance between columns, 64-bit.
  public let columnTriangle: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[rows, columns]`.
  public let eventShape: Shape

  /// Normal matrices of a mean and two covariances, of which the lower triangles are read.
  ///
  /// - Throws: `DistributionError.notPositiveDefinite` when a covariance has no Cholesky factor.
  /// - Precondition: the shapes agree.
  public init(location: Tensor, rowCovariance: Tensor, columnCovariance: Tensor) throws(DistributionError) {
    rowTriangle = try choleskyFactor("MatrixNormal", rowCovariance)
    columnTriangle = try choleskyFactor("MatrixNormal", columnCovariance)
    checkMatrixShapes("MatrixNormal", location, rowCovariance, columnCovariance)
    batchShape = commonBatch("MatrixNormal", (location, 2), (rowTriangle, 2), (columnTriangle, 2))
    eventShape = location.shape.trailing(2)
    self.location = location.broadcasting(batch: batchShape, keeping: 2)
  }

  /// All real matrices.
  public var support: Support { .real(eventRank: 2) }
  /// The location.
  public var mean: Tensor { location }
  /// The location, where the density is greatest.
  public var mode: Tensor { location }
  /// The variance of each element: that of its row times that of its column.
  public var variance: Tensor { outerVariance(rowTriangle, columnTriangle, as: location) }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    (0.5 * Double(eventShape.elementCount) * (1 + Foundation.log(2 * Double.pi)) + logVolume)
      .broadcasted(to: batchShape).to(location.dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let standardized = standardizing(x.wide - location.wide, rows: rowTriangle, columns: columnTriangle)
    let constant = logVolume + 0.5 * Double(eventShape.elementCount) * Foundation.log(2 * Double.pi)
    return (standardized.squared().sum(-1, -2) * -0.5 - constant).to(resultType(x, location.dtype))
  }

  /// location + A noise transpose(B), with the Cholesky factors A of rows and B of columns.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.normal(
      sampleShape + batchShape + eventShape, dtype: .float64, device: location.device, using: &rng)
    let scaled = rowTriangle.matmul(noise).matmul(columnTriangle.transposed())
    return (location.wide + scaled).to(location.dtype)
  }

  private var logVolume: Tensor {
    rowTriangle.triangleLogDeterminant * Double(eventShape[1])
      + columnTriangle.triangleLogDeterminant * Double(eventShape[0])
  }
}

/// A^-1 difference B^-T for the lower triangles A of rows and B of columns; transposed.
func standardizing(_ difference: Tensor, rows: Tensor, columns: Tensor) -> Tensor {
  columns.solvingTriangular(rows.solvingTriangular(difference).transposed())
}

/// The products of the variances of rows and of columns, of the location's shape and type.
func outerVariance(_ rowTriangle: Tensor, _ columnTriangle: Tensor, as location: Tensor) -> Tensor {
  let (rows, columns) = (rowTriangle.squared().sum(-1), columnTriangle.squared().sum(-1))
  return (rows.unsqueezed(-1) * columns.unsqueezed(-2)).broadcasted(to: location.shape).to(location.dtype)
}

/// Stops unless a location `[*batch, rows, columns]` has as many rows and columns as the square matrices.
func checkMatrixShapes(_ name: String, _ location: Tensor, _ rows: Tensor, _ columns: Tensor) {
  precondition(
    location.rank >= 2 && location.size(-2) == rows.size(-1) && location.size(-1) == columns.size(-1),
    "\(name): expected [*batch, rows, columns], [*batch, rows, rows] and [*batch, columns, columns], got "
      + "\(location.shape), \(rows.shape) and \(columns.shape)")
}
