public import Torch

/// A table of numbers: rows are observations, columns are variables.
///
///     let wine = try Table(contentsOf: "wine.csv", options: TableOptions(excluded: ["quality"]))
///     wine.values          // [1599, 11]
///
/// Text columns are refused unless one-hot encoding is asked for; a column `species` then becomes columns
/// `species=setosa`, `species=versicolor`, and so on, in alphabetical order. True and false are 1 and 0.
public struct Table {
  /// Where the rows came from; a name for messages.
  public let path: String
  /// The columns' names, one-hot encoded ones as `column=category`.
  public let columnNames: [String]
  /// The numbers, `[rows, columns]`.
  public let values: Tensor
  /// The names of the columns in the file that were read.
  public let sourceColumns: [String]
  /// The categories of the encoded columns.
  public let categories: [String: [String]]
  /// Rows left out for missing or non-finite values.
  public let droppedRowCount: Int
  /// What the reader noticed and the user should know.
  public let warnings: [String]

  /// A table of numbers that are already there.
  ///
  /// - Precondition: `values` has two dimensions, the second of the names' count.
  public init(values: Tensor, columnNames: [String], path: String = "the table") {
    self.init(
      path: path, columnNames: columnNames, values: values, sourceColumns: columnNames, categories: [:],
      droppedRowCount: 0, warnings: [])
  }

  init(
    path: String, columnNames: [String], values: Tensor, sourceColumns: [String], categories: [String: [String]],
    droppedRowCount: Int, warnings: [String]
  ) {
    precondition(
      values.rank == 2 && values.size(1) == columnNames.count,
      "Table: expected values of shape [rows, \(columnNames.count)], got \(values.shape)")
    self.path = path
    self.columnNames = columnNames
    self.values = values
    self.sourceColumns = sourceColumns
    self.categories = categories
    self.droppedRowCount = droppedRowCount
    self.warnings = warnings
  }

  /// The number of rows.
  public var rowCount: Int { values.size(0) }

  /// The number of columns.
  public var columnCount: Int { columnNames.count }

  /// For each column the name of the one in the file that it came from: another one for one-hot encoded columns.
  public var columnSources: [String] {
    let sources = sourceColumns.flatMap { name in [String](repeating: name, count: categories[name]?.count ?? 1) }
    return sources.count == columnCount ? sources : columnNames
  }

  /// The columns that a name stands for: itself, or those into which the column of this name was encoded.
  func encodedNames(of name: String) -> [String] {
    categories[name].map { texts in texts.map { "\(name)=\($0)" } } ?? [name]
  }

  /// The positions of columns.
  ///
  /// - Throws: `DatasetError.unknownColumn` if a name is not a column's.
  public func columnIndices(_ names: [String]) throws(DatasetError) -> [Int] {
    var indices: [Int] = []
    for name in names {
      guard let index = columnNames.firstIndex(of: name) else {
        throw .unknownColumn(
          path: path, name: name, suggestion: nearestName(to: name, among: columnNames), available: columnNames)
      }
      indices.append(index)
    }
    return indices
  }

  /// Some columns as a matrix, in the order of the names.
  ///
  /// - Throws: `DatasetError.unknownColumn` if a name is not a column's.
  public func columns(_ names: [String]) throws(DatasetError) -> Tensor {
    let indices = try columnIndices(names)
    return values.selecting(Tensor(indices), 1)
  }

  /// Some rows, by their positions (64-bit integers).
  public func rows(_ indices: Tensor) -> Table { replacing(values.selecting(indices, 0)) }

  /// The table without one column.
  ///
  /// - Throws: `DatasetError.unknownColumn` if the name is not a column's, `DatasetError.noColumns` if it is the only one.
  public func removing(column name: String) throws(DatasetError) -> Table {
    _ = try columnIndices([name])
    let names = columnNames.filter { $0 != name }
    guard !names.isEmpty else { throw .noColumns(path: path) }
    return Table(
      path: path, columnNames: names, values: try columns(names), sourceColumns: sourceColumns.filter { $0 != name },
      categories: categories, droppedRowCount: droppedRowCount, warnings: warnings)
  }

  /// Some columns of the file, in the order of the names; an encoded one with all columns that stand for it.
  ///
  /// - Parameter names: names of ``sourceColumns``.
  /// - Returns: the table of these columns, with their categories.
  /// - Throws: `DatasetError.unknownColumn` if a name is not one of the file's that were read, `DatasetError.noColumns` if
  ///   there are no names.
  public func choosing(sources names: [String]) throws(DatasetError) -> Table {
    if let name = names.first(where: { !sourceColumns.contains($0) }) {
      throw .unknownColumn(
        path: path, name: name, suggestion: nearestName(to: name, among: sourceColumns), available: sourceColumns)
    }
    let encoded = names.flatMap(encodedNames)
    guard !encoded.isEmpty else { throw .noColumns(path: path) }
    return Table(
      path: path, columnNames: encoded, values: try columns(encoded), sourceColumns: names,
      categories: categories.filter { names.contains($0.key) }, droppedRowCount: droppedRowCount, warnings: warnings)
  }

  func replacing(_ values: Tensor) -> Table {
    Table(
      path: path, columnNames: columnNames, values: values, sourceColumns: sourceColumns, categories: categories,
      droppedRowCount: droppedRowCount, warnings: warnings)
  }

  /// Options that read the same columns, encoded the same way, from another file.
  public func optionsForSameColumns(_ options: TableOptions = TableOptions()) -> TableOptions {
    var same = options
    same.columns = sourceColumns
    same.excluded = []
    same.oneHot = .none
    same.categories = categories
    return same
  }
}
