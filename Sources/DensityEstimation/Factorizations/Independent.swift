public import Probability
public import Torch

/// Columns that do not depend on each other: p(x) = p_1(x_1) p_2(x_2) ..., the naive factorization.
///
/// All dependence between columns is lost; it is what other models must beat.
///
///     Independent([Normal(location: Tensor(0.0), scale: Tensor(1.0)), histogram])
public struct Independent: FactorizedDistribution {
  /// The parts, none of which has parents.
  public let factorization: Factorization

  /// A product of distributions of one number each.
  ///
  /// - Parameters:
  ///   - marginals: one for each column, of batch shape and event shape `[]`.
  ///   - columns: the kinds of the columns; nil when all are continuous.
  public init(_ marginals: [any Distribution], columns: [ColumnKind]? = nil) {
    precondition(
      columns == nil || columns?.count == marginals.count,
      "Independent: expected the kinds of \(marginals.count) columns, got \(columns?.count ?? 0)")
    func part(_ marginal: some Distribution, _ column: Int) -> Factorization.Factor {
      Factorization.Factor(
        column: column, parents: [], conditional: Unconditional(marginal, target: columns?[column] ?? .continuous))
    }
    factorization = Factorization(marginals.indices.map { part(marginals[$0], $0) })
  }

  init(_ factorization: Factorization) { self.factorization = factorization }

  /// The distribution of each column.
  public var marginals: [any Distribution] {
    factorization.factors.map { $0.conditional.conditioned(on: Tensor.zeros([0], dtype: .float64)) }
  }

  /// The distribution of stored tensors; see ``Factorization/init(tensors:families:)``.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when the tensors cannot be those of independent columns.
  public init(tensors: [String: Tensor]) throws(DensityEstimationError) {
    let factorization = try Factorization(tensors: tensors)
    try CheckedTensors(tensors, of: "product of independent columns").check(
      factorization.parents.allSatisfy(\.isEmpty), "a column has parents")
    self.init(factorization)
  }
}

/// Fits each column by itself.
public struct IndependentEstimator: DensityEstimator, Hashable, Sendable, Codable {
  /// The family of each column's distribution: with `linear` normal distributions and frequencies, with `table` histograms
  /// and frequencies.
  public var conditional: ConditionalFamily
  /// The kinds of the columns; nil to tell them from the values.
  public var columns: [ColumnKind]?

  /// Histograms and frequencies, unless told otherwise.
  public init(conditional: ConditionalFamily = .table(), columns: [ColumnKind]? = nil) {
    self.conditional = conditional
    self.columns = columns
  }

  /// The product of each column's distribution.
  ///
  /// - Throws: `DensityEstimationError` when the rows do not make a density in a column.
  public func fit(
    _ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> Independent {
    let features = data.size(-1)
    return Independent(
      try Factorization(
        fitting: data, weights: weights, columns: columns, order: Array(0..<features),
        parents: Array(repeating: [], count: features), with: { conditional.estimator(for: $1) }, using: &rng))
  }
}
