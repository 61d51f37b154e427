import DensityEstimation
import Probability

extension Catalogue {
  /// The normal distribution.
  static let gaussianEntries: [CatalogueEntry] = [
    .estimated(
      "gaussian", "The normal distribution with the data's mean and covariance: the yardstick for all others.",
      GaussianEstimator(), takesConditions: true,
      fit: { estimator, data, rng in
        EstimationResult(try estimator.fit(data.rows, weights: data.weights, using: &rng))
      },
      load: { _, _, tensors in EstimatedModel(distribution: try MultivariateNormal(tensors: tensors)) })
  ]
}
