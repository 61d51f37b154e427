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
  /// The grids of discrete columns; `*` stands for all that are.
  ///
  /// - Throws: `DatasetError` for an unknown column or one with a single value.
  public func grids(of names: [String]) throws(DatasetError) -> [ColumnGrid] {
    guard !names.isEmpty else { return [] }
    let inspection = try TableInspection(self)
    let chosen = names == ["*"] ? inspection.discreteColumns : names
    var grids: [ColumnGrid] = []
    for (name, index) in zip(chosen, try columnIndices(chosen)) {
      let column = inspection.columns[index]
      guard column.smallestGap > 0 else { throw .constantColumns(path: path, names: [name]) }
      grids.append(
        ColumnGrid(column: index, step: column.smallestGap, minimum: column.minimum, maximum: column.maximum))
    }
    return grids
  }
}
