import Pushforward

/// Epochs of the variational autoencoder of Burda et al. (784-200-200-50, tanh, bits) on random bits: seconds of one of
/// 600 steps of 100 rows, from those of 60.
func autoencoderWorkload(_ arguments: [String]) throws -> Served {
  let (rows, batch, scale) = (6000, 100, 10.0)
  var rng = RandomGenerator(seed: 0)
  let model = try VariationalAutoencoder(
    .init(
      features: 784, codeFeatures: 50, network: .multilayerPerceptron(hiddenFeatures: [200, 200]), activation: .tanh,
      likelihood: .bernoulli), using: &rng)
  let bits = (Tensor.uniform([rows, 784], using: &rng) .> 0.7).to(.float32)
  model.fitScaling(to: bits, within: 0...1)
  let trainer = try Trainer(
    TrainingConfiguration(
      batchSize: batch, maximumEpochs: 1, validationFraction: 0, gradientClip: 0, averagingDecay: 0))
  return Served(measures: [
    "epoch": {
      scale
        * (try seconds {
          _ = try trainer.fit(
            model, to: Batch(values: bits), objective: { model.loss($0.values, given: nil, $1) }, using: &rng)
        })
    }
  ])
}
