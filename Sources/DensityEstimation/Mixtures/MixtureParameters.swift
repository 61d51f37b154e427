import Foundation
import Probability
import Torch

/// The parameters that EM moves, in 64 bits.
struct MixtureParameters {
  /// `[components]`, of sum 1.
  var weights: Tensor
  /// `[components, features]`
  var means: Tensor
  /// In the form of the structure.
  var covariances: Tensor
  let structure: CovarianceStructure

  init(weights: Tensor, means: Tensor, covariances: Tensor, structure: CovarianceStructure) {
    self.weights = weights
    self.means = means
    self.covariances = covariances
    self.structure = structure
  }

  init(_ mixture: GaussianMixture) {
    self.init(
      weights: mixture.weights.to(.float64), means: mixture.means.to(.float64),
      covariances: mixture.covariances.to(.float64), structure: mixture.structure)
  }

  var components: Int { means.size(0) }
  var features: Int { means.size(1) }

  /// The distribution.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when a covariance has no factor, which bounds on variances prevent.
  func mixture() throws(DensityEstimationError) -> GaussianMixture {
    do {
      return try GaussianMixture(weights: weights, means: means, covariances: covariances, structure: structure)
    } catch {
      throw .degenerate(reason: "a covariance of the mixture has no Cholesky factor: \(error)")
    }
  }

  /// Fused passes over rows near a center.
  func kernel(center: [Double]) throws(DensityEstimationError) -> MixtureKernel {
    let constant = -0.5 * Double(features) * log(2 * Double.pi)
    let (whitening, logDeterminant) = try whitening()
    return MixtureKernel(
      constants: weights.log() - logDeterminant + constant, means: means, whitening: whitening, center: center)
  }

  /// The inverse of each component's Cholesky factor, or of its standard deviations, and the logarithm of the factor's
  /// determinant.
  func whitening() throws(DensityEstimationError) -> (matrices: Tensor, logDeterminant: Tensor) {
    switch structure {
    case .diagonal, .spherical:
      let deviations = variances.squareRoot()
      return (deviations.reciprocal(), deviations.log().sum(1))
    case .full, .tied:
      guard let factor = try? covariances.cholesky() else {
        throw .degenerate(reason: "a covariance of the mixture has no Cholesky factor")
      }
      let inverse = factor.solvingTriangular(Tensor.identity(features, dtype: .float64).broadcasted(to: factor.shape))
      let shape: Shape = [components, features, features]
      return (inverse.broadcasted(to: shape), factor.diagonal().log().sum(-1).broadcasted(to: [components]))
    }
  }

  /// `[components, features]`, for structures without correlations.
  private var variances: Tensor {
    structure == .spherical ? covariances.unsqueezed(1).broadcasted(to: [components, features]) : covariances
  }

  /// The covariances as matrices, `[components, features, features]`.
  var matrices: Tensor {
    switch structure {
    case .full: covariances
    case .tied: covariances.unsqueezed(0).broadcasted(to: [components, features, features])
    case .diagonal, .spherical: variances.diagonalMatrix()
    }
  }
}

/// The least variances, as a bound under which EM still takes its best step.
///
/// Full and tied covariances must not be below the diagonal matrix of the bounds in any direction. The likelihood of the
/// M step under this bound is greatest when eigenvalues, in the units of the bounds, are raised to 1, so that the
/// log-likelihood rises in every step, bound or not; adding to the diagonal would not do that.
struct VarianceFloor {
  /// The bound of each column, `[features]`, 64-bit.
  let variances: Tensor

  /// The parameters of greatest expected likelihood given the sums of an E step, and the components on the bound.
  ///
  /// A component without rows keeps its mean and covariance.
  func maximize(
    _ old: MixtureParameters, _ sums: MixtureStatistics
  ) throws(DensityEstimationError) -> (parameters: MixtureParameters, onFloor: [Bool]) {
    let total = sums.counts.sum()
    let isAlive = sums.counts .> total * 1e-14
    let (shift, scatter) = sums.moments
    var new = old
    new.weights = sums.counts / total
    new.means = old.means + select(isAlive.unsqueezed(1), shift, 0.0)
    let (covariances, onFloor) = try maximize(old, scatter, weights: sums.counts / total)
    switch old.structure {
    case .tied: new.covariances = covariances
    case .full: new.covariances = select(isAlive.unsqueezed(1).unsqueezed(1), covariances, old.covariances)
    case .diagonal: new.covariances = select(isAlive.unsqueezed(1), covariances, old.covariances)
    case .spherical: new.covariances = select(isAlive, covariances, old.covariances)
    }
    return (new, onFloor)
  }

  private func maximize(
    _ old: MixtureParameters, _ scatter: Tensor, weights: Tensor
  ) throws(DensityEstimationError) -> (Tensor, [Bool]) {
    switch old.structure {
    case .full: return try raised(scatter)
    case .tied:
      let pooled = (scatter * weights.unsqueezed(1).unsqueezed(1)).sum(0)
      let (raised, onFloor) = try raised(pooled.unsqueezed(0))
      return (raised.squeezed(0), Array(repeating: onFloor[0], count: old.components))
    case .diagonal:
      let bound = (scatter .<= variances).to(.float64).max(1)
      return (maximum(scatter, variances), bound.doubles().map { $0 > 0 })
    case .spherical:
      let (mean, least) = (scatter.mean(1), variances.mean())
      return (maximum(mean, least), (mean .<= least).to(.float64).doubles().map { $0 > 0 })
    }
  }

  /// Symmetric matrices with eigenvalues, in the units of the bound, of at least 1.
  func raised(_ matrices: Tensor) throws(DensityEstimationError) -> (Tensor, [Bool]) {
    let unit = variances.squareRoot()
    let units = unit.unsqueezed(0) * unit.unsqueezed(1)
    let scaled = matrices / units
    let identity = Tensor.identity(variances.size(0), dtype: .float64)
    // All are above when what is left of them has a factor; this is much cheaper than eigenvalues.
    if (try? (scaled - identity).cholesky()) != nil {
      return (matrices, Array(repeating: false, count: matrices.size(0)))
    }
    guard let (values, vectors) = try? scaled.symmetricEigen() else {
      throw .degenerate(reason: "a covariance of the mixture is not finite")
    }
    let lifted = (vectors * values.clamped(from: 1).unsqueezed(-2)).matmul(vectors.transposed())
    let onFloor = values.min(-1).doubles().map { $0 <= 1 }
    let isLow = Tensor(onFloor).unsqueezed(1).unsqueezed(1)
    return (select(isLow, (lifted + lifted.transposed()) * 0.5 * units, matrices), onFloor)
  }
}
