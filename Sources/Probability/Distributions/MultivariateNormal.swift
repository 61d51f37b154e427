import Foundation
public import Torch

/// Normal vectors with a full covariance, by its Cholesky factor; ``SingularNormal`` takes one without full rank.
///
/// - Shapes: location `[*batch, features]`, covariance `[*batch, features, features]`; events `[features]`.
/// - Complexity: O(features^3) once for each covariance, O(features^2) for each density and draw.
public struct MultivariateNormal: ReparameterizedDistribution, MomentDistribution, EntropyDistribution {
  /// The mean, `[*batch, features]`.
  public let location: Tensor
  /// The lower Cholesky factor of the covariance, `[*batch, features, features]`.
  public let scaleTriangle: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[features]`.
  public let eventShape: Shape

  /// Normal vectors of a mean and a covariance, of which the lower triangle is read.
  ///
  /// - Throws: `DistributionError.notPositiveDefinite` when a covariance has no Cholesky factor.
  /// - Precondition: the shapes agree.
  public init(location: Tensor, covariance: Tensor) throws(DistributionError) {
    MultivariateNormal.checkShapes(location, covariance, "MultivariateNormal")
    guard let factor = try? covariance.cholesky() else { throw .notPositiveDefinite(shape: covariance.shape) }
    self.init(location: location, scaleTriangle: factor)
  }

  /// Normal vectors of a mean and a lower triangle L of which the covariance is L transpose(L).
  ///
  /// - Precondition: the shapes agree; the diagonal is positive.
  public init(location: Tensor, scaleTriangle: Tensor) {
    MultivariateNormal.checkShapes(location, scaleTriangle, "MultivariateNormal")
    precondition(!(scaleTriangle.diagonal() .<= 0).any(), "MultivariateNormal: expected a positive diagonal")
    let features = location.shape.trailing(1)
    let batch = Shape.broadcasting(location.shape.droppingTrailing(1), scaleTriangle.shape.droppingTrailing(2))
    batchShape = batch ?? []
    eventShape = features
    self.location = location.broadcasted(to: batchShape + features)
    self.scaleTriangle = scaleTriangle.broadcasted(to: batchShape + features + features)
  }

  /// All real vectors.
  public var support: Support { .real(eventRank: 1) }
  /// The location.
  public var mean: Tensor { location }
  /// The location, where the density is greatest.
  public var mode: Tensor { location }
  /// The diagonal of the covariance.
  public var variance: Tensor { scaleTriangle.squared().sum(-1) }
  /// The covariance, `[*batch, features, features]`.
  public var covariance: Tensor { scaleTriangle.matmul(scaleTriangle.transposed()) }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    logDeterminant + 0.5 * Double(eventShape[0]) * (1 + Foundation.log(2 * Double.pi))
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let standardized = scaleTriangle.solvingTriangular(vectors: x - location)
    let constant = -0.5 * Double(eventShape[0]) * Foundation.log(2 * Double.pi)
    return standardized.squared().sum(-1) * -0.5 - logDeterminant + constant
  }

  /// location + L * noise.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.normal(
      sampleShape + batchShape + eventShape, dtype: location.dtype, device: location.device, using: &rng)
    return location + scaled(noise, by: scaleTriangle)
  }

  /// The map from data to standard normal codes, z = (x - location) transpose(inverse(L)).
  ///
  /// - Precondition: there is one distribution, not a batch.
  public var whitening: Whitening {
    precondition(
      batchShape.rank == 0, "MultivariateNormal.whitening: expected one distribution, got a batch \(batchShape)")
    let identity = Tensor.identity(eventShape[0], dtype: scaleTriangle.dtype, device: scaleTriangle.device)
    return Whitening(
      mean: location, matrix: scaleTriangle.solvingTriangular(identity).transposed(),
      inverseMatrix: scaleTriangle.transposed(), logDeterminant: -logDeterminant)
  }

  /// The logarithm of the determinant of L.
  private var logDeterminant: Tensor { scaleTriangle.diagonal().log().sum(-1) }

  /// Stops unless the shapes are `[*batch, features]` and `[*batch, features, features]`.
  static func checkShapes(_ location: Tensor, _ matrix: Tensor, _ name: String) {
    let (vector, square) = (location.shape, matrix.shape)
    precondition(
      vector.rank >= 1 && square.trailing(2) == vector.trailing(1) + vector.trailing(1)
        && Shape.broadcasting(vector.droppingTrailing(1), square.droppingTrailing(2)) != nil,
      "\(name): expected [*batch, features] and [*batch, features, features], got \(vector) and \(square)")
  }
}

/// The products of triangles `[*batch, features, features]` with vectors `[*sample, *batch, features]`.
func scaled(_ vectors: Tensor, by triangle: Tensor) -> Tensor {
  // One triangle for all vectors is one matrix product.
  triangle.rank == 2 ? vectors.matmul(triangle.transposed()) : triangle.matmul(vectors.unsqueezed(-1)).squeezed(-1)
}
