import Datasets
import Foundation
import NeuralNetworks
import Probability
import Torch
import Training

/// A trained model whose draws are a differentiable function of its weights and of noise.
protocol ReparameterizedModel: TrainedModel {
  /// The distribution of rows, in training or in inference.
  func reparameterizedDistribution(_ context: LayerContext) -> any ReparameterizedDistribution
}

/// The fit of a model to a target that is known up to a constant: every batch is drawn from the model itself.
struct TargetFit {
  let settings: FitSettings
  let objective: ReverseKullbackLeiblerSettings
  let configuration: SettingsValue
  let folder: RunFolder
  let device: Device

  /// The most draws of an epoch.
  private static let mostDraws = 1e8

  func run(
    _ method: CatalogueEntry.Training, of entry: CatalogueEntry, overwriting: Bool, resuming: Bool, stop: StopRequest?,
    onEvent: (ModelFit.Event) -> Void
  ) throws -> TrainingReport {
    let training = settings.training ?? method.defaults
    let trainer = try Trainer(training)
    let data = try TargetData(named: settings.data.path)
    var rng = RandomGenerator(seed: settings.seed)
    var diagnosisRandom = rng.split()
    guard let model = try method.make(configuration, data.columns.count, 0, &rng) as? any ReparameterizedModel else {
      throw ModelError.cannot(
        model: entry.name, action: "be fitted by reverse-kl", instead: "use one nsf or real-nvp: draws with gradients"
      )
    }
    if !resuming { try folder.create(overwriting: overwriting) }
    let lock = try folder.lock()
    defer { lock.release() }
    try settings.write(to: folder.settings)
    model.prepare(for: Batch(values: data.target.roughRows.to(.float32)))
    try model.move(to: device)
    onEvent(
      .seeking(
        target: settings.data.path, objective: objective, columns: data.columns.count,
        parameters: model.parameterCount))
    warnOfAnnealing(steps: training.maximumEpochs * objective.stepsPerEpoch, "training ends", onEvent)
    onEvent(.slowParts(model.slowParts))
    let checkpoint = CheckpointStore(url: folder.checkpoint, fingerprint: try fingerprint(data))
    do {
      let report = try fit(model, trainer, data, using: &rng, checkpoint: checkpoint, stop: stop, onEvent: onEvent)
      if report.stopReason != .interrupted {
        if report.stopReason == .patience { warnOfAnnealing(steps: report.steps, "training ended", onEvent) }
        let diagnosis = try finish(model, data, report, checkpoint, using: &diagnosisRandom)
        onEvent(.diagnosed(diagnosis))
      }
      return report
    } catch TrainingError.diverged(let divergence) {
      if let report = divergence.reportOfBest {
        _ = try finish(model, data, report, checkpoint, using: &diagnosisRandom)
      }
      throw TrainingError.diverged(divergence)
    }
  }

  /// Says that a training is too short to reach the target itself.
  private func warnOfAnnealing(steps: Int, _ what: String, _ onEvent: (ModelFit.Event) -> Void) {
    guard steps < objective.annealingSteps else { return }
    let temperature = (objective.temperature(step: steps) * 10).rounded() / 10
    onEvent(
      .warning(
        "\(what) after \(steps) steps at temperature \(temperature), before the annealing of \(objective.annealingSteps) "
          + "steps is over: raise training.maximumEpochs or training.patience, or lower objective.reverse-kl.annealingSteps"
      ))
  }

  /// Examines the model and saves it.
  private func finish(
    _ model: any ReparameterizedModel, _ data: TargetData, _ report: TrainingReport, _ checkpoint: CheckpointStore,
    using rng: inout RandomGenerator
  ) throws -> ReverseKullbackLeibler.Diagnosis {
    try model.move(to: .cpu)
    let distribution = model.reparameterizedDistribution(.inference)
    let diagnosis = ReverseKullbackLeibler(to: data.target)
      .diagnosis(of: distribution, draws: objective.diagnosisDraws, using: &rng)
    var description = ModelDescription(
      model: settings.model, configuration: settings.configuration, columns: data.columns, data: settings.data,
      sourceColumns: data.columns, seed: settings.seed, report: .training(report))
    description.diagnosis = diagnosis
    try ModelFile.save(model, description, to: folder.model)
    checkpoint.remove()
    return diagnosis
  }

  private func fit(
    _ model: some ReparameterizedModel, _ trainer: Trainer, _ data: TargetData, using rng: inout RandomGenerator,
    checkpoint: CheckpointStore, stop: StopRequest?, onEvent: (ModelFit.Event) -> Void
  ) throws -> TrainingReport {
    let divergence = ReverseKullbackLeibler(to: data.target)
    let (configuration, settings) = (trainer.configuration, objective)
    let share = configuration.validationFraction
    let rows = settings.stepsPerEpoch * configuration.batchSize
    let wanted = (Double(rows) * share / (1 - share)).rounded()
    guard Double(rows) + wanted <= Self.mostDraws else {
      throw SettingsError.invalid(
        reason: "an epoch of \(settings.stepsPerEpoch) steps of \(configuration.batchSize) draws, with those held out, "
          + "has more than a hundred million; lower objective.reverse-kl.stepsPerEpoch, training.batchSize or "
          + "training.validationFraction")
    }
    let heldOut = Int(wanted)
    return try trainer.fit(
      model, to: Batch(rowCount: rows), validation: heldOut > 0 ? Batch(rowCount: heldOut) : nil,
      objective: { batch, context in
        divergence.loss(
          of: model.reparameterizedDistribution(context), draws: batch.rowCount,
          inverseTemperature: context.isTraining ? settings.inverseTemperature(step: context.step) : 1,
          using: &context.rng)
      }, using: &rng, checkpoint: checkpoint, log: MetricsLog(url: folder.metrics), stop: stop,
      onProgress: { onEvent(.progress($0)) })
  }

  private func fingerprint(_ data: TargetData) throws -> String {
    var fingerprint = Fingerprint()
    fingerprint.add(data.fingerprint)
    try fingerprint.add(settings)
    return fingerprint.text
  }
}
