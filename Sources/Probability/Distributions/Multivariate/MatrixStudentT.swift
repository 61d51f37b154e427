import Foundation
public import Torch

/// Matrices of the matrix Student t distribution: normal matrices whose covariance between rows is itself drawn from the
/// inverse Wishart distribution with degreesOfFreedom + rows - 1 degrees of freedom.
///
/// A single row or column is a multivariate Student t vector.
///
/// - Shapes: degreesOfFreedom `[*batch]`, location `[*batch, rows, columns]`, rowScale `[*batch, rows, rows]`,
///   columnScale `[*batch, columns, columns]`; events `[rows, columns]`.
/// - Complexity: O(rows^3 + columns^3) once and for each density and draw.
/// - Reference: Gupta and Nagar, *Matrix Variate Distributions*, 2000 (definition 4.2.1).
public struct MatrixStudentT: ReparameterizedDistribution, MomentDistribution {
  /// The degrees of freedom, `[*batch]`.
  public let degreesOfFreedom: Tensor
  /// The centre, `[*batch, rows, columns]`.
  public let location: Tensor
  /// The lower Cholesky factor of the scale matrix of rows, 64-bit.
  public let rowTriangle: Tensor
  /// The lower Cholesky factor of the scale matrix of columns, 64-bit.
  public let columnTriangle: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[rows, columns]`.
  public let eventShape: Shape

  /// Student t matrices of a centre and two scale matrices, of which the lower triangles are read.
  ///
  /// - Throws: `DistributionError.notPositiveDefinite` when a scale matrix has no Cholesky factor.
  /// - Precondition: the shapes agree, and degrees of freedom are positive and finite.
  public init(
    degreesOfFreedom: Tensor, location: Tensor, rowScale: Tensor, columnScale: Tensor
  ) throws(DistributionError) {
    precondition(
      ((degreesOfFreedom .> 0) .& degreesOfFreedom.isFinite()).all(),
      "MatrixStudentT: expected positive, finite degrees of freedom")
    rowTriangle = try choleskyFactor("MatrixStudentT", rowScale)
    columnTriangle = try choleskyFactor("MatrixStudentT", columnScale)
    checkMatrixShapes("MatrixStudentT", location, rowScale, columnScale)
    batchShape = commonBatch(
      "MatrixStudentT", (degreesOfFreedom, 0), (location, 2), (rowTriangle, 2), (columnTriangle, 2))
    eventShape = location.shape.trailing(2)
    self.degreesOfFreedom = degreesOfFreedom.broadcasting(batch: batchShape, keeping: 0)
    self.location = location.broadcasting(batch: batchShape, keeping: 2)
  }

  /// All real matrices.
  public var support: Support { .real(eventRank: 2) }
  /// The location; NaN where there is no mean, for degrees of freedom up to 1.
  public var mean: Tensor {
    select((degreesOfFreedom .<= 1).unsqueezed(-1).unsqueezed(-1), Double.nan, location)
  }
  /// The location, where the density is greatest.
  public var mode: Tensor { location }
  /// The product of the two scales over degreesOfFreedom - 2; infinite for degrees of freedom up to 2, NaN up to 1.
  public var variance: Tensor {
    let freedom = degreesOfFreedom.wide
    let factor = select(
      freedom .<= 1, Double.nan, select(freedom .<= 2, Double.infinity, (freedom - 2.0).reciprocal()))
    let scales = outerVariance(rowTriangle, columnTriangle, as: location.wide)
    return (scales * factor.unsqueezed(-1).unsqueezed(-1)).to(location.dtype)
  }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    let start = halfSteps((degreesOfFreedom.wide + (columns - 1)) * 0.5, eventShape[1])
    let step = Tensor.full(start.shape, rows / 2, dtype: .float64, device: start.device)
    return (power * digammaDifference(start, adding: step).sum(-1) - logNormalizer).to(location.dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let standardized = standardizing(x.wide - location.wide, rows: rowTriangle, columns: columnTriangle)
    let isWide = eventShape[1] > eventShape[0]
    // The determinant of 1 + transpose(Y) Y is that of 1 + Y transpose(Y): the smaller one is taken.
    let gram =
      isWide
      ? standardized.transposed().matmul(standardized) : standardized.matmul(standardized.transposed())
    let identity = Tensor.identity(gram.size(-1), dtype: .float64, device: gram.device)
    let logDeterminant = (gram + identity).signLogDeterminant().logAbsolute
    return (logNormalizer - power * logDeterminant).to(resultType(x, location.dtype))
  }

  /// Normal matrices with the covariance between rows, or between columns if there are fewer, from an inverse Wishart.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let shape = sampleShape + batchShape
    let noise = Tensor.normal(shape + eventShape, dtype: .float64, device: location.device, using: &rng)
    let isTall = eventShape[0] > eventShape[1]
    let order = isTall ? eventShape[1] : eventShape[0]
    let freedom = (degreesOfFreedom.wide + Double(order - 1)).broadcasted(to: shape)
    let upper = bartlettTriangle(freedom, order: order, using: &rng).transposed()
    let mixed =
      isTall
      ? upper.solvingTriangular(noise.transposed(), upper: true).transposed()
      : upper.solvingTriangular(noise, upper: true)
    let scaled = rowTriangle.matmul(mixed).matmul(columnTriangle.transposed())
    return (location.wide + scaled).to(location.dtype)
  }

  private var rows: Double { Double(eventShape[0]) }
  private var columns: Double { Double(eventShape[1]) }
  /// The power of the determinant, (degreesOfFreedom + rows + columns - 1) / 2.
  private var power: Tensor { (degreesOfFreedom.wide + (rows + columns - 1)) * 0.5 }

  private var logNormalizer: Tensor {
    let start = halfSteps((degreesOfFreedom.wide + (columns - 1)) * 0.5, eventShape[1])
    let step = Tensor.full(start.shape, rows / 2, dtype: .float64, device: start.device)
    let gammas = (logGammaRatio(start, adding: step) + step * start.log()).sum(-1)
    let volume = rowTriangle.triangleLogDeterminant * columns + columnTriangle.triangleLogDeterminant * rows
    return gammas - volume - rows * columns / 2 * Foundation.log(Double.pi)
  }
}
