public import Datasets
import Foundation
public import Probability
public import Torch
public import Training

/// What a model file says about its model beside the weights.
public struct ModelDescription: Codable, Hashable, Sendable {
  /// The model's name in the catalogue.
  public var model: String
  /// The model's own configuration.
  public var configuration: SettingsValue
  /// The names of the columns that it models.
  public var columns: [String]
  /// The data that it was fitted to.
  public var data: DataSettings
  /// The categories of columns that were encoded.
  public var categories: [String: [String]]
  /// The columns in the file, before encoding.
  public var sourceColumns: [String]
  /// The discrete columns that the model sees with noise.
  public var grids: [ColumnGrid]
  /// What is taken off each column before the model sees it; nil in files of models without.
  public var offsets: [Double]?
  /// The columns with bounds, in the user's units; nil in files of models without.
  public var supports: [ColumnSupport]?
  /// What the model takes as given; nil for a model without conditions.
  public var conditions: ConditionColumns?
  /// Height and width, when a row is an image.
  public var imageSize: [Int]?
  /// The seed of the run.
  public var seed: UInt64
  /// How training ended; nil for a model that is not trained.
  public var training: TrainingReport?
  /// How the fit ended of a model that is computed from all rows at once; nil for a trained one.
  public var estimation: EstimationReport?
  /// What a look at a model found that was fitted to a target; nil for one that was fitted to data.
  public var diagnosis: ReverseKullbackLeibler.Diagnosis?

  /// All of it.
  public init(
    model: String, configuration: SettingsValue, columns: [String], data: DataSettings,
    categories: [String: [String]] = [:], sourceColumns: [String], grids: [ColumnGrid] = [],
    offsets: [Double]? = nil, supports: [ColumnSupport]? = nil, conditions: ConditionColumns? = nil,
    imageSize: [Int]? = nil, seed: UInt64, report: FitReport
  ) {
    self.model = model
    self.configuration = configuration
    self.columns = columns
    self.data = data
    self.categories = categories
    self.sourceColumns = sourceColumns
    self.grids = grids
    self.offsets = offsets
    self.supports = supports
    self.conditions = conditions
    self.imageSize = imageSize
    self.seed = seed
    switch report {
    case .training(let report): training = report
    case .estimation(let report): estimation = report
    }
  }
}

extension ModelDescription {
  /// Rows that a model drew, `[rows, columns]`, in the user's units: 64-bit, discrete columns exactly on their grid.
  public func dataRows(_ rows: Tensor) -> Tensor { RowUnits(self).dataRows(rows) }

  /// What a model sees of rows in the user's units, `[rows, columns]`.
  public func modelRows(_ rows: Tensor) -> Tensor { RowUnits(self).modelRows(rows) }

  /// What a model sees of conditions in the user's units, `[rows, columns]`; nil for a model without.
  public func modelContext(_ values: Tensor) -> Tensor? {
    conditions.map { RowUnits(offsets: $0.offsets, isWide: estimation != nil).modelRows(values) }
  }

  /// The bits that a column of a discrete row takes, -log2 of its probability over the number of columns, from the mean
  /// log-density of rows with noise of one step, of which they are an upper bound; nil where a column is continuous.
  ///
  /// A density times the volume of a cell of the grid, the product of the steps, is a probability. For pixels with values of
  /// whole numbers it is the "bits per pixel" of Papamakarios et al., *Masked Autoregressive Flow for Density Estimation*,
  /// 2017 (section 4.3, eq. 6), https://arxiv.org/abs/1705.07057.
  ///
  /// - Parameter meanLogProb: the mean log-density in nats, in the units of the data.
  /// - Returns: bits a dimension: 8 for a uniform distribution of 256 values.
  public func bitsPerDimension(meanLogProb: Double) -> Double? {
    guard !columns.isEmpty, grids.count == columns.count else { return nil }
    let logVolume = grids.reduce(0) { $0 + log($1.step) }
    return -(meanLogProb + logVolume) / (Double(columns.count) * log(2))
  }

  /// Whether a path leads to the table that the model was fitted to, whose rows are no news to it.
  ///
  /// - Parameter path: the path of a table.
  /// - Returns: whether both are one file.
  public func wasFitted(to path: String) -> Bool {
    func place(_ path: String) -> URL { URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath() }
    return !data.path.isEmpty && place(path) == place(data.path)
  }

  /// Whether the fields fit together; the configuration is not looked at.
  ///
  /// - Throws: `SettingsError.invalid` for the first that does not.
  public func validate() throws(SettingsError) {
    guard !columns.isEmpty else { throw .invalid(reason: "it has no columns") }
    var seen: Set<String> = []
    if let twice = columns.first(where: { !seen.insert($0).inserted }) {
      throw .invalid(reason: "the column '\(twice)' is there twice")
    }
    let read = sourceColumns.flatMap { name in categories[name]?.map { "\(name)=\($0)" } ?? [name] }
    guard read == columns else { throw .invalid(reason: "sourceColumns and categories do not make the columns") }
    if let offsets, offsets.count != columns.count || !offsets.allSatisfy(\.isFinite) {
      throw .invalid(reason: "the offsets must be one finite number for each column")
    }
    try validateSupports()
    try conditions?.validate(beside: columns)
    guard (training == nil) != (estimation == nil) else {
      throw .invalid(reason: "it must have one report, of a training or of an estimation")
    }
    try validateGrids()
    if let imageSize { try validate(imageSize) }
  }

  private func validateSupports() throws(SettingsError) {
    var seen = Set(grids.map(\.column))
    for support in supports ?? [] {
      guard columns.indices.contains(support.column), seen.insert(support.column).inserted else {
        throw .invalid(reason: "the support of column \(support.column) is of none, or of one with a grid or support")
      }
      guard support.lower.isFinite, support.upper.map({ $0.isFinite && $0 > support.lower }) ?? true,
        offsets?[support.column] == support.lower
      else {
        throw .invalid(reason: "the support of column '\(columns[support.column])' must go upwards from its offset")
      }
    }
  }

  private func validateGrids() throws(SettingsError) {
    var seen: Set<Int> = []
    for grid in grids {
      guard columns.indices.contains(grid.column) else {
        throw .invalid(reason: "a grid is of column \(grid.column), but there are \(columns.count), from 0 on")
      }
      guard seen.insert(grid.column).inserted else {
        throw .invalid(reason: "the column '\(columns[grid.column])' has two grids")
      }
      guard grid.step > 0, [grid.step, grid.minimum, grid.maximum].allSatisfy(\.isFinite), grid.minimum <= grid.maximum
      else {
        throw .invalid(
          reason: "the grid of column '\(columns[grid.column])' must have a positive step and go upwards, not "
            + "from \(grid.minimum) to \(grid.maximum) by \(grid.step)")
      }
    }
  }

  private func validate(_ imageSize: [Int]) throws(SettingsError) {
    guard imageSize.count == 2, imageSize.allSatisfy({ $0 > 0 && columns.count.isMultiple(of: $0) }),
      imageSize[0] == columns.count / imageSize[1]
    else {
      throw .invalid(reason: "an image of size \(imageSize) does not have \(columns.count) pixels, one for each column")
    }
  }
}
