import Datasets
import Foundation
import Torch

/// Between rows in the user's units, in 64 bits, and the rows that a model sees: 32-bit ones for a trained model.
///
/// A column whose values differ little from one another, such as times in seconds since 1970, loses its differences in 32
/// bits; a constant is taken off before and put back after. A shift does not change densities. An estimated model sees
/// the rows as they are.
struct RowUnits {
  let offsets: [Double]
  let grids: [ColumnGrid]
  let isWide: Bool

  /// Above this ratio of size to spread a column is shifted: 32 bits would keep less than four digits of the spread.
  private static let largestRatio = 1000.0

  /// The units of columns that were looked at.
  init(_ columns: [ColumnInspection], grids: [ColumnGrid], supports: [ColumnSupport] = [], isWide: Bool) {
    offsets = columns.enumerated().map { place, column in
      // A model sees bounded numbers by their distance from the bound, which 32 bits keep.
      if let support = supports.first(where: { $0.column == place }) { return support.lower }
      guard !isWide else { return 0 }
      let size = max(abs(column.minimum), abs(column.maximum))
      let spread = column.maximum - column.minimum
      return size > spread * Self.largestRatio ? column.mean.rounded() : 0
    }
    self.grids = grids
    self.isWide = isWide
  }

  /// The units of columns that are not modelled.
  init(offsets: [Double], isWide: Bool) {
    self.offsets = offsets
    grids = []
    self.isWide = isWide
  }

  /// The units that a model file names; files without offsets are of models without.
  init(_ description: ModelDescription) {
    offsets = description.offsets ?? description.columns.map { _ in 0 }
    grids = description.grids
    isWide = description.estimation != nil
  }

  /// The grids as the model sees them.
  var shiftedGrids: [ColumnGrid] {
    grids.map { grid in
      var shifted = grid
      shifted.minimum -= offsets[grid.column]
      shifted.maximum -= offsets[grid.column]
      return shifted
    }
  }

  /// What a model sees of rows.
  func modelRows(_ rows: Tensor) -> Tensor {
    let dtype: DType = isWide ? .float64 : .float32
    let isShifted = offsets.contains { $0 != 0 }
    return isShifted ? (rows.to(.float64) - Tensor(offsets).to(rows.device)).to(dtype) : rows.to(dtype)
  }

  /// A model's rows in the user's units, 64-bit, discrete columns exactly on their grid.
  func dataRows(_ rows: Tensor) -> Tensor {
    let shifted = rows.to(.float64) + Tensor(offsets).to(rows.device)
    guard !grids.isEmpty else { return shifted }
    var columns = shifted.unbound(1)
    for grid in grids {
      let index = ((columns[grid.column] - grid.minimum) / grid.step).rounded()
      let power = Self.decimalPower(of: grid)
      // Dividing integers gives the number that the decimal stands for: 0.43 and not 0.43000000000000005.
      columns[grid.column] = ((index * grid.step + grid.minimum) * power).rounded() / power
    }
    return Tensor.stacking(columns, 1)
  }

  /// The power of ten that makes the grid's values integers, or a large one.
  private static func decimalPower(of grid: ColumnGrid) -> Double {
    let powers = (0...9).map { pow(10, Double($0)) }
    return powers.first { power in
      [grid.step, grid.minimum].allSatisfy { abs($0 * power - ($0 * power).rounded()) < 1e-6 * max(1, abs($0 * power)) }
    } ?? 1e12
  }
}
