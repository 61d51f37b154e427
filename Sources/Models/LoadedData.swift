public import Datasets
import Foundation
public import Torch

/// A table that was read for a model, with what a user should know about it.
public struct LoadedData {
  /// The columns that are modelled, in the user's units.
  public let table: Table
  /// The columns that are given, in the user's units; nil for a model without conditions.
  public let conditions: Table?
  /// What the model sees of it, `[rows, columns]`: 32-bit for a trained model, 64-bit for an estimated one.
  public let rows: Tensor
  /// What the model sees of the conditions of each row, `[rows, conditions]`; nil for a model without.
  public let context: Tensor?
  /// How much each row counts, `[rows]`; nil for equal weights.
  public let weights: Tensor?
  /// Height and width, when a row is an image.
  public let imageSize: [Int]?
  /// Advice, one sentence each.
  public let warnings: [String]
  let units: RowUnits
  /// The columns with bounds.
  let supports: [ColumnSupport]
  let columns: [ColumnInspection]
  /// What a model file says about the conditions.
  let conditionColumns: ConditionColumns?

  /// Reads data to fit a model to.
  ///
  /// - Throws: `DatasetError` when the data cannot be read or the model cannot be fitted to them.
  public init(fitting settings: DataSettings, for entry: CatalogueEntry) throws {
    let images = try LabelledImages.found(at: settings.path)
    imageSize = images.map { [$0.height, $0.width] }
    let whole = try images?.table(given: settings.given).choosing(settings) ?? LoadedData.read(settings, for: entry)
    let (all, weights) = try whole.splittingOff(weights: settings.weights, for: entry)
    let (table, conditions) = try all.splittingOff(conditions: settings.given, for: entry)
    (self.table, self.conditions, self.weights) = (table, conditions, weights)
    let inspection = try TableInspection(table)
    let supports = try settings.supports(of: table, for: entry)
    let integers = try settings.dequantizedColumns()
    // A column whose bounds were declared is a continuous one, however few its values.
    let grids = try (images.map { try table.grids(of: $0, integers) } ?? table.grids(of: integers))
      .filter { grid in !supports.contains { $0.column == grid.column } }
    let dequantized = table.columnNames(of: grids)
    try inspection.requireFittable(
      dequantizing: dequantized, allowingNotFinite: entry.accepts(.missingCells),
      allowingConstant: entry.accepts(.constantColumns))
    try table.requireNoInfiniteValue()
    let declared = Array(try settings.supportDeclarations().keys)
    warnings =
      table.warnings
      + inspection.warnings(
        dequantizing: entry.accepts(.discreteColumns) ? table.columnNames : dequantized,
        holdingOut: entry.trainingDefaults != nil)
      + (entry.takesSupports ? inspection.supportHints(besides: dequantized + declared) : [])
    self.supports = supports
    units = RowUnits(inspection.columns, grids: grids, supports: supports, isWide: entry.trainingDefaults == nil)
    rows = units.modelRows(table.values)
    try table.requireDistinguished(rows, from: supports)
    let inspected = try conditions.map { try $0.inspectedConditions(for: entry) }
    columns = inspection.columns + (inspected ?? [])
    let conditionUnits = inspected.map { RowUnits($0, grids: [], isWide: entry.trainingDefaults == nil) }
    conditionColumns = conditions.flatMap { table in
      conditionUnits.map { ConditionColumns(table, offsets: $0.offsets) }
    }
    context = conditions.flatMap { conditionUnits?.modelRows($0.values) }
  }

  /// Reads the columns that a model was fitted to, conditions included; cells without a finite number become NaN.
  ///
  /// - Throws: `DatasetError` when the data cannot be read, `ModelError.columns` when columns are missing.
  public init(scoring path: String, with description: ModelDescription) throws {
    imageSize = description.imageSize
    units = RowUnits(description)
    supports = description.supports ?? []
    weights = nil
    columns = []
    conditionColumns = description.conditions
    let all: Table
    if let images = try LabelledImages.found(at: path) {
      all = try images.table(of: description)
    } else {
      all = try LoadedData.read(
        path, description, columns: description.sourceColumns + (description.conditions?.sourceColumns ?? []))
    }
    table = try all.choosing(sources: description.sourceColumns)
    conditions = try description.conditions.map { try all.choosing(sources: $0.sourceColumns) }
    warnings = table.warnings
    rows = units.modelRows(table.values)
    context = conditions.flatMap { description.modelContext($0.values) }
  }

