import DensityEstimation
import Models
import Probability
import Torch

/// What rows are mapped to by models that can: numbers whose distribution is known when the model is right.
enum ModelCodes {
  /// The standard normal codes of rows, given their conditions, without missing cells, by dimension: of a flow, and of a normal distribution.
  static func latents(of rows: Tensor, given context: Tensor?, model: any GenerativeModel) -> [[Double]]? {
    if let model = model as? any LatentModel { return RunEvidence.columns(model.encode(rows, given: context)) }
    guard let normal = (model as? any DistributionModel)?.distribution as? MultivariateNormal else { return nil }
    return withoutGradient { RunEvidence.columns(normal.whitening.forward(rows.to(.float64))) }
  }

  /// Numbers that are uniform on [0, 1] when the model is right, by column (probability integral transform), of rows without
  /// missing cells.
  ///
  /// Codes of the conditional inverse transform for a factorization; of others that have distribution functions of their
  /// columns, those.
  static func uniforms(
    of rows: Tensor, model: any GenerativeModel, isDequantized: Bool, using rng: inout RandomGenerator
  ) -> [[Double]]? {
    guard !isDequantized, let distribution = (model as? any DistributionModel)?.distribution else { return nil }
    let rows = rows.to(.float64)
    let columns = rows.unbound(1).map { $0.contiguous() }
    switch distribution {
    case let factorized as any FactorizedDistribution:
      return factorized.factorization.hasCodes ? RunEvidence.columns(factorized.codes(rows, using: &rng)) : nil
    case let mixture as GaussianMixture:
      return columns.enumerated().map { mixture.marginal(of: [$0]).numbers.cdf($1).doubles() }
    case let mixture as BayesianGaussianMixture:
      return columns.enumerated().map { mixture.gaussianMixture.marginal(of: [$0]).numbers.cdf($1).doubles() }
    case let histogram as Histogram:
      return columns.enumerated().map { histogram.marginal($0).cdf($1).doubles() }
    case let density as KernelDensity:
      return try? columns.enumerated().map { try density.marginal(of: [$0]).cdf($1).doubles() }
    default: return nil
    }
  }
}
