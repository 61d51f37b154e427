import Datasets
public import Torch
import Training

/// The rows of a run: those that its model was fitted to, and those that it has not seen.
public struct RunRows {
  /// The rows that the model was fitted to, as ``LoadedData/rows``.
  public let training: Tensor
  /// The rows that were held out to end the training; nil for a model that took all.
  public let heldOut: Tensor?

  /// Reads the data of a run again, and divides them as the fit did.
  ///
  /// - Throws: errors of reading the settings and the data, such as when these have gone since.
  public init(of run: RunFolder) throws {
    let settings = try FitSettings(contentsOf: run.settings)
    let data = try LoadedData(fitting: settings.data, for: try Catalogue.entry(named: settings.model))
    guard let training = settings.training, training.validationFraction > 0 else {
      self.training = data.rows
      heldOut = nil
      return
    }
    let split = try settings.split(data.table, validation: training.validationFraction)
    self.training = data.rows.selecting(split.train)
    heldOut = data.rows.selecting(split.validation)
  }
}

extension FitSettings {
  /// Which rows a fit trains on, and which it holds out: the same whenever it is asked.
  func split(_ table: Table, validation: Double) throws -> RowSplit {
    var rng = RandomGenerator(seed: seed)
    var random = rng.split()
    return try RowSplit(
      rowCount: table.rowCount, fractions: SplitFractions(validation: validation), path: table.path, using: &random)
  }
}
