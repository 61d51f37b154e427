import CArrow
import Torch

/// Owns an open file and hands its rows over as tensors.
final class ArrowReader {
  let path: String
  let names: [String]
  private let handle: OpaquePointer

  init(path: String, options: TableOptions) throws(DatasetError) {
    self.path = path
    let format = try options.resolvedFormat(path)
    let delimiter = try Self.delimiterByte(options.delimiter ?? (format == .tsv ? "\t" : nil))
    var opened: OpaquePointer?
    try arrowCall(path: path) { error in
      withCStrings(options.missingTexts) { texts in
        var text = ca_text_options(
          delimiter: delimiter, header: options.header.raw, missing_texts: texts,
          missing_text_count: Int64(options.missingTexts.count))
        return ca_reader_open(path, format.rawFormat, &text, &opened, error)
      }
    }
    guard let handle = opened else { throw .unexpected(path: path, message: "no reader") }
    self.handle = handle
    names = (0..<ca_reader_column_count(handle)).map { String(cString: ca_reader_column_name(handle, $0)) }
  }

  deinit { ca_reader_free(handle) }

  var namesAreGenerated: Bool { ca_reader_names_are_generated(handle) }

  func select(_ selection: ColumnSelection, options: TableOptions) throws(DatasetError) {
    var read = ca_read_options(
      wide: options.dtype == .float64, missing: options.missingValues.raw,
      maximum_categories: Int64(options.maximumCategoryCount))
    let known = selection.columns.map { $0.categories ?? [] }
    try arrowCall(path: path, names: names) { error in
      withCStrings(known.flatMap { $0 }) { texts in
        var start = 0
        let selections = zip(selection.columns, known).map { column, categories in
          defer { start += categories.count }
          return ca_selection(
            column: Int64(column.index), treatment: column.treatment,
            categories: column.categories == nil ? nil : texts.map { $0 + start },
            category_count: Int64(categories.count))
        }
        return ca_reader_select(handle, selections, Int64(selections.count), &read, error)
      }
    }
  }

  /// Every row.
  func readAll(dtype: DType) throws(DatasetError) -> ArrowTable {
    var table: OpaquePointer?
    try arrowCall(path: path, names: names) { ca_reader_read(handle, &table, $0) }
    guard let table else { throw .unexpected(path: path, message: "no table") }
    return ArrowTable(path: path, handle: table, dtype: dtype)
  }

  /// The next block of rows, or `nil` after the last.
  func readNext(dtype: DType) throws(DatasetError) -> ArrowTable? {
    var table: OpaquePointer?
    try arrowCall(path: path, names: names) { ca_reader_next(handle, &table, $0) }
    return table.map { ArrowTable(path: path, handle: $0, dtype: dtype) }
  }

  private static func delimiterByte(_ delimiter: Character?) throws(DatasetError) -> CChar {
    guard let delimiter else { return 0 }
    guard let byte = delimiter.asciiValue, delimiter != "\"", !delimiter.isNewline else {
      throw .invalidOptions(message: "the delimiter '\(delimiter)' must be one ASCII character other than a quote")
    }
    return CChar(bitPattern: byte)
  }
}

/// Owns rows that were read, until a tensor takes them over.
final class ArrowTable {
  private let path: String
  private let handle: OpaquePointer
  private let dtype: DType

  init(path: String, handle: OpaquePointer, dtype: DType) {
    self.path = path
    self.handle = handle
    self.dtype = dtype
  }

  deinit { ca_table_free(handle) }

  var rowCount: Int { Int(ca_table_rows(handle)) }
  var columnCount: Int { Int(ca_table_columns(handle)) }
  var droppedRowCount: Int { Int(ca_table_dropped(handle)) }

  func categories(ofSelected selected: Int) -> [String] {
    (0..<ca_table_category_count(handle, Int64(selected))).map {
      String(cString: ca_table_category(handle, Int64(selected), $0))
    }
  }

  /// First row of a selected column whose integer the floating-point type cannot hold exactly.
  func roundedRow(ofSelected selected: Int) -> Int? {
    let row = ca_table_rounded_row(handle, Int64(selected))
    return row > 0 ? Int(row) : nil
  }

  /// The rows as a matrix over the memory that they were read into; call once.
  func takeTensor() throws(DatasetError) -> Tensor {
    let shape: Shape = [rowCount, columnCount]
    guard rowCount > 0, let values = ca_table_take_values(handle) else { return Tensor.zeros(shape, dtype: dtype) }
    let address = UInt(bitPattern: values)
    do {
      return try Tensor(adopting: values, shape: shape, dtype: dtype) {
        ca_values_free(UnsafeMutableRawPointer(bitPattern: address))
      }
    } catch {
      throw .outOfMemory(path: path)
    }
  }
}

extension TableOptions.Header {
  fileprivate var raw: Int32 {
    switch self {
    case .automatic: Int32(CA_HEADER_AUTOMATIC.rawValue)
    case .present: Int32(CA_HEADER_PRESENT.rawValue)
    case .absent: Int32(CA_HEADER_ABSENT.rawValue)
    }
  }
}

extension TableOptions.MissingValues {
  fileprivate var raw: Int32 {
    switch self {
    case .refuse: Int32(CA_REFUSE.rawValue)
    case .drop: Int32(CA_DROP.rawValue)
    case .keep: Int32(CA_KEEP.rawValue)
    }
  }
}
