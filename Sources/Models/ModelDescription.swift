public import Datasets
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
  /// Height and width, when a row is an image.
  public var imageSize: [Int]?
  /// The seed of the run.
  public var seed: UInt64
  /// How training ended.
  public var training: TrainingReport

  /// All of it.
  public init(
    model: String, configuration: SettingsValue, columns: [String], data: DataSettings,
    categories: [String: [String]] = [:], sourceColumns: [String], grids: [ColumnGrid] = [],
    offsets: [Double]? = nil,
    imageSize: [Int]? = nil, seed: UInt64,
    training: TrainingReport
  ) {
    self.model = model
    self.configuration = configuration
    self.columns = columns
    self.data = data
    self.categories = categories
    self.sourceColumns = sourceColumns
    self.grids = grids
    self.offsets = offsets
    self.imageSize = imageSize
    self.seed = seed
    self.training = training
  }
}

extension ModelDescription {
  /// Rows that a model drew, `[rows, columns]`, in the user's units: 64-bit, discrete columns exactly on their grid.
  public func dataRows(_ rows: Tensor) -> Tensor { RowUnits(self).dataRows(rows) }
}
