import Foundation
public import Torch

/// Vectors of the multivariate Student t distribution: normal vectors over the root of one shared chi-squared draw.
///
/// Infinite degrees of freedom are the normal distribution, and large ones go to it without loss of digits.
///
/// - Shapes: degreesOfFreedom `[*batch]`, location `[*batch, features]`, scaleMatrix `[*batch, features, features]`;
///   events `[features]`.
/// - Complexity: O(features^3) once for each scale matrix, O(features^2) for each density and draw.
/// - Reference: Kotz and Nadarajah, *Multivariate t Distributions and Their Applications*, 2004 (eq. 1.1).
public struct MultivariateStudentT: ReparameterizedDistribution, MomentDistribution {
  /// The degrees of freedom, `[*batch]`.
  public let degreesOfFreedom: Tensor
  /// The centre, `[*batch, features]`.
  public let location: Tensor
  /// The lower Cholesky factor of the scale matrix, `[*batch, features, features]`, 64-bit.
  public let scaleTriangle: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[features]`.
  public let eventShape: Shape

  /// Student t vectors; the scale matrix is the covariance times 1 - 2 / degreesOfFreedom.
  ///
  /// - Throws: `DistributionError.notPositiveDefinite` when a scale matrix has no Cholesky factor.
  /// - Precondition: the shapes agree, and degrees of freedom are positive.
  public init(degreesOfFreedom: Tensor, location: Tensor, scaleMatrix: Tensor) throws(DistributionError) {
    MultivariateNormal.checkShapes(location, scaleMatrix, "MultivariateStudentT")
    precondition((degreesOfFreedom .> 0).all(), "MultivariateStudentT: expected positive degrees of freedom")
    let factor = try choleskyFactor("MultivariateStudentT", scaleMatrix)
    batchShape = commonBatch("MultivariateStudentT", (degreesOfFreedom, 0), (location, 1), (factor, 2))
    eventShape = location.shape.trailing(1)
    self.degreesOfFreedom = degreesOfFreedom.broadcasting(batch: batchShape, keeping: 0)
    self.location = location.broadcasting(batch: batchShape, keeping: 1)
    scaleTriangle = factor.broadcasting(batch: batchShape, keeping: 2)
  }

  /// All real vectors.
  public var support: Support { .real(eventRank: 1) }
  /// The location; NaN where there is no mean, for degrees of freedom up to 1.
  public var mean: Tensor { select((degreesOfFreedom .<= 1).unsqueezed(-1), Double.nan, location) }
  /// The location, where the density is greatest.
  public var mode: Tensor { location }
  /// The diagonal of the covariance; infinite for degrees of freedom up to 2, NaN up to 1.
  public var variance: Tensor {
    (scaleTriangle.squared().sum(-1) * covarianceFactor.unsqueezed(-1)).to(location.dtype)
  }
  /// The covariance, `[*batch, features, features]`: finite for degrees of freedom above 2.
  public var covariance: Tensor {
    let scale = scaleTriangle.matmul(scaleTriangle.transposed())
    return (scale * covarianceFactor.unsqueezed(-1).unsqueezed(-1)).to(location.dtype)
  }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    let expected = digammaDifference(safeHalf, adding: halfFeatures)
    let ofT = (safeHalf + halfFeatures) * expected - logGammaRatio(safeHalf, adding: halfFeatures)
    let half = select(isNormal, features / 2, ofT)
    return (half + scaleTriangle.triangleLogDeterminant + features / 2 * Foundation.log(2 * Double.pi))
      .to(location.dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let square = scaleTriangle.solvingTriangular(vectors: x.wide - location.wide).squared().sum(-1)
    let tail = (safeHalf + halfFeatures) * (square / (safeHalf * 2.0)).logOnePlus()
    let ofT = logGammaRatio(safeHalf, adding: halfFeatures) - tail
    let constant = scaleTriangle.triangleLogDeterminant + features / 2 * Foundation.log(2 * Double.pi)
    return (select(isNormal, square * -0.5, ofT) - constant).to(resultType(x, location.dtype))
  }

  /// location + L * normal noise / sqrt(chi-squared / degreesOfFreedom).
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.normal(
      sampleShape + batchShape + eventShape, dtype: .float64, device: location.device, using: &rng)
    let gamma = standardGamma(safeHalf.broadcasted(to: sampleShape + batchShape), using: &rng)
    let shrinkage = select(isNormal, 1.0, (safeHalf / gamma).squareRoot())
    return (location.wide + scaled(noise * shrinkage.unsqueezed(-1), by: scaleTriangle)).to(location.dtype)
  }

  private var features: Double { Double(eventShape[0]) }
  private var isNormal: Tensor { degreesOfFreedom.isInfinite() }
  /// Half the degrees of freedom; 1 where they are infinite.
  private var safeHalf: Tensor { select(isNormal, 1.0, degreesOfFreedom.wide * 0.5) }
  private var halfFeatures: Tensor { Tensor.full(batchShape, features / 2, dtype: .float64, device: location.device) }

  /// The covariance over the scale matrix.
  private var covarianceFactor: Tensor {
    let freedom = degreesOfFreedom.wide
    let finite = select(isNormal, 1.0, freedom / (freedom - 2.0))
    return select(freedom .<= 1, Double.nan, select(freedom .<= 2, Double.infinity, finite))
  }
}
