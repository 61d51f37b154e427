import Torch

/// A partition of rows into the cells of a grid: the values of discrete columns, quantile bins of continuous ones. Only
/// cells in which rows were seen are kept; all others are one more.
struct GridPartition {
  /// The values or the intervals of each column; the outer intervals reach to infinity.
  let columns: [Cells]
  /// The seen cells' numbers in the grid, `[count]`, rising.
  let seen: Tensor

  /// The number of cells: the seen ones, and the one for the rest.
  var count: Int { seen.elementCount + 1 }

  /// The grid of the columns' values and quantile bins, with the cells of the rows.
  ///
  /// - Parameters:
  ///   - kinds: the kinds of the columns.
  ///   - rows: `[count, columns]`.
  ///   - weights: `[count]`.
  ///   - bins: bins of a continuous column.
  /// - Throws: `DensityEstimationError.tooLarge` for a grid whose cells cannot be numbered.
  init(_ kinds: [ColumnKind], _ rows: Tensor, weights: Tensor, bins: Int) throws(DensityEstimationError) {
    columns = zip(kinds, rows.unbound(1)).map { kind, column in
      kind.isDiscrete
        ? .values(Tensor(kind.values)) : .quantiles(of: column.contiguous(), weights: weights, count: bins)
    }
    guard GridPartition.canNumber(columns) else {
      throw .tooLarge(
        reason: "a table of \(columns.count) given columns has more than 2^62 cells; let the column depend on fewer, "
          + "take fewer bins, or use a tree")
    }
    seen = distinctValues(GridPartition.numbers(of: rows, columns))
  }

  /// All cells of values of discrete columns, the last column's values side by side.
  init(values: [[Double]]) {
    columns = values.map { .values(Tensor($0)) }
    var all = [0]
    for own in values { all = all.flatMap { number in own.indices.map { number * (own.count + 1) + $0 } } }
    seen = Tensor(all)
  }

  /// The partition of stored numbers.
  init(given: [ColumnKind], _ stored: CheckedTensors) throws(DensityEstimationError) {
    var columns: [Cells] = []
    for (index, kind) in given.enumerated() {
      if kind.isDiscrete {
        columns.append(.values(Tensor(kind.values)))
      } else {
        let edges = try stored.numbers("edges.\(index)", [nil])
        try stored.check(Cells.areValid(edges, atLeast: 2), "'edges.\(index)' do not rise")
        columns.append(.intervals(edges: edges))
      }
    }
    self.columns = columns
    try stored.check(GridPartition.canNumber(columns), "the grid is too large")
    let cells = columns.reduce(1) { $0 * GridPartition.radix($1) }
    seen = try stored.integers("seen", [nil], in: 0..<cells)
    try stored.check(
      !(seen[.slice(from: 1)] .<= seen[.slice(to: -1)]).any(), "'seen' does not rise")
  }

  /// The edges of continuous columns, and the seen cells.
  var tensors: [String: Tensor] {
    var result = ["seen": seen]
    for case (let index, .intervals(let edges)) in zip(0..., columns) { result["edges.\(index)"] = edges }
    return result
  }

  /// The cell of each row, `[*batch, columns]` to `[*batch]`.
  func cells(of rows: Tensor) -> Tensor {
    let numbers = GridPartition.numbers(of: rows, columns)
    guard seen.elementCount > 0 else { return numbers * 0 }
    let indices = limiting(seen.searchSorted(numbers), to: seen.elementCount - 1)
    return select(taking(seen, indices) .== numbers, indices, seen.elementCount)
  }

  /// The number of places that a column has in a cell's number; a discrete one has a place for values that are not its own.
  private static func radix(_ cells: Cells) -> Int {
    switch cells {
    case .values: cells.count + 1
    case .intervals: cells.count
    }
  }

  private static func canNumber(_ columns: [Cells]) -> Bool {
    columns.reduce(1.0) { $0 * Double(radix($1)) } < 0x1p62
  }

  private static func numbers(of rows: Tensor, _ columns: [Cells]) -> Tensor {
    var result = Tensor.zeros(rows.shape.droppingTrailing(1), dtype: .int64, device: rows.device)
    for (index, cells) in columns.enumerated() {
      let column = rows[.ellipsis, .at(index)].to(.float64).contiguous()
      var place = cells.indices(of: column)
      if case .values = cells { place = select(cells.contain(column, at: place), place, cells.count) }
      result = result * radix(cells) + place
    }
    return result
  }
}
