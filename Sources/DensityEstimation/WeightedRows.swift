import Torch

/// The rows that a fit uses: 64-bit, finite, on the processor, without those of weight 0.
struct WeightedRows {
  /// Rows, `[rows, columns]`.
  let points: Tensor
  /// Positive weights, `[rows]`; nil when all are 1.
  let weights: Tensor?
  /// The sum of the weights.
  let totalWeight: Double
  /// Whether a row was a number by itself: data of rank 1.
  let isOfNumbers: Bool

  /// The number of rows.
  var count: Int { points.size(0) }
  /// The number of columns.
  var columns: Int { points.size(1) }

  /// The rows of data that a fit can use.
  ///
  /// - Throws: `DensityEstimationError` for cells or weights that cannot be used, or too few rows.
  /// - Precondition: data are `[count]` or `[count, features]`.
  init(_ data: Tensor, weights: Tensor?, atLeast needed: Int) throws(DensityEstimationError) {
    precondition(
      data.rank == 1 || (data.rank == 2 && data.size(1) > 0),
      "fit: expected [count] or [count, features], got \(data.shape)")
    isOfNumbers = data.rank == 1
    let rows = (isOfNumbers ? data.unsqueezed(1) : data).detached().to(.cpu).to(.float64).contiguous()
    guard rows.size(0) > 0 else { throw .tooFewRows(available: 0, needed: max(needed, 1)) }
    let isFinite = rows.isFinite()
    if !isFinite.all() {
      let place = isFinite.flattened().to(.uint8).argMin(0).integerItem()
      throw .notFinite(row: place / rows.size(1), column: place % rows.size(1))
    }
    let positive = try Self.checked(weights, rows: rows.size(0))
    let kept = positive.map { $0 .> 0 }
    if let positive, let kept, !kept.all() {
      points = rows[.indices(kept)]
      self.weights = positive[.indices(kept)]
    } else {
      points = rows
      self.weights = positive
    }
    totalWeight = self.weights?.sum().item() ?? Double(rows.size(0))
    guard points.size(0) >= needed else { throw .tooFewRows(available: points.size(0), needed: needed) }
  }

  /// The weights in 64 bits; nil when all are 1.
  private static func checked(_ weights: Tensor?, rows: Int) throws(DensityEstimationError) -> Tensor? {
    guard let weights = weights?.detached().to(.cpu).to(.float64).contiguous() else { return nil }
    guard weights.shape == [rows] else {
      throw .invalidWeights(reason: "there are \(rows) rows, but the weights have shape \(weights.shape)")
    }
    let isBad = (weights .>= 0) .& weights.isFinite()
    if !isBad.all() {
      let row = isBad.to(.uint8).argMin(0).integerItem()
      throw .invalidWeights(reason: "that of row \(row + 1) is \(weights[.at(row)].item()); it must be 0 or more")
    }
    let total = weights.sum().item()
    guard total > 0 else { throw .invalidWeights(reason: "all are 0") }
    guard total.isFinite else { throw .invalidWeights(reason: "their sum is infinite") }
    return (weights .== 1).all() ? nil : weights
  }

  /// Refuses weights that cannot count repetitions, for estimators in which the number of rows matters.
  ///
  /// - Throws: `DensityEstimationError.invalidWeights` when they sum to less than `least`.
  func requireTotalWeight(atLeast least: Double) throws(DensityEstimationError) {
    guard weights == nil || totalWeight >= least else {
      throw .invalidWeights(
        reason: "they sum to \(totalWeight), but a weight counts how often its row is there, and at least \(least) "
          + "are needed: multiply weights that sum to 1 by the number of rows")
    }
  }

  /// The least and greatest number of each column.
  ///
  /// - Throws: `DensityEstimationError` for a column with one value, or too narrow or wide for 64-bit numbers.
  func box() throws(DensityEstimationError) -> (lower: [Double], upper: [Double]) {
    let (lower, upper) = (points.min(0).doubles(), points.max(0).doubles())
    for column in 0..<columns {
      let width = upper[column] - lower[column]
      guard width > 0 else { throw .constantColumn(column: column) }
      guard width.isFinite && (1 / width).isFinite else {
        throw .degenerate(
          reason: "column \(column + 1) reaches from \(lower[column]) to \(upper[column]), beyond what 64-bit numbers "
            + "can divide: rescale it")
      }
    }
    return (lower, upper)
  }
}
