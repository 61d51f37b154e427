public import Torch

extension Factorization {
  /// The product of densities that are fitted to rows, each column given its parents.
  ///
  /// - Parameters:
  ///   - data: rows, `[count, features]`.
  ///   - weights: `[count]`, not negative, of any sum; nil for ones.
  ///   - columns: the kinds of the columns; nil to tell them from the values.
  ///   - order: the columns in the order in which they are drawn.
  ///   - parents: the parents of each column, which come before it in the order.
  ///   - estimator: what fits a column.
  ///   - rng: the source of random numbers of estimators.
  /// - Throws: `DensityEstimationError` when the rows do not make a density in a column.
  /// - Precondition: the order has each column once, and parents come before their children.
  public init(
    fitting data: Tensor, weights: Tensor? = nil, columns: [ColumnKind]? = nil, order: [Int], parents: [[Int]],
    with estimator: (_ column: Int, ConditionalData) -> any ConditionalDensityEstimator,
    using rng: inout RandomGenerator
  ) throws(DensityEstimationError) {
    let (rows, kinds) = try WeightedRows.table(data, weights: weights, kinds: columns)
    try self.init(fitting: rows, kinds: kinds, order: order, parents: parents, with: estimator, using: &rng)
  }

  init(
    fitting rows: WeightedRows, kinds: [ColumnKind], order: [Int], parents: [[Int]],
    with estimator: (_ column: Int, ConditionalData) -> any ConditionalDensityEstimator,
    using rng: inout RandomGenerator
  ) throws(DensityEstimationError) {
    precondition(
      order.sorted() == Array(kinds.indices) && parents.count == kinds.count,
      "Factorization: expected an order and the parents of \(kinds.count) columns, got \(order) and \(parents.count)")
    var factors: [Factor] = []
    for column in order {
      factors.append(
        try Factor(
          fitting: rows, kinds: kinds, column: column, parents: parents[column],
          with: estimator, using: &rng))
    }
    self.init(factors)
  }
}

extension Factorization.Factor {
  /// The density of a column given others, fitted to rows. An error calls the column by its number, counted from 0, which is
  /// its place when nil.
  init(
    fitting rows: WeightedRows, kinds: [ColumnKind], column: Int, parents: [Int], number: Int? = nil,
    with estimator: (_ column: Int, ConditionalData) -> any ConditionalDensityEstimator,
    using rng: inout RandomGenerator
  ) throws(DensityEstimationError) {
    func fit(
      _ estimator: some ConditionalDensityEstimator, _ data: ConditionalData, using rng: inout RandomGenerator
    ) throws(DensityEstimationError) -> any ConditionalDensity { try estimator.fit(data, using: &rng) }
    do {
      let data = ConditionalData(rows, kinds: kinds, target: column, parents: parents)
      self.init(
        column: column, parents: parents, conditional: try fit(estimator(column, data), data, using: &rng))
    } catch .degenerate(let reason) {
      throw .degenerate(reason: "column \((number ?? column) + 1): \(reason)")
    } catch .tooLarge(let reason) {
      throw .tooLarge(reason: "column \((number ?? column) + 1): \(reason)")
    }
  }
}
