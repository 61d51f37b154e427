import DensityEstimation

extension Catalogue {
  /// Counts in the cells of a grid.
  static let histogramEntries: [CatalogueEntry] = [
    .estimated(
      "histogram", "Counts in the cells of a grid; for few columns.", HistogramEstimator(),
      choices: [
        "  configuration.bins: freedmanDiaconis, scott, sturges, knuth, {fixed: {count: 10}}, {spaced: {width: 0.5}}",
        "                      or {given: {edges: [[0, 1, 2], [0, 10, 100]]}} (one list of edges for each column)",
        "  configuration.maximumCells: the most cells of the grid, all columns together",
      ],
      fit: { estimator, data, rng in
        let histogram = try estimator.fit(data.rows, weights: data.weights, using: &rng)
        let counts = histogram.binCounts.map { SettingsValue.integer($0) }
        return EstimationResult(
          histogram, details: ["bins": .object(Dictionary(uniqueKeysWithValues: zip(data.names, counts)))])
      },
      load: { _, _, tensors in EstimatedModel(distribution: try Histogram(tensors: tensors)) })
  ]
}
