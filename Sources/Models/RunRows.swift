import Datasets
public import Torch
import Training

/// The rows of a run: those that its model was fitted to, and those that it has not seen.
public struct RunRows {
  /// The rows that the model was fitted to, as ``LoadedData/rows``.
  public let training: Tensor
  /// Their conditions, as ``LoadedData/context``.
  public let trainingContext: Tensor?
  /// The rows that were held out to end the training; nil for a model that took all.
  public let heldOut: Tensor?
  /// Their conditions.
  public let heldOutContext: Tensor?

  /// Reads the data of a run again, and divides them as the fit did.
  ///
  /// - Throws: errors of reading the settings and the data, such as when these have gone since.
  public init(of run: RunFolder) throws {
    let settings = try FitSettings(contentsOf: run.settings)
    let data = try LoadedData(fitting: settings.data, for: try Catalogue.entry(named: settings.model))
    guard let fraction = settings.training?.validationFraction, fraction > 0 else {
      (training, trainingContext) = (data.rows, data.context)
      (heldOut, heldOutContext) = (nil, nil)
      return
    }
    let split = try settings.rowSplit(rowCount: data.table.rowCount, path: data.table.path)
    training = data.rows.selecting(split.train)
    trainingContext = data.context?.selecting(split.train)
    heldOut = data.rows.selecting(split.validation)
    heldOutContext = data.context?.selecting(split.validation)
  }
}
