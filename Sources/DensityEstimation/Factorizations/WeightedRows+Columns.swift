import Torch

extension WeightedRows {
  /// The rows of a table `[count, features]`, and the kinds of its columns, held against the values; nil to tell them from
  /// the values.
  static func table(
    _ data: Tensor, weights: Tensor?, kinds: [ColumnKind]?
  ) throws(DensityEstimationError) -> (rows: WeightedRows, kinds: [ColumnKind]) {
    precondition(data.rank == 2 && data.size(1) > 0, "fit: expected rows [count, features], got \(data.shape)")
    let rows = try WeightedRows(data, weights: weights, atLeast: 1)
    let kinds = kinds ?? ColumnKind.inferred(from: rows.points)
    try rows.check(kinds)
    return (rows, kinds)
  }

  /// The weights, ones where there are none, `[rows]`.
  var counts: Tensor { weights ?? Tensor.ones([count], dtype: .float64) }

  /// Some of the rows.
  func selecting(_ indices: Tensor) throws(DensityEstimationError) -> WeightedRows {
    try WeightedRows(points.selecting(indices), weights: weights?.selecting(indices), atLeast: 1)
  }

  /// Holds kinds against the values.
  private func check(_ kinds: [ColumnKind]) throws(DensityEstimationError) {
    precondition(kinds.count == columns, "fit: expected the kinds of \(columns) columns, got \(kinds.count)")
    for (column, kind) in kinds.enumerated() {
      precondition(kind.isValid, "fit: the values of discrete column \(column) must be finite and rise")
      let values = points[.all, .at(column)].contiguous()
      switch kind {
      case .continuous:
        guard values.min().item() < values.max().item() else { throw .constantColumn(column: column) }
      case .discrete(let known):
        let cells = Cells.values(Tensor(known))
        let isKnown = cells.contain(values, at: cells.indices(of: values))
        guard isKnown.all() else {
          throw .unknownValue(column: column, value: values.selecting(where: .!isKnown)[0].item())
        }
      }
    }
  }
}
