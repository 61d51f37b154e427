import Pushforward

/// Live tensors and resident memory over many training steps: both must stay as they are after the first thousand.
func soakWorkload(_ arguments: [String]) throws -> Served {
  let epochs = max(1, try integer(arguments[0]) / 16)
  var rng = RandomGenerator(seed: 0)
  let flow = try NormalizingFlow(NeuralSplineFlow.Configuration(features: 6), using: &rng)
  let data = Batch(values: Tensor.normal([4096, 6], using: &rng))
  let trainer = try Trainer(TrainingConfiguration(batchSize: 256, maximumEpochs: epochs, validationFraction: 0))
  var handles: [Int] = []
  var resident: [Double] = []
  func train() throws {
    _ = try trainer.fit(
      flow, to: data, objective: { batch, context in -flow.conditioned(on: nil, context).logProb(batch.values).mean() },
      using: &rng,
      onProgress: { progress in
        guard progress.step % 1000 == 0, progress.isEndOfEpoch || progress.stepsPerEpoch > 1 else { return }
        if handles.count < progress.step / 1000 {
          handles.append(liveTensorCount())
          resident.append(memory("VmRSS"))
        }
      })
  }
  return Served(
    measures: ["training": { try seconds(train) / Double(epochs * 16) }],
    result: { ["live_tensors": handles, "resident_mib": resident] })
}
