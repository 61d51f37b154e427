import Datasets
import Foundation
import NeuralNetworks
import Torch
public import Training

/// One fit from settings to a run folder: what `pushforward fit` and `pushforward resume` do.
public struct ModelFit {
  /// The settings.
  public let settings: FitSettings
  /// Where everything is written.
  public let folder: RunFolder

  /// Something that happened during a fit.
  public enum Event {
    /// Advice about the data.
    case warning(String)
    /// Training starts: rows to train on, rows held out, columns, parameters.
    case started(trainingRows: Int, validationRows: Int, columns: Int, parameters: Int)
    /// Training has moved on.
    case progress(TrainingProgress)
  }

  /// A fit with settings into a folder.
  public init(_ settings: FitSettings, into folder: RunFolder) {
    self.settings = settings
    self.folder = folder
  }

  /// Reads the data, trains and saves the model.
  ///
  /// - Parameters:
  ///   - overwriting: whether a run that is in the folder may be replaced.
  ///   - resuming: whether an unfinished run is continued.
  ///   - stop: a request to stop heeded after each step; the state is kept for resuming.
  ///   - onEvent: told what happens.
  /// - Returns: how training ended.
  /// - Throws: errors of reading the data, of settings, of training and of writing.
  public func run(
    overwriting: Bool = false, resuming: Bool = false, stop: StopRequest? = nil, onEvent: (Event) -> Void = { _ in }
  ) throws -> TrainingReport {
    try settings.validate()
    if settings.threads > 0 { setThreadCount(settings.threads) }
    let entry = try Catalogue.entry(named: settings.model)
    let trainer = try Trainer(settings.training)
    let device = try Device(named: settings.device)
    var rng = RandomGenerator(seed: settings.seed)
    var splitRandom = rng.split()
    let data = try LoadedData(fitting: settings.data)
    data.warnings.forEach { onEvent(.warning($0)) }
    let model = try entry.makeModel(settings.configuration, features: data.table.columnCount, using: &rng)
      .dequantizing(data.units.shiftedGrids)
    let split = try RowSplit(
      rowCount: data.table.rowCount, fractions: SplitFractions(validation: settings.training.validationFraction),
      path: data.table.path, using: &splitRandom)
    if !resuming { try folder.create(overwriting: overwriting) }
    let lock = try folder.lock()
    defer { lock.release() }
    try settings.write(to: folder.settings)

    let all = Batch(values: data.rows)
    let training = all.rows(split.train)
    model.prepare(for: training)
    model.convert(device: device)
    let validation = settings.training.validationFraction > 0 ? all.rows(split.validation).to(device) : nil
    onEvent(
      .started(
        trainingRows: training.rowCount, validationRows: validation?.rowCount ?? 0, columns: data.table.columnCount,
        parameters: model.parameterCount))
    let checkpoint = CheckpointStore(url: folder.checkpoint, fingerprint: try fingerprint(data))
    do {
      let report = try fit(
        model, trainer, training.to(device), validation, using: &rng, checkpoint: checkpoint, stop: stop,
        onEvent: onEvent)
      if report.stopReason != .interrupted { try save(model, data, report, checkpoint) }
      return report
    } catch TrainingError.diverged(let divergence) {
      // The best weights are worth keeping; the error still reaches the caller.
      if let report = divergence.reportOfBest { try save(model, data, report, checkpoint) }
      throw TrainingError.diverged(divergence)
    }
  }

  private func save(
    _ model: some GenerativeModel, _ data: LoadedData, _ report: TrainingReport, _ checkpoint: CheckpointStore
  ) throws {
    model.convert(device: .cpu)
    try ModelFile.save(model, description(of: data, report), to: folder.model)
    checkpoint.remove()
  }

  // The model is an existential; this opens it for the generic trainer.
  private func fit(
    _ model: some GenerativeModel, _ trainer: Trainer, _ training: Batch, _ validation: Batch?,
    using rng: inout RandomGenerator, checkpoint: CheckpointStore, stop: StopRequest?, onEvent: (Event) -> Void
  ) throws -> TrainingReport {
    try trainer.fit(
      model, to: training, validation: validation, objective: { model.loss($0, $1) }, using: &rng,
      checkpoint: checkpoint, log: MetricsLog(url: folder.metrics), stop: stop, onProgress: { onEvent(.progress($0)) })
  }

  private func fingerprint(_ data: LoadedData) throws -> String {
    var fingerprint = Fingerprint()
    fingerprint.add(data.rows)
    var relevant = settings
    relevant.training.checkpointInterval = 0
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    fingerprint.add(String(decoding: try encoder.encode(relevant), as: UTF8.self))
    return fingerprint.text
  }

  private func description(of data: LoadedData, _ report: TrainingReport) -> ModelDescription {
    ModelDescription(
      model: settings.model, configuration: settings.configuration, columns: data.table.columnNames,
      data: settings.data, categories: data.table.categories, sourceColumns: data.table.sourceColumns,
      grids: data.units.grids, offsets: data.units.offsets,
      imageSize: data.imageSize.flatMap { $0.reduce(1, *) == data.table.columnCount ? $0 : nil },
      seed: settings.seed, training: report)
  }
}
