import Datasets
import NeuralNetworks
import Torch
import Training

/// Trains a model on all rows, its learning rate falling to 0.
func train(
  _ model: some Module, on rows: Tensor, epochs: Int, batchSize: Int = 250, learningRate: Double = 1e-2,
  loss: (Tensor, LayerContext) -> Tensor
) throws {
  var rng = RandomGenerator(seed: 1)
  let trainer = try Trainer(
    TrainingConfiguration(
      learningRate: learningRate, schedule: .cosine(warmUpSteps: 0, finalFraction: 0), batchSize: batchSize,
      maximumEpochs: epochs, validationFraction: 0, gradientClip: 0, averagingDecay: 0))
  _ = try trainer.fit(model, to: Batch(values: rows), objective: { loss($0.values, $1) }, using: &rng)
}
