import Foundation
import Probability
import Torch

/// What is believed of a mixture's parameters before data, and how sums over rows change it.
///
/// - Reference: Bishop, *Pattern Recognition and Machine Learning*, 2006 (eq. 10.57 to 10.63, 10.70 to 10.77); for
///   stick-breaking weights Blei and Jordan, *Variational inference for Dirichlet process mixtures*, 2006.
struct VariationalPrior {
  let isProcess: Bool
  let concentration: Double
  let meanPrecision: Double
  let mean: Tensor
  /// Degrees of freedom of the precisions; of one feature's, for a spherical structure.
  let degreesOfFreedom: Double
  /// The scatter that the prior stands for: a matrix, a vector, or one number.
  let scatter: Tensor
  let structure: CovarianceStructure

  private var features: Int { mean.size(0) }

  /// The posterior given sums over rows, whose deviations are from `reference`.
  func posterior(
    _ sums: MixtureStatistics, reference: Tensor
  ) throws(DensityEstimationError) -> BayesianGaussianMixture {
    let counts = sums.counts
    let (shift, spread) = sums.moments
    let center = reference + shift
    let precision = counts + meanPrecision
    let means = (mean * meanPrecision + center * counts.unsqueezed(1)) / precision.unsqueezed(1)
    let pull = counts * meanPrecision / precision
    let (scatter, degrees) = posteriorScatter(counts, spread, deviations: center - mean, pull)
    return try BayesianGaussianMixture(
      weightPosterior: weights(counts), meanPrecision: precision, means: means,
      degreesOfFreedom: degrees.broadcasted(to: counts.shape),
      covariances: scatter
        / degrees.reshaped(Shape(degrees.shape.sizes + scatter.shape.dropFirst(degrees.rank).map { _ in 1 })),
      structure: structure)
  }

  private func weights(_ counts: Tensor) -> BayesianGaussianMixture.Weights {
    guard isProcess else { return .dirichlet(counts + concentration) }
    let later = counts.flipped(0).cumulativeSum(0).flipped(0) - counts
    return .dirichletProcess(first: counts + 1.0, second: later + concentration)
  }

  /// The scatter and the degrees of freedom, of each component or of all together.
  private func posteriorScatter(
    _ counts: Tensor, _ spread: Tensor, deviations: Tensor, _ pull: Tensor
  ) -> (scatter: Tensor, degrees: Tensor) {
    switch structure {
    case .full, .tied:
      let outer = deviations.unsqueezed(2) * deviations.unsqueezed(1)
      let each = spread * counts.unsqueezed(1).unsqueezed(1) + outer * pull.unsqueezed(1).unsqueezed(1)
      return structure == .full
        ? (scatter + each, counts + degreesOfFreedom) : (scatter + each.sum(0), counts.sum() + degreesOfFreedom)
    case .diagonal:
      let each = spread * counts.unsqueezed(1) + deviations.squared() * pull.unsqueezed(1)
      return (scatter + each, counts + degreesOfFreedom)
    case .spherical:
      let each = spread * counts.unsqueezed(1) + deviations.squared() * pull.unsqueezed(1)
      return (scatter * Double(features) + each.sum(1), (counts + degreesOfFreedom) * Double(features))
    }
  }

  // MARK: The lower bound

  /// How far the posterior is from this prior: what the lower bound loses, in nats.
  func divergence(_ posterior: BayesianGaussianMixture) throws(DensityEstimationError) -> Double {
    try weightDivergence(posterior.weightPosterior) + meanDivergence(posterior) + precisionDivergence(posterior)
  }

  private func weightDivergence(_ weights: BayesianGaussianMixture.Weights) -> Double {
    switch weights {
    case .dirichlet(let posterior):
      let count = Double(posterior.size(0))
      let norm = posterior.sum().logGamma() - posterior.logGamma().sum()
      let priorNorm = lgamma(count * concentration) - count * lgamma(concentration)
      return (norm + ((posterior - concentration) * weights.expectedLog).sum()).item() - priorNorm
    case .dirichletProcess(let first, let second):
      let both = first + second
      let norm = both.logGamma() - first.logGamma() - second.logGamma()
      let logShare = first.digamma() - both.digamma()
      let logRest = second.digamma() - both.digamma()
      let each = norm + (first - 1.0) * logShare + (second - concentration) * logRest - log(concentration)
      return each.sum().item()
    }
  }

  private func meanDivergence(_ posterior: BayesianGaussianMixture) throws(DensityEstimationError) -> Double {
    let ratio = (posterior.meanPrecision / meanPrecision).log()
    let size = Double(features)
    let (whitening, _) = try posterior.parameters.whitening()
    let deviations = posterior.means - mean
    let standardized =
      whitening.rank == 3 ? whitening.matmul(deviations.unsqueezed(2)).squeezed(2) : whitening * deviations
    let distance = standardized.squared().sum(1)
    let each = (meanPrecision / posterior.meanPrecision - 1.0 + ratio) * size + distance * meanPrecision
    return 0.5 * each.sum().item()
  }

