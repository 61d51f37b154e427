import CArrow
import Foundation
public import Torch

/// A column to write.
public struct OutputColumn {
  /// What a column holds.
  public enum Content {
    /// Numbers of a vector: 32-bit and 64-bit floats and 64-bit integers keep their type.
    case numbers(Tensor)
    /// Integers.
    case integers([Int])
    /// Texts; `nil` is a missing one.
    case texts([String?])
  }

  /// The column's name.
  public let name: String
  /// What it holds.
  public let content: Content

  /// Names some content.
  public init(_ name: String, _ content: Content) {
    self.name = name
    self.content = content
  }

  var rowCount: Int {
    switch content {
    case .numbers(let tensor): tensor.size(0)
    case .integers(let values): values.count
    case .texts(let values): values.count
    }
  }
}

/// Writes a table to a file, part by part, in the format that the file's extension stands for.
///
/// The file appears under its name in ``commit()``, complete; until then an older file of the name stays as it was. A
/// writer that goes away before leaves nothing behind.
public final class TableWriter {
  private let path: String
  private let handle: OpaquePointer
  private let names: [String]

  /// Opens a file for columns of these names and types; nothing of their content is written yet.
  ///
  /// - Throws: ``DatasetError``, for instance if the folder is missing or may not be written to.
  public init(path: String, columns: [OutputColumn], delimiter: Character? = nil) throws(DatasetError) {
    precondition(!columns.isEmpty, "TableWriter: expected at least one column")
    let format = try TableFormat(path: path)
    let isCompressed = path.lowercased().hasSuffix(".gz")
    guard format != .numpy, isCompressed || !["bz2", "zst", "lz4"].contains(URL(fileURLWithPath: path).pathExtension)
    else {
      throw .invalidOptions(message: "\(path): this kind of file cannot be written part by part; use .csv or .parquet")
    }
    let separator = delimiter?.asciiValue ?? (format == .tsv ? 9 : 44)
    var opened: OpaquePointer?
    try arrowCall(path: path) { error in
      let raw = RawColumns(columns, rowCount: 0)
      return ca_writer_open(
        path, format.rawFormat, CChar(bitPattern: separator), isCompressed, raw.columns, Int64(raw.columns.count),
        &opened, error)
    }
    guard let handle = opened else { throw .unexpected(path: path, message: "no writer") }
    self.path = path
    self.handle = handle
    names = columns.map(\.name)
  }

  deinit { ca_writer_free(handle) }

  /// Writes more rows.
  ///
  /// - Precondition: the columns have the names and types that the writer was opened with, and one length.
  public func append(_ columns: [OutputColumn]) throws(DatasetError) {
    precondition(columns.map(\.name) == names, "TableWriter: expected columns \(names), got \(columns.map(\.name))")
    let rowCount = columns.first?.rowCount ?? 0
    precondition(columns.allSatisfy { $0.rowCount == rowCount }, "TableWriter: columns of different lengths")
    try arrowCall(path: path) { error in
      let raw = RawColumns(columns, rowCount: rowCount)
      return ca_writer_append(handle, raw.columns, Int64(columns.count), Int64(rowCount), error)
    }
  }

  /// Brings the file to the disk and gives it its name; call once, last.
  public func commit() throws(DatasetError) {
    try arrowCall(path: path) { ca_writer_commit(handle, $0) }
  }

  /// Writes a whole table at once, also as an array of NumPy, which has no names.
  public static func write(
    _ columns: [OutputColumn], to path: String, delimiter: Character? = nil
  ) throws(DatasetError) {
    if try TableFormat(path: path) == .numpy { return try writeNumPy(columns, to: path) }
    let writer = try TableWriter(path: path, columns: columns, delimiter: delimiter)
    try writer.append(columns)
    try writer.commit()
  }
}

extension Table {
  /// The columns in a form that can be written, others added at will.
  public var outputColumns: [OutputColumn] {
    columnNames.enumerated().map { index, name in
      OutputColumn(name, .numbers(values.narrowed(1, from: index, length: 1).squeezed(1)))
    }
  }

  /// Writes the table, in the format that the file's extension stands for.
  ///
  /// - Throws: ``DatasetError``; the file is then as it was before.
  public func write(to path: String) throws(DatasetError) {
    try TableWriter.write(outputColumns, to: path)
  }
}
