import CArrow
import Torch

extension Table {
  /// Reads a table from a file: `.csv`, `.tsv`, `.jsonl` (each also compressed), `.parquet`, `.feather`, `.npy`.
  ///
  /// - Throws: ``DatasetError``, which names the file, the row and the column where they apply.
  /// - Complexity: one pass over the file; the numbers are held once.
  public init(contentsOf path: String, options: TableOptions = TableOptions()) throws(DatasetError) {
    if try options.resolvedFormat(path) == .numpy {
      self = try Table.readingNumPy(path, options: options)
    } else {
      self = try Table.readingArrow(path, options: options)
    }
    try Table.checkRowCount(rowCount, path: path, options: options)
  }

  private static func checkRowCount(_ count: Int, path: String, options: TableOptions) throws(DatasetError) {
    let required = max(1, options.minimumRowCount)
    guard count >= required else { throw .tooFewRows(path: path, count: count, required: required) }
  }

  private static func readingArrow(_ path: String, options: TableOptions) throws(DatasetError) -> Table {
    do throws(DatasetError) {
      return try readingColumns(path, options: options)
    } catch {
      throw error.namingAllColumns(of: path, options)
    }
  }

  /// Reads with the first error as it is.
  static func readingColumns(_ path: String, options: TableOptions) throws(DatasetError) -> Table {
    let reader = try ArrowReader(path: path, options: options)
    let selection = try ColumnSelection(names: reader.names, path: path, options: options)
    try reader.select(selection, options: options)
    let read = try reader.readAll(dtype: options.dtype)
    try checkRowCount(read.rowCount, path: path, options: options)
    let columns = try EncodedColumns(selection, read, path: path)
    var warnings = roundingWarnings(selection, read, dtype: options.dtype)
    if reader.namesAreGenerated, options.header == .automatic {
      warnings.append(
        "\(path): the first line holds numbers only, so it was read as data and the columns are named x1, x2, ...")
    }
    if read.droppedRowCount > 0 {
      warnings.append(
        "\(path): dropped \(read.droppedRowCount) of \(read.droppedRowCount + read.rowCount) rows "
          + "with missing or non-finite values")
    }
    return Table(
      path: path, columnNames: columns.names, values: try read.takeTensor(),
      sourceColumns: selection.columns.map(\.name), categories: columns.categories,
      droppedRowCount: read.droppedRowCount, warnings: warnings)
  }

  private static func roundingWarnings(_ selection: ColumnSelection, _ read: ArrowTable, dtype: DType) -> [String] {
    let limit = dtype == .float64 ? "9007199254740992 (2^53)" : "16777216 (2^24)"
    let remedy = dtype == .float64 ? "leave it out" : "leave it out or read 64-bit floats"
    return selection.columns.enumerated().compactMap { position, column in
      read.roundedRow(ofSelected: position).map { row in
        "column '\(column.name)' holds integers beyond \(limit), which are rounded (first in row \(row)): "
          + "an identifier? \(remedy)"
      }
    }
  }
}

/// The names and categories of the columns after encoding.
struct EncodedColumns {
  private(set) var names: [String] = []
  private(set) var categories: [String: [String]] = [:]

  init(_ selection: ColumnSelection, _ table: ArrowTable, path: String) throws(DatasetError) {
    for (position, column) in selection.columns.enumerated() {
      let texts = table.categories(ofSelected: position)
      if texts.isEmpty && column.treatment == Int32(CA_CATEGORY.rawValue) {
        throw .missingValue(DataLocation(path: path, column: column.name), text: "no category at all")
      }
      if texts.isEmpty {
        names.append(column.name)
      } else {
        names.append(contentsOf: texts.map { "\(column.name)=\($0)" })
        categories[column.name] = texts
      }
    }
  }
}
