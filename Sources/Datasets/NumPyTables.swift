import Foundation
import Torch

extension Table {
  /// Reads an array of two dimensions, or of one as a single column; the columns are named `x1`, `x2`, and so on.
  static func readingNumPy(_ path: String, options: TableOptions) throws(DatasetError) -> Table {
    try checkReadable(path)
    var values: Tensor
    do { values = try NumPyFile.read(URL(fileURLWithPath: path)) } catch { throw DatasetError(error, path: path) }
    if values.rank == 1 { values = values.unsqueezed(1) }
    guard values.rank == 2 else {
      throw .invalidOptions(message: "\(path) holds an array of shape \(values.shape); reshape it to rows and columns")
    }
    let names = (0..<values.size(1)).map { "x\($0 + 1)" }
    let selection = try ColumnSelection(names: names, path: path, options: options)
    let chosen = selection.columns.map(\.name)
    if chosen != names { values = values.selecting(Tensor(selection.columns.map(\.index)), 1) }
    let table = Table(values: values.to(options.dtype), columnNames: chosen, path: path)
    return options.missingValues == .keep ? table : try table.handlingNotFinite(options.missingValues)
  }

  private func handlingNotFinite(_ policy: TableOptions.MissingValues) throws(DatasetError) -> Table {
    let isFinite = values.isFinite()
    guard rowCount > 0, !isFinite.all() else { return self }
    guard policy == .drop else {
      let first = isFinite.flattened().to(.int64).argMin(0).integerItem()
      let (row, column) = (first / columnCount, first % columnCount)
      let place = DataLocation(path: path, row: row + 1, column: columnNames[column])
      let value = values[.at(row), .at(column)].item()
      throw value.isNaN ? .missingValue(place, text: "NaN") : .notFinite(place, text: "\(value)")
    }
    let kept = Tensor.range(rowCount).selecting(where: isFinite.all(1))
    let dropped = rowCount - kept.size(0)
    return Table(
      path: path, columnNames: columnNames, values: values.selecting(kept), sourceColumns: sourceColumns,
      categories: [:], droppedRowCount: dropped,
      warnings: ["\(path): dropped \(dropped) of \(rowCount) rows with missing or non-finite values"])
  }

  private static func checkReadable(_ path: String) throws(DatasetError) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { throw .notFound(path: path) }
    guard !isDirectory.boolValue else { throw .isDirectory(path: path) }
    guard FileManager.default.isReadableFile(atPath: path) else { throw .notPermitted(path: path) }
    let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
    guard size != 0 else { throw .emptyFile(path: path) }
  }
}

extension DatasetError {
  fileprivate init(_ error: TensorFileError, path: String) {
    switch error {
    case .unreadable(_, let reason), .unwritable(_, let reason): self = .inputOutput(path: path, message: reason)
    case .damaged(_, let reason), .unsupported(_, let reason): self = .corrupt(path: path, message: reason)
    }
  }
}

extension TableWriter {
  /// Writes columns of numbers as one array; their names are lost.
  static func writeNumPy(_ columns: [OutputColumn], to path: String) throws(DatasetError) {
    var vectors: [Tensor] = []
    for column in columns {
      switch column.content {
      case .numbers(let tensor): vectors.append(tensor)
      case .integers(let values): vectors.append(Tensor(values))
      case .texts:
        throw .invalidOptions(
          message: "\(path): a .npy file cannot hold the texts of column '\(column.name)'; use .csv")
      }
    }
    let isWide = vectors.contains { $0.dtype == .float64 || $0.dtype == .int64 }
    let matrix = Tensor.stacking(vectors.map { $0.to(isWide ? .float64 : .float32) }, 1)
    do { try NumPyFile.write(matrix, to: URL(fileURLWithPath: path)) } catch { throw DatasetError(error, path: path) }
  }
}
