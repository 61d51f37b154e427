import DensityEstimation

extension Catalogue {
  /// A bump at each row.
  static let kernelDensityEntries: [CatalogueEntry] = [
    .estimated(
      "kde", "Kernel density: a bump at each row; smooth, without assumptions, for up to some ten columns.",
      KernelDensityEstimator(),
      choices: [
        "  configuration.kernel: \(SettingsChoices.list(SmoothingKernel.self))",
        "  configuration.bandwidth: scott, silverman, normalReference, improvedSheatherJones, leaveOneOutLikelihood,",
        "    sheatherJones, sheatherJonesPlugIn, unbiasedCrossValidation, biasedCrossValidation, {fixed: [0.5]}",
        "  configuration.shape: \(SettingsChoices.list(KernelDensityEstimator.Shape.self))",
        "  configuration.sensitivity: 0 for bumps of one width, 0.5 for wider ones where rows are few",
        "  configuration.bounds: [{lower: 0}] for all columns, or one a column; evaluation: automatic, exact, tree, fft",
      ],
      fit: { estimator, data, rng in
        let density = try estimator.fit(data.rows, weights: data.weights, using: &rng)
        let bandwidths = density.bandwidths
        return EstimationResult(
          density,
          details: [
            "bandwidths": .object(Dictionary(uniqueKeysWithValues: zip(data.names, bandwidths.map { .number($0) })))
          ])
      },
      load: { estimator, _, tensors in
        EstimatedModel(distribution: try KernelDensity(tensors: tensors, estimator: estimator))
      })
  ]
}
