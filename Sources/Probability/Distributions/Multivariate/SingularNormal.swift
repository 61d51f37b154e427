import Foundation
public import Torch

/// Normal vectors of any covariance, also one without full rank, by its eigen-decomposition.
///
/// With the covariance U diag(lambda) transpose(U), draws are `z lambda^(1/2) transpose(U) + location` for standard
/// normal z, and `(x - location) U lambda^(-1/2)` takes them back. Where eigenvalues are 0 the draws lie in the affine
/// subspace through the location that the other eigenvectors span; the density is with respect to volume in that
/// subspace (pseudo-determinant in place of the determinant) and 0 off it. A covariance of rank 0 is a point, of
/// log-density 0. ``MultivariateNormal`` is faster where the covariance has full rank.
///
/// - Shapes: location `[*batch, features]`, covariance `[*batch, features, features]`; events `[features]`.
/// - Complexity: O(features^3) once for each covariance, O(features^2) for each density and draw.
public struct SingularNormal: ReparameterizedDistribution, MomentDistribution {
  /// The mean, `[*batch, features]`.
  public let location: Tensor
  /// The eigenvalues in rising order, `[*batch, features]`, 64-bit; 0 where they are negligible.
  public let eigenvalues: Tensor
  /// The eigenvectors as columns, `[*batch, features, features]`, 64-bit.
  public let eigenvectors: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[features]`.
  public let eventShape: Shape

  /// Normal vectors of a mean and a covariance, of which the lower triangle is read.
  ///
  /// - Parameters:
  ///   - location: the mean.
  ///   - covariance: a symmetric positive semidefinite matrix.
  ///   - relativeTolerance: the share of the largest eigenvalue up to which one counts as 0. The default, 10^6 roundings
  ///     in 64-bit and 10^3 in 32-bit, is SciPy's.
  /// - Throws: `DistributionError.notPositiveSemidefinite` when an eigenvalue is below minus that share, or not finite.
  /// - Precondition: the shapes agree.
  public init(location: Tensor, covariance: Tensor, relativeTolerance: Double? = nil) throws(DistributionError) {
    MultivariateNormal.checkShapes(location, covariance, "SingularNormal")
    guard covariance.isFinite().all(), let (values, vectors) = try? covariance.wide.symmetricEigen() else {
      throw .notPositiveSemidefinite(shape: covariance.shape)
    }
    let share = relativeTolerance ?? (covariance.dtype.ulpOfOne * (covariance.dtype == .float64 ? 1e6 : 1e3))
    let bound = values.absolute().max(-1, keepingDimensions: true) * share
    guard !(values .< -bound).any() else { throw .notPositiveSemidefinite(shape: covariance.shape) }
    batchShape = commonBatch("SingularNormal", (location, 1), (covariance, 2))
    eventShape = location.shape.trailing(1)
    self.location = location.broadcasting(batch: batchShape, keeping: 1)
    eigenvalues = select(values .<= bound, 0.0, values).broadcasting(batch: batchShape, keeping: 1)
    eigenvectors = vectors.broadcasting(batch: batchShape, keeping: 2)
  }

  /// The number of eigenvalues other than 0, `[*batch]`, as integers.
  public var rank: Tensor { isKept.to(.int64).sum(-1) }

  /// The logarithm of the product of the eigenvalues other than 0, `[*batch]`.
  public var logPseudoDeterminant: Tensor { select(isKept, eigenvalues, 1.0).log().sum(-1).to(location.dtype) }

  /// The affine subspace through the location; its tolerance is relative to the event and the largest eigenvalue.
  public var support: Support {
    .joint(eventRank: 1) { x in isInSubspace(x, coordinates(x)) }
  }

  /// The location.
  public var mean: Tensor { location }
  /// The diagonal of the covariance.
  public var variance: Tensor { (eigenvectors.squared() * eigenvalues.unsqueezed(-2)).sum(-1).to(location.dtype) }
  /// The location, where the density is greatest.
  public var mode: Tensor { location }
  /// The covariance, `[*batch, features, features]`.
  public var covariance: Tensor {
    (eigenvectors * eigenvalues.unsqueezed(-2)).matmul(eigenvectors.transposed()).to(location.dtype)
  }

  /// The entropy with respect to volume in the subspace, in nats, `[*batch]`.
  public var entropy: Tensor {
    logPseudoDeterminant * 0.5 + rank.to(location.dtype) * (0.5 * (1 + Foundation.log(2 * Double.pi)))
  }

  /// The log-density with respect to volume in the subspace, in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let coordinates = coordinates(x)
    let codes = coordinates * inverseRoots
    let constant = rank.wide * (-0.5 * Foundation.log(2 * Double.pi)) - logPseudoDeterminant.wide * 0.5
    return support.restricting(
      constant - codes.squared().sum(-1) * 0.5, at: x, where: isInSubspace(x, coordinates)
    ).to(resultType(x, location.dtype))
  }

  /// z lambda^(1/2) transpose(U) + location.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let codes = Tensor.normal(
      sampleShape + batchShape + eventShape, dtype: .float64, device: location.device, using: &rng)
    let scaled = (codes * eigenvalues.squareRoot()).unsqueezed(-1)
    return (eigenvectors.matmul(scaled).squeezed(-1) + location.wide).to(location.dtype)
  }

  /// The map from the subspace to standard normal codes, z = (x - location) U lambda^(-1/2), with as many codes as the
  /// rank. Its log-determinant is minus half of ``logPseudoDeterminant``.
  ///
  /// - Precondition: there is one distribution, not a batch, and its rank is not 0.
  public var whitening: Whitening {
    precondition(batchShape.rank == 0, "SingularNormal.whitening: expected one distribution, got a batch \(batchShape)")
    let count = rank.integerItem()
    precondition(count > 0, "SingularNormal.whitening: the covariance is 0")
    let roots = eigenvalues.narrowed(0, from: eventShape[0] - count, length: count).squareRoot()
    let vectors = eigenvectors.narrowed(1, from: eventShape[0] - count, length: count)
    return Whitening(
      mean: location, matrix: (vectors / roots).to(location.dtype),
      inverseMatrix: (vectors * roots).transposed().to(location.dtype), logDeterminant: logPseudoDeterminant * -0.5,
      domain: count == eventShape[0] ? nil : support)
  }

  private var isKept: Tensor { eigenvalues .> 0 }

  private var inverseRoots: Tensor { select(isKept, select(isKept, eigenvalues, 1.0).reciprocalSquareRoot(), 0.0) }

  /// Whether events with these coordinates are in the subspace, up to the rounding of events and location.
  private func isInSubspace(_ x: Tensor, _ coordinates: Tensor) -> Tensor {
    let away = select(isKept, 0.0, coordinates).norm(-1)
    let length = coordinates.norm(-1) + x.wide.norm(-1) + location.wide.norm(-1)
    return away .<= (length + eigenvalues.max(-1).squareRoot()) * roundingTolerance(x, location.dtype)
  }

  /// Coordinates along the eigenvectors, from the location.
  private func coordinates(_ x: Tensor) -> Tensor {
    let difference = x.wide - location.wide
    guard batchShape.rank > 0 else { return difference.matmul(eigenvectors) }
    return difference.unsqueezed(-2).matmul(eigenvectors).squeezed(-2)
  }
}
