import Datasets
import Foundation
import NeuralNetworks
import Torch
import Training

/// The fit of a model that is trained step by step.
struct TrainingFit {
  let settings: FitSettings
  let configuration: SettingsValue
  let folder: RunFolder
  let device: Device

  func run(
    _ method: CatalogueEntry.Training, of entry: CatalogueEntry, overwriting: Bool, resuming: Bool, stop: StopRequest?,
    onEvent: (ModelFit.Event) -> Void
  ) throws -> TrainingReport {
    let training = settings.training ?? method.defaults
    let trainer = try Trainer(training)
    var rng = RandomGenerator(seed: settings.seed)
    _ = rng.split()  // the generator of the split
    let data = try LoadedData(fitting: settings.data, for: entry)
    data.warnings.forEach { onEvent(.warning($0)) }
    let (bare, model) = try models(method, data, using: &rng)
    let split = try settings.rowSplit(rowCount: data.table.rowCount, path: data.table.path)
    if !resuming { try folder.create(overwriting: overwriting) }
    let lock = try folder.lock()
    defer { lock.release() }
    try settings.write(to: folder.settings)

    let all = Batch(values: data.rows, context: data.context)
    model.prepare(for: all.rows(split.train))
    try model.move(to: device)
    let trained = all.rows(split.train).to(device)
    let validation = training.validationFraction > 0 ? all.rows(split.validation).to(device) : nil
    onEvent(
      .started(
        trainingRows: trained.rowCount, validationRows: validation?.rowCount ?? 0, columns: data.table.columnCount,
        parameters: model.parameterCount))
    onEvent(.slowParts(model.slowParts))
    let checkpoint = CheckpointStore(url: folder.checkpoint, fingerprint: try fingerprint(data))
    do {
      let report = try fit(
        model, trainer, trained, validation, using: &rng, checkpoint: checkpoint, stop: stop, onEvent: onEvent)
      guard report.stopReason != .interrupted else { return report }
      model.finish(for: trained)
      guard let whole = try completed(model, bare, method, data, trained, stop, onEvent) else {
        return report.interrupted
      }
      try save(whole, data, report, checkpoint)
      return report
    } catch TrainingError.diverged(let divergence) {
      // The best weights are worth keeping; the error still reaches the caller.
      if let report = divergence.reportOfBest { try save(model, data, report, checkpoint) }
      throw TrainingError.diverged(divergence)
    }
  }

  /// The model as it is made, and as it takes rows: with bounds and grids.
  private func models(
    _ method: CatalogueEntry.Training, _ data: LoadedData, using rng: inout RandomGenerator
  ) throws -> (bare: any TrainedModel, whole: any TrainedModel) {
    let bare = try method.make(configuration, data.table.columnCount, data.conditions?.columnCount ?? 0, &rng)
    if let bare = bare as? VariationalModel {
      try bare.require(noSupports: data.supports, noGrids: data.units.grids, settings.model)
    }
    return (bare, bare.supporting(data.supports).dequantizing(data.units.shiftedGrids))
  }

  /// The trained model with a second one of its codes, where it has one; nil when the fit of that was interrupted.
  private func completed(
    _ model: any TrainedModel, _ bare: any TrainedModel, _ method: CatalogueEntry.Training, _ data: LoadedData,
    _ trained: Batch, _ stop: StopRequest?, _ onEvent: (ModelFit.Event) -> Void
  ) throws -> (any GenerativeModel)? {
    guard let name = method.codeModel, let first = bare as? AutoencoderModel, let coder = model as? any CodeModel
    else { return model }
    let fit = CodeFit(entry: try Catalogue.entry(named: name), configuration: configuration.codes, seed: settings.seed)
    let codes = try fit.run(coder.encode(trained.values, given: nil), stop: stop, onEvent: onEvent)
    return codes.map { CodedModel(autoencoder: first, codes: $0).dequantizing(data.units.shiftedGrids) }
  }

  private func save(
    _ model: any GenerativeModel, _ data: LoadedData, _ report: TrainingReport, _ checkpoint: CheckpointStore
  ) throws {
    try model.move(to: .cpu)
    try ModelFile.save(model, data.description(settings, .training(report)), to: folder.model)
    checkpoint.remove()
  }

  // The model is an existential; this opens it for the generic trainer.
  private func fit(
    _ model: some TrainedModel, _ trainer: Trainer, _ training: Batch, _ validation: Batch?,
    using rng: inout RandomGenerator, checkpoint: CheckpointStore, stop: StopRequest?,
    onEvent: (ModelFit.Event) -> Void
  ) throws -> TrainingReport {
    try trainer.fit(
      model, to: training, validation: validation, objective: { model.loss($0, $1) }, using: &rng,
      checkpoint: checkpoint, log: MetricsLog(url: folder.metrics), stop: stop, onProgress: { onEvent(.progress($0)) })
  }

  private func fingerprint(_ data: LoadedData) throws -> String {
    var fingerprint = Fingerprint()
    fingerprint.add(data.rows)
    if let context = data.context { fingerprint.add(context) }
    try fingerprint.add(settings)
    return fingerprint.text
  }
}

extension TrainingReport {
  /// The report of a run that was stopped after this training.
  fileprivate var interrupted: TrainingReport {
    var report = self
    report.stopReason = .interrupted
    return report
  }
}

extension SettingsValue {
  /// The configuration of a second model, of codes.
  var codes: SettingsValue {
    guard case .object(let settings) = self, let codes = settings["codes"] else { return .object([:]) }
    return codes
  }
}

extension Fingerprint {
  /// Adds what the result of a fit depends on.
  mutating func add(_ settings: FitSettings) throws {
    var relevant = settings
    relevant.training?.checkpointInterval = 0
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    add(String(decoding: try encoder.encode(relevant), as: UTF8.self))
  }
}
