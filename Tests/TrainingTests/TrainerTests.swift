import Datasets
import Foundation
import NeuralNetworks
import Testing
import Torch
import Training
import _TestSupport

@Suite struct TrainerTests {
  private func fit(
    _ model: LineModel, _ configuration: TrainingConfiguration, rows: Batch = LineModel.rows(200), seed: UInt64 = 3,
    checkpoint: CheckpointStore? = nil, log: MetricsLog? = nil, stop: StopRequest? = nil,
    onProgress: (TrainingProgress) -> Void = { _ in }
  ) throws -> TrainingReport {
    var rng = RandomGenerator(seed: seed)
    return try Trainer(configuration).fit(
      model, to: rows, validation: LineModel.rows(50, seed: 2), objective: { model.loss($0, $1) }, using: &rng,
      checkpoint: checkpoint, log: log, stop: stop, onProgress: onProgress)
  }

  @Test func aLineIsFound() throws {
    let model = LineModel()
    let report = try fit(model, TrainingConfiguration(learningRate: 0.05, batchSize: 32, maximumEpochs: 200))
    // Dropout biases the slope; the validation loss picks the weights without it.
    #expect(abs(model.bias.value.item() - 1) < 0.2)
    #expect(abs(model.weight.value.item() - 2) < 0.5)
    #expect(report.trainingRows == 200 && report.validationRows == 50)
    #expect(report.steps == report.epochs * 6)
  }

  /// Rows without columns say how much to draw, and an objective that changes knows the step, also after a stop.
  @Test func objectivesThatDrawKnowHowMuchAndWhen() throws {
    func run(_ model: LineModel, stop: StopRequest?, _ checkpoint: CheckpointStore?) throws -> [Int] {
      var (rng, steps) = (RandomGenerator(seed: 4), [Int]())
      let configuration = TrainingConfiguration(batchSize: 8, maximumEpochs: 3, checkpointInterval: 0)
      _ = try Trainer(configuration).fit(
        model, to: Batch(rowCount: 32), validation: Batch(rowCount: 5),
        objective: { batch, context in
          if context.isTraining {
            steps.append(context.step)
            if context.step == 5 { stop?.request() }
          }
          #expect(batch.rowCount == (context.isTraining ? 8 : 5) && (context.isTraining || context.step == 0))
          let x = Tensor.normal([batch.rowCount], using: &context.rng)
          return (model.weight.value - x * Double(context.step)).squared().mean()
        }, using: &rng, checkpoint: checkpoint, stop: stop)
      return steps
    }
    let (whole, parts) = (LineModel(), LineModel())
    #expect(try run(whole, stop: nil, nil) == Array(0..<12))
    try withTemporaryFolder { folder in
      let checkpoint = CheckpointStore(url: folder.appending(path: "c.safetensors"), fingerprint: "")
      let before = try run(parts, stop: StopRequest(), checkpoint)
      let after = try run(parts, stop: nil, checkpoint)
      #expect(before == Array(0...5) && after == Array(6..<12))
    }
    #expect(whole.weight.value.isEqual(to: parts.weight.value))
  }

  @Test func trainingStopsWhenNothingImprovesAndTheBestWeightsStay() throws {
    let model = LineModel()
    let report = try fit(
      model, TrainingConfiguration(learningRate: 0.3, batchSize: 16, maximumEpochs: 1000, patience: 5))
    #expect(report.stopReason == .patience)
    #expect(report.epochs == report.bestEpoch + 5)
    let best = try #require(report.bestValidationLoss)
    let now = withoutGradient { model.loss(LineModel.rows(50, seed: 2), .inference).item() }
    #expect(abs(now - best) < 1e-6)
  }

  @Test func withoutHeldOutRowsAllEpochsAreDone() throws {
    let model = LineModel()
    var rng = RandomGenerator(seed: 1)
    let report = try Trainer(TrainingConfiguration(maximumEpochs: 7, validationFraction: 0)).fit(
      model, to: LineModel.rows(64), objective: { model.loss($0, $1) }, using: &rng)
    #expect(report.stopReason == .maximumEpochs && report.epochs == 7 && report.bestValidationLoss == nil)
  }

