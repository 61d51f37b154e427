public import Datasets
import Foundation
public import Torch

/// A table that was read for a model, with what a user should know about it.
public struct LoadedData {
  /// The table, in the user's units.
  public let table: Table
  /// What the model sees of it, 32-bit, `[rows, columns]`.
  public let rows: Tensor
  /// Height and width, when a row is an image.
  public let imageSize: [Int]?
  /// Advice, one sentence each.
  public let warnings: [String]
  let units: RowUnits

  /// Reads data to fit a density to.
  ///
  /// - Throws: `DatasetError` when the data cannot be read or no density can be fitted to them.
  public init(fitting settings: DataSettings) throws {
    let grids: [ColumnGrid]
    let inspection: TableInspection
    if let images = try BundledData.images(named: settings.path) {
      imageSize = [images.height, images.width]
      table = try images.table.choosing(settings)
      let dequantized = settings.dequantize == ["*"] ? table.columnNames : settings.dequantize
      grids = try table.columnIndices(dequantized).map {
        ColumnGrid(column: $0, step: 1, minimum: 0, maximum: Double(images.levels - 1))
      }
      inspection = try TableInspection(table)
    } else {
      imageSize = nil
      table = try Table(contentsOf: settings.path, options: settings.tableOptions)
      inspection = try TableInspection(table)
      grids = try table.grids(of: settings.dequantize)
    }
    let names = grids.map { [table] in table.columnNames[$0.column] }
    try inspection.requireFittable(dequantizing: names)
    warnings = table.warnings + inspection.warnings(dequantizing: names)
    units = RowUnits(inspection.columns, grids: grids)
    rows = units.modelRows(table.values)
  }

  /// Reads the columns that a model was fitted to; cells without a finite number become NaN.
  ///
  /// - Throws: `DatasetError` when the data cannot be read, `ModelError.columns` when columns are missing.
  public init(scoring path: String, with description: ModelDescription) throws {
    imageSize = description.imageSize
    units = RowUnits(description)
    if let images = try BundledData.images(named: path) {
      table = try images.table.choosing(columns: description.columns)
    } else {
      table = try LoadedData.read(path, description)
    }
    warnings = table.warnings
    rows = units.modelRows(table.values)
  }

  private static func read(_ path: String, _ description: ModelDescription) throws -> Table {
    var options = description.data.tableOptions
    options.columns = description.sourceColumns
    options.excluded = []
    options.categories = description.categories
    options.oneHot = description.categories.isEmpty ? .none : .columns(description.categories.keys.sorted())
    options.missingValues = .keep
    do {
      return try Table(contentsOf: path, options: options)
    } catch .unknownColumn(let path, let name, let suggestion, let available) {
      let reason = DatasetError.unknownColumn(path: path, name: name, suggestion: suggestion, available: available)
      throw ModelError.columns(path: path, reason: "\(reason)")
    }
  }
}

extension Table {
  func choosing(_ settings: DataSettings) throws -> Table {
    guard settings.oneHot.isEmpty else {
      throw DatasetError.invalidOptions(message: "\(path) has no column of text to encode")
    }
    let wanted = settings.columns.isEmpty ? columnNames : settings.columns
    if let twice = wanted.first(where: { name in wanted.count { $0 == name } > 1 }) {
      throw DatasetError.duplicateColumn(path: path, name: twice)
    }
    _ = try columnIndices(settings.exclude)
    let kept = wanted.filter { !settings.exclude.contains($0) }
    guard !kept.isEmpty else { throw DatasetError.noColumns(path: path) }
    return try choosing(columns: kept)
  }

  func choosing(columns names: [String]) throws -> Table {
    names == columnNames ? self : Table(values: try columns(names), columnNames: names, path: path)
  }
}
