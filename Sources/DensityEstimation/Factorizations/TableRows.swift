import Torch

/// Rows of finite numbers in 64 bits, each with a positive weight.
struct TableRows {
  /// `[count, features]`.
  let values: Tensor
  /// `[count]`, positive; a weight of 2 is a row that is there twice.
  let weights: Tensor

  /// The rows of positive weight.
  ///
  /// - Throws: `DensityEstimationError` for cells that are not finite, weights that are no weights, and too few rows.
  /// - Precondition: `data` is `[count, features]`.
  init(_ data: Tensor, weights: Tensor?, atLeast needed: Int = 1) throws(DensityEstimationError) {
    precondition(data.rank == 2 && data.size(1) > 0, "fit: expected data [count, features], got \(data.shape)")
    let rows = data.detached().to(.float64)
    guard rows.size(0) >= needed else { throw .tooFewRows(available: rows.size(0), needed: needed) }
    try TableRows.checkFinite(rows)
    guard let weights else {
      values = rows
      self.weights = Tensor.ones([rows.size(0)], dtype: .float64, device: rows.device)
      return
    }
    let wide = weights.detached().to(.float64)
    guard wide.shape == [rows.size(0)] else {
      throw .invalidWeights(reason: "there are \(rows.size(0)) rows, but weights of shape \(wide.shape)")
    }
    guard wide.isFinite().all(), !(wide .< 0).any() else {
      throw .invalidWeights(reason: "a weight is negative or not finite")
    }
    let isThere = wide .> 0
    let count = isThere.nonzeroCount()
    guard count > 0 else { throw .invalidWeights(reason: "all weights are 0") }
    guard count >= needed else { throw .tooFewRows(available: count, needed: needed) }
    values = count == rows.size(0) ? rows : rows[.indices(isThere)]
    self.weights = count == rows.size(0) ? wide : wide.selecting(where: isThere)
  }

  /// The number of rows.
  var count: Int { values.size(0) }
  /// The number of columns.
  var features: Int { values.size(1) }

  private static func checkFinite(_ rows: Tensor) throws(DensityEstimationError) {
    let isFinite = rows.isFinite()
    guard !isFinite.all() else { return }
    let place = (.!isFinite).nonzero()[0].doubles()
    throw .notFinite(row: Int(place[0]), column: Int(place[1]))
  }
}