  /// Reads the conditions of a model from a table that need not have the columns that it models.
  ///
  /// - Parameters:
  ///   - path: the table.
  ///   - description: the model's description.
  /// - Returns: the conditions in the user's units, one for each row.
  /// - Throws: `DatasetError` when the data cannot be read, `ModelError.columns` when columns are missing, and
  ///   `ModelError.cannot` for a model without conditions.
  public static func conditions(in path: String, of description: ModelDescription) throws -> Table {
    guard let conditions = description.conditions else { throw ModelError.noConditions(description.model) }
    if let images = try LabelledImages.found(at: path) {
      return try images.table(of: description).choosing(sources: conditions.sourceColumns)
    }
    let table = try read(path, description, columns: conditions.sourceColumns)
    try table.requireFinite("a condition")
    return table
  }

  private static func read(_ settings: DataSettings, for entry: CatalogueEntry) throws -> Table {
    var options = settings.tableOptions
    if entry.accepts(.missingCells), settings.missing == .refuse { options.missingValues = .keep }
    if !settings.weights.isEmpty, let columns = options.columns, !columns.contains(settings.weights) {
      options.columns = columns + [settings.weights]
    }
    return try Table(contentsOf: settings.path, options: options)
  }

  private static func read(_ path: String, _ description: ModelDescription, columns: [String]) throws -> Table {
    let options = description.readingOptions(columns: columns)
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
    let wanted = settings.tableOptions.columns ?? sourceColumns
    if let twice = wanted.first(where: { name in wanted.count { $0 == name } > 1 }) {
      throw DatasetError.duplicateColumn(path: path, name: twice)
    }
    _ = try choosing(sources: settings.given + settings.exclude + wanted)
    let kept = wanted.filter { !settings.exclude.contains($0) }
    guard !kept.isEmpty else { throw DatasetError.noColumns(path: path) }
    return try choosing(sources: kept + settings.given.filter { !kept.contains($0) })
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
    guard let place = firstPlace(where: values.absolute() .== Double.infinity) else { return }
    throw .notFinite(place, text: "the value")
  }

  /// Stops at the first cell that is missing or infinite.
  ///
  /// - Parameter text: what a cell is, for the message.
  /// - Throws: `DatasetError.missingValue`.
  public func requireFinite(_ text: String = "the value") throws(DatasetError) {
    guard let place = firstPlace(where: .!values.isFinite()) else { return }
    throw .missingValue(place, text: text)
  }

  private func firstPlace(where isBad: Tensor) -> DataLocation? {
    guard isBad.any() else { return nil }
    let place = isBad.flattened().doubles().firstIndex(of: 1) ?? 0
    return DataLocation(path: path, row: place / columnCount + 1, column: columnNames[place % columnCount])
  }

  /// The table without the columns that are given, and those; nil when none is.
  fileprivate func splittingOff(conditions names: [String], for entry: CatalogueEntry) throws -> (Table, Table?) {
    guard !names.isEmpty else { return (self, nil) }
    guard entry.abilities.contains(.condition) else { throw ModelError.cannotBeConditioned(entry.name) }
    let others = sourceColumns.filter { !names.contains($0) }
    return (try choosing(sources: others), try choosing(sources: names))
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

  /// What the columns that are given look like: finite, and not constant, from which nothing can be learned.
  fileprivate func inspectedConditions(for entry: CatalogueEntry) throws -> [ColumnInspection] {
    let inspection = try TableInspection(self)
    try inspection.requireFittable()
    // The columns of 0 and 1 sum to 1, which leaves a covariance without an inverse.
    if entry.trainingDefaults == nil, let text = categories.keys.sorted().first {
      throw ModelError.cannot(
        model: entry.name, action: "be conditioned on text, such as '\(text)'",
        instead: "fit a flow, such as nsf, or turn the column into numbers")
    }
    return inspection.columns
  }
}

extension LabelledImages {
  /// The pixels, with the labels when they are given to the model.
  fileprivate func table(given names: [String]) throws(DatasetError) -> Table {
    names.contains(Self.labelColumn) ? try labelledTable() : table
  }

  /// The columns that a model models and is given.
  fileprivate func table(of description: ModelDescription) throws -> Table {
    let sources = description.sourceColumns + (description.conditions?.sourceColumns ?? [])
    guard sources.contains(Self.labelColumn) else { return try table.choosing(sources: sources) }
    return try labelledTable(categories: description.conditions?.categories[Self.labelColumn]).choosing(
      sources: sources)
  }
}

extension ModelDescription {
  /// How columns are read from another table than the one that the model was fitted to.
  fileprivate func readingOptions(columns: [String]) -> TableOptions {
    var options = data.tableOptions
    options.columns = columns
    options.excluded = []
    options.oneHotIfText = []
    options.categories = [:]
    for (name, texts) in categories where columns.contains(name) { options.categories[name] = texts }
    for (name, texts) in conditions?.categories ?? [:] where columns.contains(name) { options.categories[name] = texts }
    options.oneHot = options.categories.isEmpty ? .none : .columns(options.categories.keys.sorted())
    options.missingValues = .keep
    return options
  }
}
