import Foundation
import Probability
public import Torch

/// A table as a model's entropy coder left it, with what it takes to get it back bit by bit.
public struct CompressedTable: Sendable {
  /// What is known of it beside the coded numbers.
  public struct Header: Codable, Hashable, Sendable {
    /// The version of the package that wrote it.
    public var version: String
    /// The folder of the model, as it was named.
    public var folder: String
    /// The fingerprint of the model, its columns and their values included.
    public var fingerprint: String
    /// The number of rows.
    public var rows: Int
    /// The number of columns.
    public var columns: Int
    /// Words that the coder was lent before the first row.
    public var borrowed: Int
    /// The threads of one operation, the same in both directions.
    public var threads: Int
    /// The values in the table that differ from the model's own by rounding.
    public var corrections: [ColumnSymbols.Correction]
  }

  /// What is known of it.
  public let header: Header
  let coder: EntropyCoder

  /// The largest table, in cells.
  public static let mostCells = 1 << 28
  private static let seed: UInt64 = 0x5075_7368

  /// Compresses a table.
  ///
  /// - Parameters:
  ///   - values: `[rows, columns]`, in the user's units.
  ///   - model: the model.
  ///   - description: what its file says.
  ///   - folder: where it is.
  ///   - path: the table's name, for messages.
  /// - Throws: `ModelError.cannot` when the model has no probabilities, `CompressionError` for values that it does not know.
  /// - Complexity: one look at a table for each cell; for a variational autoencoder one pass of both networks for each row.
  public init(
    _ values: Tensor, with model: any GenerativeModel, _ description: ModelDescription, folder: String, path: String
  ) throws {
    let table = try model.tableCoder(description)
    guard values.elementCount <= Self.mostCells else {
      throw CompressionError.tooLarge(path: path, cells: values.elementCount, most: Self.mostCells)
    }
    var symbols = ColumnSymbols(table, description)
    let coded = try symbols.symbols(of: values, path: path)
    var coder = EntropyCoder(borrowingFrom: Self.seed)
    let rows = values.size(0)
    for start in stride(from: 0, to: rows, by: table.chunkSize).reversed() {
      let range = start..<min(rows, start + table.chunkSize)
      try table.push(coded.map { Array($0[range]) }, onto: &coder)
    }
    header = Header(
      version: packageVersion, folder: folder, fingerprint: model.fingerprint(description), rows: rows,
      columns: values.size(1), borrowed: coder.borrowedCount, threads: threadCount(), corrections: symbols.corrections)
    self.coder = coder
  }

  /// The table, `[rows, columns]`, in the user's units.
  ///
  /// - Throws: `CompressionError` when it was written with another model, or the file is damaged.
  public func values(
    with model: any GenerativeModel, _ description: ModelDescription, path: String
  ) throws -> Tensor {
    let found = model.fingerprint(description)
    guard found == header.fingerprint, header.columns == description.columns.count else {
      throw CompressionError.otherModel(path: path, expected: header.fingerprint, given: found)
    }
    let table = try model.tableCoder(description)
    var symbols = ColumnSymbols(table, description)
    guard symbols.correct(header.corrections) else {
      throw CompressionError.damaged(path: path, reason: "its corrections are of values that the model does not have")
    }
    var coder = coder
    var columns = [[Double]](repeating: [], count: header.columns)
    do {
      for start in stride(from: 0, to: header.rows, by: table.chunkSize) {
        let popped = try table.pop(min(header.rows - start, table.chunkSize), from: &coder)
        for (column, found) in popped.enumerated() {
          columns[column] += found.map { symbols.values[column][$0] }
        }
      }
    } catch let error as EntropyCodingError {
      throw CompressionError.damaged(path: path, reason: "\(error)")
    }
    guard coder.holdsOnly(borrowed: header.borrowed, from: Self.seed) else {
      throw CompressionError.damaged(
        path: path, reason: "numbers are left over; it was changed, or written on another machine or build")
    }
    return Tensor.stacking(columns.map { Tensor($0) }, 1)
  }
}

extension GenerativeModel {
  func tableCoder(_ description: ModelDescription) throws(ModelError) -> any TableCoder {
    guard let model = self as? any CompressingModel else { throw .cannotCompress(description.model) }
    return try model.tableCoder(description.model, columns: description.columns)
  }

  /// A short text that differs for models with other numbers, columns or settings.
  func fingerprint(_ description: ModelDescription) -> String {
    var found = Fingerprint()
    for text in [description.model] + description.columns { found.add(text + "\0") }
    found.add("\(description.offsets ?? [])")
    for (name, tensor) in state().sorted(by: { $0.key < $1.key }) {
      found.add(name + "\0\(tensor.shape)")
      found.add(tensor)
    }
    return found.text
  }
}
