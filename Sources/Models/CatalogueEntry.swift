import Datasets
import DensityEstimation
import Torch
public import Training

/// One kind of model that can be fitted by name.
public struct CatalogueEntry: Sendable {
  /// The name, as on the command line.
  public let name: String
  /// What it is, in one line.
  public let summary: String
  /// What it can be asked for.
  public let abilities: Set<Ability>
  /// Its configuration with defaults.
  public let defaults: SettingsValue
  /// Lines that explain the choices in its configuration, for the head of a settings file.
  public let choices: [String]
  /// How it comes from data.
  let method: Method

  /// Something that a fitted model can be asked for.
  public enum Ability: String, Sendable, CaseIterable {
    /// New rows.
    case sample
    /// The log-density of rows.
    case score
    /// Rows and log-densities given other columns: a fit with `data.given`.
    case condition
    /// A code for each row, and a row for each code.
    case encode
  }

  /// How a model comes from data.
  enum Method: Sendable {
    /// By minimizing a loss step by step.
    case training(Training)
    /// By computing a distribution from all rows at once.
    case estimation(Estimation)
  }

  /// How a trained model is made.
  struct Training: Sendable {
    /// How it is trained unless told otherwise.
    var defaults: TrainingConfiguration
    /// Which tables it can be fitted to that others cannot.
    var accepts: Set<DataTrait> = []
    /// The name of a second model, of the codes of the first, under whose name its configuration stands in this one's.
    var codeModel: String?
    /// The number of elements of all parameters and buffers, without making the model; throws what `make` throws for a
    /// configuration that cannot be used.
    var countWeights: @Sendable (SettingsValue, _ features: Int, _ contextFeatures: Int) throws -> Double
    /// Makes the model for rows of so many columns, given so many.
    var make:
      @Sendable (SettingsValue, _ features: Int, _ contextFeatures: Int, inout RandomGenerator) throws ->
        any TrainedModel
  }

  /// How an estimated model is made.
  struct Estimation: Sendable {
    /// Which tables it can be fitted to that others cannot.
    var accepts: Set<DataTrait>
    /// Computes the distribution.
    var fit: @Sendable (SettingsValue, EstimationData, inout RandomGenerator) throws -> EstimationResult
    /// Takes it back from a file.
    var load: @Sendable (SettingsValue, _ columns: [String], [String: Tensor]) throws -> any DensityModel
  }

  /// Something about a table that a continuous density cannot digest, but some models can.
  enum DataTrait: Sendable {
    /// Cells without a number.
    case missingCells
    /// Columns of few values, which get probabilities instead of densities.
    case discreteColumns
    /// Columns of one value.
    case constantColumns
    /// Weights of rows.
    case weights
  }

  /// How it is trained unless told otherwise; nil for a model that is not trained.
  public var trainingDefaults: TrainingConfiguration? {
    guard case .training(let training) = method else { return nil }
    return training.defaults
  }

  /// Whether rows may have weights.
  public var takesWeights: Bool { accepts(.weights) }

  /// Whether its columns may have declared supports: where densities are those of unbounded rows.
  var takesSupports: Bool { abilities.contains(.condition) }

  /// Whether it takes tables of a kind.
  func accepts(_ trait: DataTrait) -> Bool {
    switch method {
    case .training(let training): training.accepts.contains(trait)
    case .estimation(let estimation): estimation.accepts.contains(trait)
    }
  }

  /// The configuration: the defaults with some in their place.
  ///
  /// - Throws: `SettingsError` for a setting that does not exist or is of another kind.
  func configuration(_ configuration: SettingsValue) throws -> SettingsValue {
    do {
      return try defaults.merging(configuration)
    } catch let error as SettingsError {
      throw error.inside("configuration")
    }
  }
}

/// The rows that a distribution is computed from.
struct EstimationData {
  /// The table's name in messages.
  let path: String
  /// `[rows, columns]`, 64-bit; NaN in missing cells, where the model accepts them.
  let rows: Tensor
  /// What the columns look like.
  let columns: [ColumnInspection]
  /// `[rows]`; nil for equal ones.
  let weights: Tensor?

  /// The columns' names.
  var names: [String] { columns.map(\.name) }
}

/// A model that was computed from data.
struct EstimationResult {
  /// The model of rows.
  var model: any DensityModel
  /// What the fit chose or found, by name.
  var details: [String: SettingsValue]

  /// A model, with what was found beside it.
  init(model: any DensityModel, details: [String: SettingsValue] = [:]) {
    self.model = model
    self.details = details
  }

  /// A distribution of rows, with what was found beside it.
  init(_ distribution: any StoredDistribution, details: [String: SettingsValue] = [:]) {
    self.init(model: EstimatedModel(distribution: distribution), details: details)
  }
}
