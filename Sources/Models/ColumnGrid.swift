import Datasets
import Torch

/// The values that a discrete column takes: multiples of a step between two ends.
public struct ColumnGrid: Codable, Hashable, Sendable {
  /// The column's position in a row.
  public var column: Int
  /// The distance of neighbouring values.
  public var step: Double
  /// The smallest value.
  public var minimum: Double
  /// The largest value.
  public var maximum: Double
}

/// Goes between discrete columns and continuous ones: noise of one step in, rounding down out.
///
/// The density of a noisy row, averaged over the noise, is the probability of the discrete row divided by the product of
/// the steps; the mean log-density of noisy rows is a lower bound of its logarithm.
///
/// - Reference: Uria, Murray, Larochelle, *RNADE: the real-valued neural autoregressive density-estimator*, 2013.
struct Dequantization {
  let grids: [ColumnGrid]
  private let features: Int

  init(_ grids: [ColumnGrid], features: Int) {
    self.grids = grids
    self.features = features
  }

  /// The grids of columns of a table; `*` stands for all discrete ones.
  ///
  /// - Throws: `DatasetError` for an unknown column or one with a single value.
  static func grids(of names: [String], in table: Table) throws -> [ColumnGrid] {
    guard !names.isEmpty else { return [] }
    let inspection = try TableInspection(table)
    let chosen = names == ["*"] ? inspection.discreteColumns : names
    return try zip(chosen, try table.columnIndices(chosen)).map { name, index in
      let column = inspection.columns[index]
      guard column.smallestGap > 0 else { throw DatasetError.constantColumns(path: table.path, names: [name]) }
      return ColumnGrid(column: index, step: column.smallestGap, minimum: column.minimum, maximum: column.maximum)
    }
  }

  /// Rows with noise on [0, step) added to their discrete columns.
  func noisy(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let steps = row(rows, default: 0, \.step)
    return rows + Tensor.uniform(rows.shape, dtype: rows.dtype, device: rows.device, using: &rng) * steps
  }

  /// Rows with their discrete columns brought down to the grid and between its ends.
  func rounded(_ rows: Tensor) -> Tensor {
    let step = row(rows, default: 1, \.step)
    let minimum = row(rows, default: 0, \.minimum)
    let maximum = row(rows, default: 0, \.maximum)
    let onGrid = (((rows - minimum) / step).floor() * step + minimum).clamped(from: minimum, to: maximum)
    return select(row(rows, default: 0, { _ in 1 }) .> 0, onGrid, rows)
  }

  private func row(_ like: Tensor, default value: Double, _ of: (ColumnGrid) -> Double) -> Tensor {
    var values = [Double](repeating: value, count: features)
    for grid in grids { values[grid.column] = of(grid) }
    return Tensor(values).to(like.dtype, like.device)
  }
}
