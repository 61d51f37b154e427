import DensityEstimation

// What the catalogue's factorizations can be told: columns by their names, where the estimators count them.

/// Settings of `independent`.
struct IndependentConfiguration: Codable, Sendable {
  var conditional = ConditionalFamily.table()
  var columns = ColumnKindSettings()
}

/// Settings of `autoregressive`.
struct AutoregressiveConfiguration: Codable, Sendable {
  var conditional = ConditionalFamily.tree()
  var columns = ColumnKindSettings()
  /// Columns in the order in which they are drawn; those of the table when empty.
  var order: [String] = []
  /// The most columns on which one may depend; 0 for all before it.
  var mostParents = 0
}

/// Settings of `chow-liu`.
struct ChowLiuConfiguration: Codable, Sendable {
  var continuous = ContinuousDependence.gaussian
  var columns = ColumnKindSettings()
  var smoothing = ChowLiuTreeEstimator().smoothing
  /// The column that depends on no other; the first when empty.
  var root = ""
}

/// Settings of `causal`.
struct CausalConfiguration: Codable, Sendable {
  /// Edges, `a->b, b->c`.
  var dag = ""
  var conditional = ConditionalFamily.tree()
  var columns = ColumnKindSettings()
}

/// Settings of `markov`.
struct MarkovConfiguration: Codable, Sendable {
  var order = 1
  var conditional = ConditionalFamily.tree()
  var columns = ColumnKindSettings()
}