  private func precisionDivergence(_ posterior: BayesianGaussianMixture) throws(DensityEstimationError) -> Double {
    switch structure {
    case .full:
      return try wishart(posterior.covariances, posterior.degreesOfFreedom)
    case .tied:
      return try wishart(
        posterior.covariances.unsqueezed(0), posterior.degreesOfFreedom.narrowed(0, from: 0, length: 1))
    case .diagonal:
      let degrees = posterior.degreesOfFreedom.unsqueezed(1)
      return gamma(posterior.covariances * degrees, degrees, scatter, degreesOfFreedom)
    case .spherical:
      let size = Double(features)
      let degrees = posterior.degreesOfFreedom
      return gamma(posterior.covariances * degrees, degrees, scatter * size, degreesOfFreedom * size)
    }
  }

  /// The sum of the divergences of Wishart distributions of degrees of freedom and scatter covariance * degrees.
  private func wishart(_ covariances: Tensor, _ degrees: Tensor) throws(DensityEstimationError) -> Double {
    guard let factor = try? covariances.cholesky(), let own = try? scatter.cholesky() else {
      throw .degenerate(reason: "a scatter matrix of the posterior has no Cholesky factor")
    }
    let size = Double(features)
    let logScatter = factor.diagonal().log().sum(1) * 2.0 + degrees.log() * size
    let priorLogScatter = own.diagonal().log().sum().item() * 2
    let logPrecision = multivariateDigamma(degrees, features) + size * log(2.0) - logScatter
    let norm = degrees * 0.5 * (logScatter - size * log(2.0)) - multivariateLogGamma(degrees * 0.5, features)
    let priorDegrees = Tensor(degreesOfFreedom, dtype: .float64)
    let priorNorm =
      priorDegrees * 0.5 * (priorLogScatter - size * log(2.0)) - multivariateLogGamma(priorDegrees * 0.5, features)
    // trace(V0 V^-1) with V = covariance * degrees; the product of both factors' triangles squared.
    let ratio = factor.solvingTriangular(own.broadcasted(to: factor.shape)).squared().sum(1, 2) / degrees
    let each =
      norm - priorNorm + (degrees - degreesOfFreedom) * 0.5 * logPrecision - degrees * (0.5 * size) + degrees * 0.5
      * ratio
    return each.sum().item()
  }

  /// The sum of the divergences of one-dimensional Wishart distributions.
  private func gamma(_ scatter: Tensor, _ degrees: Tensor, _ priorScatter: Tensor, _ priorDegrees: Double) -> Double {
    let logPrecision = (degrees * 0.5).digamma() + log(2.0) - scatter.log()
    let norm = degrees * 0.5 * (scatter.log() - log(2.0)) - (degrees * 0.5).logGamma()
    let priorNorm = (priorScatter.log() - log(2.0)) * (0.5 * priorDegrees) - lgamma(0.5 * priorDegrees)
    let each =
      norm - priorNorm + (degrees - priorDegrees) * 0.5 * logPrecision - degrees * 0.5
      + degrees * 0.5 * priorScatter / scatter
    return each.sum().item()
  }
}

extension BayesianGaussianMixture {
  /// The expected parameters.
  var parameters: MixtureParameters {
    MixtureParameters(weights: weights, means: means, covariances: covariances, structure: structure)
  }

  /// The passes of the variational E step: expectations of the logarithms of weights and of precisions.
  func kernel(center: [Double]) throws(DensityEstimationError) -> MixtureKernel {
    let (whitening, logDeterminant) = try parameters.whitening()
    let size = Double(features)
    // The expected log-determinant of the precision, whose inverse's is twice `logDeterminant`.
    let digammas: Tensor
    switch structure {
    case .full, .tied: digammas = multivariateDigamma(degreesOfFreedom, features)
    case .diagonal, .spherical: digammas = (degreesOfFreedom * 0.5).digamma() * size
    }
    let logPrecision = digammas + (size * log(2.0)) - degreesOfFreedom.log() * size - logDeterminant * 2.0
    let constants =
      weightPosterior.expectedLog + logPrecision * 0.5 - meanPrecision.reciprocal() * (0.5 * size)
      - 0.5 * size * log(2 * Double.pi)
    return MixtureKernel(constants: constants, means: means, whitening: whitening, center: center)
  }
}

/// The sum over i < size of digamma((degrees - i) / 2).
private func multivariateDigamma(_ degrees: Tensor, _ size: Int) -> Tensor {
  (degrees.unsqueezed(-1) - Tensor.range(size, dtype: .float64)).digammaOfHalf().sum(-1)
}

/// The logarithm of the multivariate gamma function.
private func multivariateLogGamma(_ x: Tensor, _ size: Int) -> Tensor {
  (x.unsqueezed(-1) - Tensor.range(size, dtype: .float64) * 0.5).logGamma().sum(-1)
    + 0.25 * Double(size * (size - 1)) * log(Double.pi)
}

extension Tensor {
  fileprivate func digammaOfHalf() -> Tensor { (self * 0.5).digamma() }
}
