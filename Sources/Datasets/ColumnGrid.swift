import Torch

/// The values that a discrete column takes: multiples of a step between two ends.
public struct ColumnGrid: Codable, Hashable, Sendable {
  /// The column's position in a row.
  public var column: Int
  /// The distance of neighbouring values, positive.
  public var step: Double
  /// The smallest value.
  public var minimum: Double
  /// The largest value.
  public var maximum: Double

  /// The grid of a column.
  public init(column: Int, step: Double, minimum: Double, maximum: Double) {
    self.column = column
    self.step = step
    self.minimum = minimum
    self.maximum = maximum
  }
}

extension Table {
  /// The grids of discrete columns; `*` stands for all of few and evenly spaced values.
  ///
  /// - Throws: `DatasetError` for an unknown column, one with a single value, or one whose values are not evenly spaced.
  /// - Complexity: looks at every value of the columns.
  public func grids(of names: [String]) throws(DatasetError) -> [ColumnGrid] {
    guard !names.isEmpty else { return [] }
    let inspection = try TableInspection(self)
    let chosen = names == ["*"] ? inspection.discreteColumns : names.flatMap(encodedNames)
    var grids: [ColumnGrid] = []
    for (name, index) in zip(chosen, try columnIndices(chosen)) {
      let column = inspection.columns[index]
      guard column.smallestGap > 0 else { throw .constantColumns(path: path, names: [column.source]) }
      let grid = ColumnGrid(
        column: index, step: column.smallestGap, minimum: column.minimum, maximum: column.maximum)
      if holdsAllValues(grid) {
        grids.append(grid)
      } else if names != ["*"] {
        throw .invalidOptions(
          message:
            "\(path): the values of column '\(name)' are not evenly spaced, so noise of one step cannot be added; "
            + "leave the column out or model it as it is")
      }
    }
    return grids
  }

  private func holdsAllValues(_ grid: ColumnGrid) -> Bool {
    let index = (values.narrowed(1, from: grid.column, length: 1).to(.float64) - grid.minimum) / grid.step
    return (index - index.rounded()).absolute().max().item() < 1e-3
  }
}
