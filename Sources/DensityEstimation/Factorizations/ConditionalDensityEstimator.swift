public import Torch

/// A way to learn a conditional density of one column from rows, without a training loop.
///
/// To implement one: treat a weight of 2 like a row that is there twice; take continuous and discrete columns on both
/// sides, or refuse with a message that names what to use instead; fit in 64 bits.
public protocol ConditionalDensityEstimator {
  /// What a fit gives.
  associatedtype Fitted: ConditionalDensity

  /// The conditional density of rows.
  ///
  /// - Parameters:
  ///   - data: the column and those that it depends on.
  ///   - rng: the source of random numbers; left alone by an estimator that needs none.
  /// - Returns: what was learnt.
  /// - Throws: `DensityEstimationError` when the rows do not make a conditional density.
  func fit(_ data: ConditionalData, using rng: inout RandomGenerator) throws(DensityEstimationError) -> Fitted
}

/// A column to be modelled, and the columns that it may depend on, row by row.
public struct ConditionalData {
  /// The column to be modelled, `[count]`, 64-bit.
  public let target: Tensor
  /// Its kind.
  public let targetKind: ColumnKind
  /// The columns that it may depend on, `[count, given]`, 64-bit.
  public let given: Tensor
  /// Their kinds.
  public let givenKinds: [ColumnKind]
  /// Positive weights, `[count]`, 64-bit.
  public let weights: Tensor

  /// Rows, checked.
  ///
  /// - Parameters:
  ///   - target: `[count]`.
  ///   - targetKind: nil to tell it from the values.
  ///   - given: `[count, given]`; the second size may be 0.
  ///   - givenKinds: nil to tell them from the values.
  ///   - weights: `[count]`, not negative, of any sum; nil for ones.
  /// - Throws: `DensityEstimationError` for cells or weights that are not what they must be.
  /// - Precondition: the shapes agree.
  public init(
    target: Tensor, targetKind: ColumnKind? = nil, given: Tensor, givenKinds: [ColumnKind]? = nil,
    weights: Tensor? = nil
  ) throws(DensityEstimationError) {
    precondition(
      target.rank == 1 && given.rank == 2 && given.size(0) == target.size(0),
      "ConditionalData: expected [count] and [count, given], got \(target.shape), \(given.shape)")
    let (column, others) = (target.to(.float64).unsqueezed(1), given.to(.float64))
    let kinds =
      (targetKind.map { [$0] } ?? ColumnKind.inferred(from: column))
      + (givenKinds ?? ColumnKind.inferred(from: others))
    let table = try WeightedRows.table(Tensor.concatenating([column, others], 1), weights: weights, kinds: kinds)
    self.init(table.rows, kinds: kinds, target: 0, parents: Array(1..<kinds.count))
  }

  /// One column of checked rows, given others.
  init(_ rows: WeightedRows, kinds: [ColumnKind], target: Int, parents: [Int]) {
    self.target = rows.points[.all, .at(target)].contiguous()
    targetKind = kinds[target]
    given = rows.points[.all, .indices(Tensor(parents))]
    givenKinds = parents.map { kinds[$0] }
    weights = rows.counts
  }

  /// The number of rows.
  public var count: Int { target.size(0) }
}
