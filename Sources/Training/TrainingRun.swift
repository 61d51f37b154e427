import Datasets
import NeuralNetworks
import Torch

/// One run of a ``Trainer``: its state, and the steps that move it.
final class TrainingRun<Model: Module> {
  let model: Model
  let batches: Batches
  let validation: Batch?
  let configuration: TrainingConfiguration
  let parameters: ParameterBuffer
  let optimizer: any Optimizer
  let average: ExponentialMovingAverage?
  let stepsPerEpoch: Int

  var state: TrainingState
  var best: [String: Tensor]?

  init(
    model: Model, training: Batch, validation: Batch?, configuration: TrainingConfiguration,
    rng: inout RandomGenerator
  ) throws(TrainingError) {
    self.model = model
    self.validation = validation
    self.configuration = configuration
    let trainable = model.trainableParameters
    guard !trainable.isEmpty else { throw .nothingToTrain }
    guard training.rowCount > 0 else { throw .tooFewRows(available: 0, needed: 1) }
    parameters = ParameterBuffer(trainable)
    optimizer = configuration.makeOptimizer(for: [parameters.whole])
    average =
      configuration.averagingDecay > 0
      ? ExponentialMovingAverage([parameters.whole], decay: configuration.averagingDecay) : nil
    // A last batch of few rows would give a noisy step; each epoch leaves out other rows.
    batches = Batches(
      training.values, context: training.context, batchSize: min(configuration.batchSize, training.rowCount),
      dropsLast: true)
    stepsPerEpoch = training.rowCount / batches.batchSize
    state = TrainingState(
      shuffling: rng.split(), layers: rng.split(),
      scheduler: LearningRateScheduler(configuration.schedule, initialRate: configuration.learningRate))
  }

  func train(
    objective: Trainer.Objective, checkpoint: CheckpointStore?, log: MetricsLog?, stop: StopRequest?,
    onProgress: (TrainingProgress) -> Void
  ) throws -> TrainingReport {
    var clock = SessionClock(earlier: state.seconds)
    while state.epoch < configuration.maximumEpochs {
      var shuffling = state.shuffling
      var epoch = batches.epoch(using: &shuffling)
      epoch.skip(state.stepInEpoch)
      while let batch = epoch.next() {
        try step(batch, objective)
        clock.rows += batch.rowCount
        state.seconds = clock.seconds
        if state.stepInEpoch < stepsPerEpoch { onProgress(progress(clock)) }
        if stop?.isRequested ?? false {
          try checkpoint?.save(snapshot())
          try restoreBest()
          return report(.interrupted)
        }
        if let checkpoint, clock.isCheckpointDue(every: configuration.checkpointInterval) {
          try checkpoint.save(snapshot())
        }
      }
      try finishEpoch(shuffling, objective)
      state.seconds = clock.seconds
      let progress = progress(clock)
      try log?.append(progress)
      onProgress(progress)
      beginEpoch()
      if validation != nil, state.epochsSinceBest >= configuration.patience {
        try restoreBest()
        return report(.patience)
      }
    }
    try restoreBest()
    return report(.maximumEpochs)
  }

  private func step(_ batch: Batch, _ objective: Trainer.Objective) throws {
    let context = LayerContext(training: state.layers, step: state.step)
    let (loss, gradient) = try parameters.gradient(of: { objective(batch, context) })
    state.layers = context.rng
    let value = loss.item()
    state.learningRate = state.scheduler.rate(
      step: state.step, totalSteps: configuration.maximumEpochs * stepsPerEpoch)
    try requireFinite(value, "loss")
    let limit = configuration.gradientClip > 0 ? configuration.gradientClip : .infinity
    let norm = globalNorm([gradient])
    state.gradientNorm = norm
    try requireFinite(norm, "norm of the gradient")
    optimizer.step(
      gradients: [gradient], scale: min(1, limit / norm), learningRate: state.learningRate, average: average)
    state.lossSum += value
    state.step += 1
    state.stepInEpoch += 1
  }

