public import Torch

/// Fits a Markov chain to one or several series: the density of a step given those before it, learnt from all steps.
public struct MarkovChainEstimator: Hashable, Sendable, Codable {
  /// Which steps the distribution of the first ones is learnt from.
  public enum Start: String, Hashable, Sendable, Codable, CaseIterable {
    /// All runs of `order` steps, as if a series were cut out of a longer one.
    case stationary
    /// The first `order` steps of each series; for many series.
    case first
  }

  /// The number of earlier steps on which one depends.
  public var order: Int
  /// The family of the conditional densities.
  public var conditional: ConditionalFamily
  /// Which steps the distribution of the first ones is learnt from.
  public var start: Start
  /// The kinds of the columns; nil to tell them from the values.
  public var columns: [ColumnKind]?

  /// A chain of order 1, unless told otherwise.
  public init(
    order: Int = 1, conditional: ConditionalFamily = .tree(), start: Start = .stationary,
    columns: [ColumnKind]? = nil
  ) {
    self.order = order
    self.conditional = conditional
    self.start = start
    self.columns = columns
  }

  /// The chain of series.
  ///
  /// - Parameters:
  ///   - series: `[steps, features]` each, of any numbers of steps above `order`.
  ///   - rng: the source of random numbers of estimators.
  /// - Returns: the chain.
  /// - Throws: `DensityEstimationError` when a setting is out of range, or the steps do not make a density in a column.
  /// - Precondition: there is a series, and all have the same columns.
  public func fit(_ series: [Tensor], using rng: inout RandomGenerator) throws(DensityEstimationError) -> MarkovChain {
    let features = series.first?.size(-1) ?? 0
    precondition(
      features > 0 && series.allSatisfy { $0.rank == 2 && $0.size(1) == features },
      "MarkovChainEstimator: expected series [steps, features] with the same features, got \(series.map(\.shape))")
    try DensityEstimationError.require("order", order, in: 1...10_000)
    let shortest = series.map { $0.size(0) }.min() ?? 0
    guard shortest > order else { throw .tooFewRows(available: shortest, needed: order + 1) }
    let (rows, kinds) = try WeightedRows.table(
      Tensor.concatenating(series.map { $0.to(.float64) }), weights: nil, kinds: columns)
    let parts = rows.points.split(series.map { $0.size(0) }, 0)
    // What is wrong with a column shows here first, where it can be named.
    let transition = try fittedTransition(parts, kinds, using: &rng)
    return MarkovChain(order: order, start: try fittedStart(parts, kinds, using: &rng), transition: transition)
  }

  private func fittedStart(
    _ series: [Tensor], _ kinds: [ColumnKind], using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> Factorization {
    let windows = series.map { one in
      MarkovChain.windows(of: start == .first ? one.narrowed(0, from: 0, length: order) : one, length: order)
    }
    let width = kinds.count * order
    return try Factorization(
      fitting: Tensor.concatenating(windows), columns: (0..<order).flatMap { _ in kinds }, order: Array(0..<width),
      parents: (0..<width).map { Array(0..<$0) }, with: { conditional.estimator(for: $1) }, using: &rng)
  }

  private func fittedTransition(
    _ series: [Tensor], _ kinds: [ColumnKind], using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> [Factorization.Factor] {
    let rows = try WeightedRows(
      Tensor.concatenating(series.map { MarkovChain.windows(of: $0, length: order + 1) }), weights: nil, atLeast: 1)
    let all = (0...order).flatMap { _ in kinds }
    var factors: [Factorization.Factor] = []
    for column in kinds.indices {
      let place = order * kinds.count + column
      factors.append(
        try Factorization.Factor(
          fitting: rows, kinds: all, column: place, parents: Array(0..<place), number: column,
          with: { conditional.estimator(for: $1) }, using: &rng))
    }
    return factors
  }
}
