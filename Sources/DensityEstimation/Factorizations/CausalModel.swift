public import Probability
public import Torch

/// A distribution of rows in which each column depends on its causes only: p(x) = p(x_1 | causes) p(x_2 | causes) ...
///
/// Beside densities and draws it answers what happens when a column is set from outside, do(X = x): the column no longer
/// depends on its causes, and everything else stays as it is. That is another distribution than the one given X = x,
/// which also tells about the causes of X.
///
///     let model = try CausalModelEstimator(graph: CausalGraph("a -> b, b -> c", columns: ["a", "b", "c"]))
///       .fit(x, using: &rng)
///     let intervened = try model.intervening(["b": 2])
///     intervened.sample([1000], using: &rng)
///
/// - Reference: Pearl, *Causality*, 2009, section 3.2.3 (the truncated factorization, equation 3.10).
public struct CausalModel: FactorizedDistribution {
  /// The parts, causes before effects.
  public let factorization: Factorization
  /// Which columns cause which.
  public let graph: CausalGraph

  /// A distribution of each column given its causes.
  ///
  /// - Parameters:
  ///   - graph: which columns cause which.
  ///   - conditionals: one for each column, in the order of the table; its given columns are the causes in rising order.
  /// - Precondition: each density takes as many columns as its column has causes.
  public init(_ graph: CausalGraph, conditionals: [any ConditionalDensity]) {
    precondition(
      conditionals.count == graph.columns.count,
      "CausalModel: expected \(graph.columns.count) conditional densities, got \(conditionals.count)")
    self.graph = graph
    factorization = Factorization(
      graph.order.map {
        Factorization.Factor(column: $0, parents: graph.parents[$0], conditional: conditionals[$0])
      })
  }

  init(_ graph: CausalGraph, _ factorization: Factorization) {
    self.graph = graph
    self.factorization = factorization
  }

  /// The model in which columns are set to values from outside, do(X = x).
  ///
  /// Its log-probability is that of all other columns given their causes where the columns have these values, and minus
  /// infinity elsewhere.
  ///
  /// - Parameter values: by the names of the columns.
  /// - Returns: the model, in which these columns have no causes.
  /// - Throws: `DensityEstimationError.unknownColumn`, or `impossibleIntervention` for a value that the column never has.
  public func intervening(_ values: [String: Double]) throws(DensityEstimationError) -> CausalModel {
    var replacements: [Int: any ConditionalDensity] = [:]
    for (name, value) in values {
      let column = try place(of: name)
      let kind = columns[column]
      guard value.isFinite && (!kind.isDiscrete || kind.values.contains(value)) else {
        throw .impossibleIntervention(column: name, value: value, possible: kind.values)
      }
      replacements[column] = PointMass(at: value, target: kind)
    }
    return replacing(replacements)
  }

  /// The model in which a column is drawn from a distribution from outside, whatever its causes are.
  ///
  /// - Parameters:
  ///   - name: the column.
  ///   - distribution: of one number, of batch shape and event shape `[]`.
  /// - Returns: the model, in which the column has no causes.
  /// - Throws: `DensityEstimationError.unknownColumn`.
  public func intervening(
    on name: String, drawingFrom distribution: some Distribution
  ) throws(DensityEstimationError) -> CausalModel {
    let column = try place(of: name)
    return replacing([column: Unconditional(distribution, target: columns[column])])
  }

  private func place(of name: String) throws(DensityEstimationError) -> Int {
    guard let column = graph.columns.firstIndex(of: name) else {
      throw .unknownColumn(name: name, known: graph.columns)
    }
    return column
  }

  private func replacing(_ replacements: [Int: any ConditionalDensity]) -> CausalModel {
    let conditionals = factorization.factors.sorted { $0.column < $1.column }.map { factor in
      replacements[factor.column] ?? factor.conditional
    }
    return CausalModel(graph.removingCauses(of: Set(replacements.keys)), conditionals: conditionals)
  }

  /// The model of stored tensors; see ``Factorization/init(tensors:families:)``.
  ///
  /// - Parameters:
  ///   - tensors: those of `tensors`.
  ///   - names: the names of the columns.
  /// - Throws: `DensityEstimationError.degenerate` when the tensors cannot be those of a model of these columns.
  public init(tensors: [String: Tensor], columns names: [String]) throws(DensityEstimationError) {
    let factorization = try Factorization(tensors: tensors)
    try CheckedTensors(tensors, of: "causal model").check(
      factorization.features == names.count,
      "the file has \(factorization.features) columns, but there are \(names.count) names")
    self.init(try CausalGraph(columns: names, parents: factorization.parents), factorization)
  }
}

/// Fits each column given its causes.
public struct CausalModelEstimator: DensityEstimator, Hashable, Sendable, Codable {
  /// Which columns cause which.
  public var graph: CausalGraph
  /// The family of the conditional densities.
  public var conditional: ConditionalFamily
  /// The kinds of the columns; nil to tell them from the values.
  public var columns: [ColumnKind]?

  /// A causal model of a graph.
  public init(graph: CausalGraph, conditional: ConditionalFamily = .tree(), columns: [ColumnKind]? = nil) {
    self.graph = graph
    self.conditional = conditional
    self.columns = columns
  }

  /// The model of the graph whose conditional densities are fitted to rows.
  ///
  /// - Throws: `DensityEstimationError.invalidGraph` when the graph has another number of columns than the rows, and
  ///   others when the rows do not make a density in a column.
  public func fit(
    _ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> CausalModel {
    guard data.size(-1) == graph.columns.count else {
      throw .invalidGraph(
        reason: "the graph has \(graph.columns.count) columns, but the rows have \(data.size(-1))")
    }
    let factorization = try Factorization(
      fitting: data, weights: weights, columns: columns, order: graph.order, parents: graph.parents,
      with: { conditional.estimator(for: $1) }, using: &rng)
    return CausalModel(graph, factorization)
  }
}
