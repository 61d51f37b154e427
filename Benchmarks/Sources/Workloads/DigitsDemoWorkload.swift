import Pushforward

/// Training of the flow of `make demo`, with the settings of Examples/digits.yaml, on as many rows of as many columns:
/// seconds of all 120 epochs, from those of 10.
func digitsDemoWorkload(_ arguments: [String]) throws -> Served {
  let (features, rows, heldOut) = (64, 1617, 180)
  let (epochs, demoEpochs) = (10, 120)
  var rng = RandomGenerator(seed: 0)
  let network = ConditionerNetwork.multilayerPerceptron(hiddenFeatures: [128, 128])
  let couplings = CouplingOptions(layers: 10, network: network, dropout: 0.2)
  let flow = try NormalizingFlow(
    NeuralSplineFlow.Configuration(features: features, couplings: couplings), using: &rng)
  let training = Batch(values: Tensor.normal([rows, features], using: &rng))
  let validation = Batch(values: Tensor.normal([heldOut, features], using: &rng))
  let trainer = try Trainer(
    TrainingConfiguration(batchSize: 128, maximumEpochs: epochs, patience: epochs, averagingDecay: 0.99))
  return Served(measures: [
    "training": {
      let spent = try seconds {
        _ = try trainer.fit(
          flow, to: training, validation: validation,
          objective: { batch, context in -flow.conditioned(on: nil, context).logProb(batch.values).mean() },
          using: &rng)
      }
      return spent * Double(demoEpochs / epochs)
    }
  ])
}
