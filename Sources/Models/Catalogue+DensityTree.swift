import DensityEstimation

extension Catalogue {
  /// Boxes that follow the data.
  static let densityTreeEntries: [CatalogueEntry] = [
    .estimated(
      "density-tree", "Boxes cut in two again and again, pruned by cross-validation; quick, for any number of columns.",
      DensityTreeEstimator(),
      choices: [
        "  configuration.criterion: \(SettingsChoices.list(DensityTreeEstimator.Criterion.self))",
        "  configuration.pruning: none, {crossValidation: {folds: 10}}, {leaves: {most: 50}}",
        "                         or {complexity: {penalty: 0.001}} (what a leaf must save of the loss)",
        "  configuration.margin: none, gap or {fraction: {ofWidth: 0.05}}: how far the box reaches beyond the data",
      ],
      fit: { estimator, data, rng in
        let tree = try estimator.fit(data.rows, weights: data.weights, using: &rng)
        let importance = tree.variableImportance(estimator.criterion).map { SettingsValue.number($0) }
        return EstimationResult(
          tree,
          details: [
            "leaves": .integer(tree.leafCount), "depth": .integer(tree.depth),
            "variableImportance": .object(Dictionary(uniqueKeysWithValues: zip(data.names, importance))),
          ])
      },
      load: { _, _, tensors in EstimatedModel(distribution: try DensityTree(tensors: tensors)) })
  ]
}
