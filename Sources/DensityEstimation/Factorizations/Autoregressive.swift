public import Torch

/// The chain rule: p(x) = p(x_1) p(x_2 | x_1) p(x_3 | x_1, x_2) ..., exact for every distribution and every order of the
/// columns.
///
/// What a factorization can represent is what its conditional densities can; they grow harder to learn along the order.
///
///     let model = try AutoregressiveEstimator(conditional: .linear(), order: [2, 0, 1]).fit(x, using: &rng)
///     model.logProb(y)                            // [rows], nats
///     model.decode(model.codes(y, using: &rng))   // y again
public struct Autoregressive: FactorizedDistribution {
  /// The parts, of which each depends on columns before it.
  public let factorization: Factorization

  /// The chain of conditional densities.
  ///
  /// - Parameters:
  ///   - conditionals: that of the first column in the order given nothing, of the second given the first, and so on; the
  ///     given columns of each are those before it, in the order.
  ///   - order: the columns in the order in which they are drawn; nil for 0, 1, ...
  /// - Precondition: the order has each column once, and each density takes as many columns as come before it.
  public init(_ conditionals: [any ConditionalDensity], order: [Int]? = nil) {
    let order = order ?? Array(conditionals.indices)
    precondition(
      order.sorted() == Array(conditionals.indices),
      "Autoregressive: expected an order of \(conditionals.count) columns, got \(order)")
    factorization = Factorization(
      zip(0..., conditionals).map { place, conditional in
        Factorization.Factor(column: order[place], parents: Array(order[..<place]), conditional: conditional)
      })
  }

  init(_ factorization: Factorization) { self.factorization = factorization }

  /// The distribution of stored tensors; see ``Factorization/init(tensors:families:)``.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when the tensors cannot be those of a factorization.
  public init(tensors: [String: Tensor]) throws(DensityEstimationError) {
    self.init(try Factorization(tensors: tensors))
  }
}

/// Fits each column given those before it.
public struct AutoregressiveEstimator: DensityEstimator, Hashable, Sendable, Codable {
  /// The family of the conditional densities.
  public var conditional: ConditionalFamily
  /// The columns in the order in which they are drawn; nil for the order of the table.
  public var order: [Int]?
  /// The most columns on which one may depend; nil for all before it.
  ///
  /// They are chosen one by one, while the log-probability of a held-out fifth of the rows rises by more than two standard
  /// errors: a column that does not matter given the others is dropped.
  public var mostParents: Int?
  /// The kinds of the columns; nil to tell them from the values.
  public var columns: [ColumnKind]?

  /// The chain rule in the order of the table.
  public init(
    conditional: ConditionalFamily = .tree(), order: [Int]? = nil, mostParents: Int? = nil,
    columns: [ColumnKind]? = nil
  ) {
    self.conditional = conditional
    self.order = order
    self.mostParents = mostParents
    self.columns = columns
  }

  /// The chain of fitted conditional densities.
  ///
  /// - Throws: `DensityEstimationError` when a setting is out of range, or the rows do not make a density in a column.
  public func fit(
    _ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> Autoregressive {
    try fit(data, weights: weights, with: { conditional.estimator(for: $1) }, using: &rng)
  }

  /// The chain of conditional densities, of which each column has an estimator of its own.
  ///
  /// - Parameters:
  ///   - data: rows, `[count, features]`.
  ///   - weights: `[count]`, not negative, of any sum; nil for ones.
  ///   - estimator: what fits a column to its data, in place of ``conditional``.
  ///   - rng: the source of random numbers of estimators.
  /// - Returns: the chain.
  /// - Throws: `DensityEstimationError` when a setting is out of range, or the rows do not make a density in a column.
  public func fit(
    _ data: Tensor, weights: Tensor? = nil,
    with estimator: (_ column: Int, ConditionalData) -> any ConditionalDensityEstimator,
    using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> Autoregressive {
    let (rows, kinds) = try WeightedRows.table(data, weights: weights, kinds: columns)
    let order = order ?? Array(kinds.indices)
    guard order.sorted() == Array(kinds.indices) else {
      throw .invalidSetting(name: "order", value: "\(order)", rule: "each of the columns 0 to \(kinds.count - 1) once")
    }
    var parents = [[Int]](repeating: [], count: kinds.count)
    let selection = try mostParents.map { (most) throws(DensityEstimationError) in
      try ParentSelection(rows, kinds: kinds, mostParents: most, using: &rng)
    }
    for (place, column) in order.enumerated() {
      let before = Array(order[..<place])
      parents[column] =
        try selection?.parents(of: column, among: before, with: estimator, using: &rng) ?? before
    }
    return Autoregressive(
      try Factorization(
        fitting: rows, kinds: kinds, order: order, parents: parents, with: estimator, using: &rng))
  }
}