  private func requireFinite(_ value: Double, _ quantity: String) throws(TrainingError) {
    guard value.isFinite else {
      throw .diverged(
        Divergence(
          step: state.step + 1, epoch: state.epoch + 1, quantity: quantity, value: value,
          learningRate: state.learningRate, reportOfBest: best == nil ? nil : report(.diverged)))
    }
  }

  private func finishEpoch(_ shuffling: RandomGenerator, _ objective: Trainer.Objective) throws {
    state.shuffling = shuffling
    state.epoch += 1
    guard let validation else {
      state.bestEpoch = state.epoch
      return
    }
    let loss = average.map { $0.withAverage { evaluate(validation, objective) } } ?? evaluate(validation, objective)
    state.validationLoss = loss
    try requireFinite(loss, "validation loss")
    state.scheduler.observe(validationLoss: loss)
    if state.bestValidationLoss.map({ loss < $0 }) ?? true {
      state.bestValidationLoss = loss
      state.bestEpoch = state.epoch
      state.epochsSinceBest = 0
      best = average.map { $0.withAverage { model.state() } } ?? model.state()
    } else {
      state.epochsSinceBest += 1
    }
  }

  private func beginEpoch() {
    state.stepInEpoch = 0
    state.lastEpochLoss = state.lossSum / Double(stepsPerEpoch)
    state.lossSum = 0
  }

  /// The mean objective over rows, in pieces that bound the memory.
  private func evaluate(_ data: Batch, _ objective: Trainer.Objective) -> Double {
    let size = 4096
    return withoutGradient {
      let context = LayerContext.inference
      let sum = stride(from: 0, to: data.rowCount, by: size).reduce(0.0) { sum, start in
        let count = min(size, data.rowCount - start)
        return sum + objective(data.rows(from: start, count: count), context).item() * Double(count)
      }
      return sum / Double(data.rowCount)
    }
  }

  /// Gives the model the weights that the run is to end with.
  func restoreBest() throws {
    if let best {
      try model.load(best)
    } else {
      average?.copyToParameters()
    }
  }

  private func progress(_ clock: SessionClock) -> TrainingProgress {
    TrainingProgress(
      epoch: state.epoch, maximumEpochs: configuration.maximumEpochs, step: state.step, stepsPerEpoch: stepsPerEpoch,
      trainingLoss: state.lossSum / Double(max(state.stepInEpoch, 1)), validationLoss: state.validationLoss,
      bestValidationLoss: state.bestValidationLoss, epochsSinceBest: state.epochsSinceBest,
      learningRate: state.learningRate, gradientNorm: state.gradientNorm, seconds: clock.seconds,
      rowsPerSecond: clock.rowsPerSecond)
  }

  private func report(_ reason: TrainingReport.StopReason) -> TrainingReport {
    TrainingReport(
      stopReason: reason, epochs: state.epoch, steps: state.step, bestEpoch: state.bestEpoch,
      bestValidationLoss: state.bestValidationLoss, trainingLoss: state.lastEpochLoss,
      trainingRows: batches.values.size(0),
      validationRows: validation?.rowCount ?? 0, seconds: state.seconds)
  }
}

/// The time of this session, and of those before it.
struct SessionClock {
  private let start = ContinuousClock.now
  private let earlier: Double
  private var lastCheckpoint = ContinuousClock.now
  var rows = 0

  init(earlier: Double) { self.earlier = earlier }

  var seconds: Double { earlier + session }
  var rowsPerSecond: Double { session > 0 ? Double(rows) / session : 0 }

  private var session: Double { (ContinuousClock.now - start) / .seconds(1) }

  mutating func isCheckpointDue(every interval: Double) -> Bool {
    guard (ContinuousClock.now - lastCheckpoint) / .seconds(1) >= interval else { return false }
    lastCheckpoint = .now
    return true
  }
}
