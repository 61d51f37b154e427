import DensityEstimation
import Probability

extension Catalogue {
  /// Mixtures of normal distributions.
  static let mixtureEntries: [CatalogueEntry] = [
    .estimated(
      "gmm", "Mixture of normal distributions, their number chosen by BIC; takes tables with missing cells.",
      GaussianMixtureEstimator(), accepts: [.missingCells, .weights], takesConditions: true,
      choices: [
        "  configuration.components: numbers to choose from, [1, 2, 3], or one, 5",
        "  configuration.covariances: structures to choose from, of \(SettingsChoices.list(CovarianceStructure.self))",
        "  configuration.criterion: \(SettingsChoices.list(GaussianMixtureEstimator.Criterion.self))",
      ],
      fit: { estimator, data, rng in
        let (mixture, report) = try estimator.fitReporting(data.rows, weights: data.weights, using: &rng)
        return EstimationResult(mixture, details: details(report))
      },
      load: { _, _, tensors in EstimatedModel(distribution: try GaussianMixture(tensors: tensors)) }),
    .estimated(
      "bayesian-gmm", "Mixture of normal distributions that drops the components that it does not need.",
      BayesianGaussianMixtureEstimator(),
      choices: [
        "  configuration.covariance: \(SettingsChoices.list(CovarianceStructure.self))",
        "  configuration.weightPrior: \(SettingsChoices.list(BayesianGaussianMixtureEstimator.WeightPrior.self))",
        "  configuration.components: the most there may be; concentration 0: one over their number",
      ],
      fit: { estimator, data, rng in
        let (mixture, report) = try estimator.fitReporting(data.rows, weights: data.weights, using: &rng)
        return EstimationResult(
          mixture,
          details: [
            "effectiveComponents": .integer(report.effectiveComponents), "iterations": .integer(report.iterations),
            "converged": .bool(report.isConverged),
          ])
      },
      load: { _, _, tensors in EstimatedModel(distribution: try BayesianGaussianMixture(tensors: tensors)) }),
  ]

  private static func details(_ report: GaussianMixtureReport) -> [String: SettingsValue] {
    var details: [String: SettingsValue] = [
      "components": .integer(report.components), "covariance": .string(report.covariance.rawValue),
      "logLikelihood": .number(report.logLikelihood), "iterations": .integer(report.iterations),
      "converged": .bool(report.isConverged),
    ]
    if report.missingCells > 0 { details["missingCells"] = .integer(report.missingCells) }
    if !report.degenerateComponents.isEmpty {
      details["degenerateComponents"] = .list(report.degenerateComponents.map { .integer($0) })
    }
    return details
  }
}
