import Datasets
import DensityEstimation

extension Catalogue {
  private static let tables: Set<CatalogueEntry.DataTrait> = [.discreteColumns, .constantColumns, .weights]

  private static let columnChoices = [
    "  configuration.columns: names of columns that are discrete, or continuous, in any case; others by their values"
  ]

  private static let familyChoices = [
    "  configuration.conditional: linear, table, tree, mixture or kernel, or with settings {table: {bins: 20}}"
  ]

  /// Products of densities of single columns.
  static let factorizationEntries: [CatalogueEntry] = [
    .estimated(
      "independent", "Columns that do not depend on each other: what every other model must beat.",
      IndependentConfiguration(), accepts: tables, choices: familyChoices + columnChoices,
      fit: { settings, data, rng in
        let estimator = IndependentEstimator(
          conditional: settings.conditional, columns: try settings.columns.kinds(of: data))
        return EstimationResult(try estimator.fit(data.rows, weights: data.weights, using: &rng))
      },
      load: { _, _, tensors in EstimatedModel(distribution: try Independent(tensors: tensors)) }),
    .estimated(
      "autoregressive", "The chain rule: each column given those before it; discrete and continuous columns mixed.",
      AutoregressiveConfiguration(), accepts: tables,
      choices: familyChoices + columnChoices + [
        "  configuration.order: names of all columns in the order in which they are drawn; [] for the table's",
        "  configuration.mostParents: the most columns on which one may depend, chosen by held-out rows; 0 for all",
      ],
      fit: { settings, data, rng in
        let estimator = AutoregressiveEstimator(
          conditional: settings.conditional,
          order: settings.order.isEmpty ? nil : try data.indices(of: settings.order),
          mostParents: settings.mostParents == 0 ? nil : settings.mostParents,
          columns: try settings.columns.kinds(of: data))
        let model = try estimator.fit(data.rows, weights: data.weights, using: &rng)
        return EstimationResult(model, details: ["order": .list(model.order.map { .string(data.names[$0]) })])
      },
      load: { _, _, tensors in EstimatedModel(distribution: try Autoregressive(tensors: tensors)) }),
    .estimated(
      "chow-liu", "The tree in which each column depends on one other, learnt from data; quick, for discrete columns.",
      ChowLiuConfiguration(), accepts: tables,
      choices: columnChoices + [
        "  configuration.continuous: gaussian, or {bins: {count: 20}}: how continuous columns depend on each other",
        "  configuration.root: the column that depends on no other; the first when empty",
      ],
      fit: { settings, data, rng in
        var estimator = ChowLiuTreeEstimator()
        estimator.smoothing = settings.smoothing
        estimator.continuous = settings.continuous
        if !settings.root.isEmpty { estimator.root = try data.indices(of: [settings.root])[0] }
        estimator.columns = try settings.columns.kinds(of: data)
        let tree = try estimator.fit(data.rows, weights: data.weights, using: &rng)
        let edges = tree.edges.map { SettingsValue.string("\(data.names[$0.parent])->\(data.names[$0.child])") }
        return EstimationResult(tree, details: ["edges": .list(edges)])
      },
      load: { _, _, tensors in EstimatedModel(distribution: try ChowLiuTree(tensors: tensors)) }),
    .estimated(
      "causal", "Each column given its causes in a graph of yours (--dag 'a->b,b->c'); interventions by sample --do.",
      CausalConfiguration(), accepts: tables,
      choices: familyChoices + columnChoices + ["  configuration.dag: edges from causes to effects, a->b, b->c"],
      fit: { settings, data, rng in
        guard !settings.dag.isEmpty else {
          throw SettingsError.invalid(reason: "the model causal needs a graph: --dag 'a->b,b->c'")
        }
        let estimator = CausalModelEstimator(
          graph: try CausalGraph(settings.dag, columns: data.names), conditional: settings.conditional,
          columns: try settings.columns.kinds(of: data))
        let model = try estimator.fit(data.rows, weights: data.weights, using: &rng)
        return EstimationResult(model: CausalTableModel(causes: model))
      },
      load: { _, columns, tensors in
        CausalTableModel(causes: try CausalModel(tensors: tensors, columns: columns))
      }),
    .estimated(
      "markov", "A series, one row a step: each step given the ones before it.", MarkovConfiguration(),
      accepts: [.discreteColumns, .constantColumns],
      choices: familyChoices + columnChoices + ["  configuration.order: how many steps back the next one depends on"],
      fit: { settings, data, rng in
        let estimator = MarkovChainEstimator(
          order: settings.order, conditional: settings.conditional, columns: try settings.columns.kinds(of: data))
        return EstimationResult(model: MarkovTableModel(chain: try estimator.fit([data.rows], using: &rng)))
      },
      load: { _, _, tensors in MarkovTableModel(chain: try MarkovChain(tensors: tensors)) }),
  ]
}

extension EstimationData {
  /// The places of columns.
  ///
  /// - Throws: `DatasetError.unknownColumn`.
  fileprivate func indices(of wanted: [String]) throws -> [Int] {
    try wanted.map { name in
      guard let index = names.firstIndex(of: name) else {
        throw DatasetError.unknownColumn(
          path: path, name: name, suggestion: nearestName(to: name, among: names), available: names)
      }
      return index
    }
  }
}
