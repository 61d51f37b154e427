public import Datasets
import Foundation
public import Torch

/// A table that was read for a model, with what a user should know about it.
public struct LoadedData {
  /// The table, in the user's units, without the column of weights.
  public let table: Table
  /// What the model sees of it, `[rows, columns]`: 32-bit for a trained model, 64-bit for an estimated one.
  public let rows: Tensor
  /// How much each row counts, `[rows]`; nil for equal weights.
  public let weights: Tensor?
  /// Height and width, when a row is an image.
  public let imageSize: [Int]?
  /// Advice, one sentence each.
  public let warnings: [String]
  let units: RowUnits
  let columns: [ColumnInspection]

  /// Reads data to fit a model to.
  ///
  /// - Throws: `DatasetError` when the data cannot be read or the model cannot be fitted to them.
  public init(fitting settings: DataSettings, for entry: CatalogueEntry) throws {
    let images = try LabelledImages.found(at: settings.path)
    imageSize = images.map { [$0.height, $0.width] }
    let whole = try images?.table.choosing(settings) ?? LoadedData.read(settings, for: entry)
    let (table, weights) = try whole.splittingOff(weights: settings.weights, for: entry)
    (self.table, self.weights) = (table, weights)
    let inspection = try TableInspection(table)
    columns = inspection.columns
    let grids =
      try images.map { try table.grids(of: $0, settings.dequantize) } ?? table.grids(of: settings.dequantize)
    let dequantized = table.columnNames(of: grids)
    try inspection.requireFittable(
      dequantizing: dequantized, allowingNotFinite: entry.accepts(.missingCells),
      allowingConstant: entry.accepts(.constantColumns))
    try table.requireNoInfiniteValue()
    warnings =
      table.warnings
      + inspection.warnings(
        dequantizing: entry.accepts(.discreteColumns) ? table.columnNames : dequantized,
        holdingOut: entry.trainingDefaults != nil)
    units = RowUnits(inspection.columns, grids: grids, isWide: entry.trainingDefaults == nil)
    rows = units.modelRows(table.values)
  }

  /// Reads the columns that a model was fitted to; cells without a finite number become NaN.
  ///
  /// - Throws: `DatasetError` when the data cannot be read, `ModelError.columns` when columns are missing.
  public init(scoring path: String, with description: ModelDescription) throws {
    imageSize = description.imageSize
    units = RowUnits(description)
    weights = nil
    columns = []
    if let images = try LabelledImages.found(at: path) {
      table = try images.table.choosing(columns: description.columns)
    } else {
      table = try LoadedData.read(path, description)
    }
    warnings = table.warnings
    rows = units.modelRows(table.values)
  }

  private static func read(_ settings: DataSettings, for entry: CatalogueEntry) throws -> Table {
    var options = settings.tableOptions
    if entry.accepts(.missingCells), settings.missing == .refuse { options.missingValues = .keep }
    if !settings.weights.isEmpty, let columns = options.columns, !columns.contains(settings.weights) {
      options.columns = columns + [settings.weights]
    }
    return try Table(contentsOf: settings.path, options: options)
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

  /// The grids of an image's pixels.
  fileprivate func grids(of images: LabelledImages, _ dequantize: [String]) throws -> [ColumnGrid] {
    let dequantized = dequantize == ["*"] ? columnNames : dequantize
    return try columnIndices(dequantized).map {
      ColumnGrid(column: $0, step: 1, minimum: 0, maximum: Double(images.levels - 1))
    }
  }

  fileprivate func columnNames(of grids: [ColumnGrid]) -> [String] { grids.map { columnNames[$0.column] } }

  /// A cell may be missing for some models; an infinite one is wrong for all.
  fileprivate func requireNoInfiniteValue() throws(DatasetError) {
    let isInfinite = values.absolute() .== Double.infinity
    guard isInfinite.any() else { return }
    let place = isInfinite.flattened().doubles().firstIndex(of: 1) ?? 0
    throw .notFinite(
      DataLocation(path: path, row: place / columnCount + 1, column: columnNames[place % columnCount]),
      text: "the value")
  }

  /// The table without its column of weights, and that column.
  fileprivate func splittingOff(weights name: String, for entry: CatalogueEntry) throws -> (Table, Tensor?) {
    guard !name.isEmpty else { return (self, nil) }
    guard entry.accepts(.weights) else {
      throw SettingsError.invalid(reason: "the model \(entry.name) takes no weights; leave data.weights out")
    }
    let weights = try columns([name]).squeezed(1).to(.float64)
    if let row = weights.doubles().firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      let place = DataLocation(path: path, row: row + 1, column: name)
      throw DatasetError.invalidOptions(message: "\(place): a weight must be a number from 0 on; correct it")
    }
    return (try removing(column: name), weights)
  }
}
