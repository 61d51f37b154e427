public import Datasets
import Foundation
import Torch

/// A table that was read for a model, with what a user should know about it.
public struct LoadedData {
  /// The table.
  public let table: Table
  /// The discrete columns to which a model adds noise.
  public let grids: [ColumnGrid]
  /// Height and width, when a row is an image.
  public let imageSize: [Int]?
  /// Advice, one sentence each.
  public let warnings: [String]

  /// Reads data to fit a density to.
  ///
  /// - Throws: `DatasetError` when the data cannot be read or no density can be fitted to them.
  public init(fitting settings: DataSettings) throws {
    var warnings: [String] = []
    if let images = try LoadedData.bundledImages(settings.path) {
      imageSize = [images.height, images.width]
      table = try images.table.choosing(settings)
      grids =
        settings.dequantize.isEmpty
        ? []
        : (0..<table.columnCount).map {
          ColumnGrid(column: $0, step: 1, minimum: 0, maximum: Double(images.levels - 1))
        }
      if grids.isEmpty { try TableInspection(table).requireFittable() }
    } else {
      imageSize = nil
      let read = try Table(contentsOf: settings.path, options: settings.tableOptions)
      warnings += read.warnings
      let inspection = try TableInspection(read)
      try inspection.requireFittable()
      table = read
      grids = try read.grids(of: settings.dequantize)
      warnings += inspection.warnings(dequantizing: grids.map { read.columnNames[$0.column] })
    }
    self.warnings = warnings
  }

  /// Reads the columns that a fitted model was fitted to, without noise.
  ///
  /// - Throws: `DatasetError` when the data cannot be read, `ModelError.columns` when columns are missing.
  public init(scoring path: String, with description: ModelDescription) throws {
    imageSize = description.imageSize
    grids = description.grids
    if let images = try LoadedData.bundledImages(path) {
      table = try images.table.choosing(columns: description.columns)
      warnings = []
      return
    }
    var options = TableOptions(
      columns: description.sourceColumns, missingValues: description.data.missing == .drop ? .drop : .refuse)
    options.categories = description.categories
    if !description.categories.isEmpty { options.oneHot = .columns(description.categories.keys.sorted()) }
    do {
      table = try Table(contentsOf: path, options: options)
    } catch .unknownColumn(let path, let name, let suggestion, let available) {
      let reason = DatasetError.unknownColumn(path: path, name: name, suggestion: suggestion, available: available)
      throw ModelError.columns(path: path, reason: "\(reason)")
    }
    warnings = table.warnings
  }

  private static func bundledImages(_ path: String) throws -> LabelledImages? {
    guard path == "digits", !FileManager.default.fileExists(atPath: path) else { return nil }
    return try BundledData.digits()
  }
}

extension Table {
  func choosing(_ settings: DataSettings) throws -> Table {
    let wanted = settings.columns.isEmpty ? columnNames : settings.columns
    _ = try columnIndices(settings.exclude)
    return try choosing(columns: wanted.filter { !settings.exclude.contains($0) })
  }

  func choosing(columns names: [String]) throws -> Table {
    names == columnNames ? self : Table(values: try columns(names), columnNames: names, path: path)
  }
}