  @Test func aDivergingLossNamesStepAndValueAndKeepsTheBestWeights() throws {
    let model = LineModel()
    var calls = 0
    var rng = RandomGenerator(seed: 1)
    let error = #expect(throws: TrainingError.self) {
      try Trainer(TrainingConfiguration(batchSize: 64, maximumEpochs: 50)).fit(
        model, to: LineModel.rows(64), validation: LineModel.rows(10, seed: 2),
        objective: { batch, context in
          calls += 1
          return model.loss(batch, context) * (context.isTraining && calls > 20 ? Double.nan : 1)
        }, using: &rng)
    }
    guard case .diverged(let divergence)? = error else {
      Issue.record("expected a divergence, got \(String(describing: error))")
      return
    }
    #expect(divergence.step == 11 && divergence.quantity == "loss" && divergence.value.isNaN)
    #expect(divergence.reportOfBest?.stopReason == .diverged)
    #expect(error?.description.contains("smaller learning rate") == true)
    #expect(model.weight.value.isFinite().all())
  }

  @Test func settingsOutOfRangeAreNamed() {
    #expect(throws: TrainingError.invalidSetting(name: "batchSize", value: "0", rule: "from 1 to a billion")) {
      try Trainer(TrainingConfiguration(batchSize: 0))
    }
    #expect(throws: TrainingError.self) { try Trainer(TrainingConfiguration(learningRate: .nan)) }
    #expect(throws: TrainingError.self) { try Trainer(TrainingConfiguration(validationFraction: 1)) }
  }

  @Test(arguments: [1, 5, 6, 7, 40])
  func resumedEqualsUninterruptedBitForBit(stopAfter: Int) throws {
    try withTemporaryFolder { folder in
      let configuration = TrainingConfiguration(
        optimizer: .adamw, learningRate: 0.02, schedule: .cosine(warmUpSteps: 3), weightDecay: 0.01, batchSize: 32,
        maximumEpochs: 12, averagingDecay: 0.9)
      let straight = LineModel()
      let straightLog = MetricsLog(url: folder.appending(path: "straight.jsonl"))
      let whole = try fit(straight, configuration, log: straightLog)

      let store = CheckpointStore(url: folder.appending(path: "checkpoint.safetensors"), fingerprint: "line")
      let log = MetricsLog(url: folder.appending(path: "resumed.jsonl"))
      let stop = StopRequest()
      let first = try fit(
        LineModel(), configuration, checkpoint: store, log: log, stop: stop,
        onProgress: { if $0.step >= stopAfter { stop.request() } })
      #expect(first.stopReason == .interrupted && store.exists)
      let resumed = LineModel()
      let second = try fit(resumed, configuration, seed: 99, checkpoint: store, log: log)

      #expect(resumed.weight.value.isEqual(to: straight.weight.value))
      #expect(resumed.bias.value.isEqual(to: straight.bias.value))
      #expect(second.bestValidationLoss == whole.bestValidationLoss && second.steps == whole.steps)
      #expect(try lines(log) == lines(straightLog))
    }
  }

  /// The log without its times.
  private func lines(_ log: MetricsLog) throws -> [[String: Double]] {
    try String(contentsOf: log.url, encoding: .utf8).split(separator: "\n").map { line in
      var values = try JSONDecoder().decode([String: Double].self, from: Data(line.utf8))
      values["seconds"] = nil
      return values
    }
  }

  @Test func aCheckpointOfOtherDataIsRefused() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "checkpoint.safetensors")
      let stop = StopRequest()
      stop.request()
      _ = try fit(
        LineModel(), TrainingConfiguration(), checkpoint: CheckpointStore(url: url, fingerprint: "a"), stop: stop)
      let error = #expect(throws: TrainingError.self) {
        _ = try fit(LineModel(), TrainingConfiguration(), checkpoint: CheckpointStore(url: url, fingerprint: "b"))
      }
      #expect(error?.description.contains("data or the settings have changed") == true)
    }
  }

  @Test func sameSeedSameWeightsOtherSeedOthers() throws {
    let configuration = TrainingConfiguration(maximumEpochs: 3)
    let models = try [3, 3, 4].map { seed in
      let model = LineModel()
      _ = try fit(model, configuration, seed: UInt64(seed))
      return model.weight.value.item()
    }
    #expect(models[0] == models[1])
    #expect(models[0] != models[2])
  }

  @Test(.timeLimit(.minutes(1))) func progressIsAStreamThatStopsTraining() async throws {
    var steps: [Int] = []
    // Stopped by the stream's end; it is set once training has returned.
    let ended = StopRequest()
    let training = { (report: (TrainingProgress) -> Void, stop: StopRequest) throws in
      defer { ended.request() }
      let model = LineModel()
      var rng = RandomGenerator(seed: 1)
      _ = try Trainer(TrainingConfiguration(maximumEpochs: 1_000_000, validationFraction: 0)).fit(
        model, to: LineModel.rows(64), objective: { model.loss($0, $1) }, using: &rng, stop: stop, onProgress: report)
    }
    for try await progress in trainingProgress(training) {
      steps.append(progress.step)
      if steps.count == 3 { break }
    }
    #expect(steps.count == 3 && steps == steps.sorted())
    while !ended.isRequested { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test func errorsReachWhoeverAwaitsTheStream() async {
    await #expect(throws: TrainingError.self) {
      for try await _ in trainingProgress({ _, _ in throw TrainingError.nothingToTrain }) {}
    }
  }
}
