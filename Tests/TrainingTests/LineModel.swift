import Datasets
import NeuralNetworks
import Torch
import Training

/// A straight line with a dropout layer: small, and every random number of training matters to it.
struct LineModel: Module {
  let weight = Parameter(Tensor([Float(0)]))
  let bias = Parameter(Tensor([Float(0)]))
  let dropout = Dropout(probability: 0.2)

  func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(weight, named: "weight")
    visitor.visit(bias, named: "bias")
    visitor.visit(dropout, named: "dropout")
  }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor {
    let input = dropout(batch.values.narrowed(1, from: 0, length: 1), context)
    let target = batch.values.narrowed(1, from: 1, length: 1)
    return (input * weight.value + bias.value - target).squared().mean()
  }

  /// Rows of the line 2 x + 1 with a little noise.
  static func rows(_ count: Int, seed: UInt64 = 1) -> Batch {
    var rng = RandomGenerator(seed: seed)
    let x = Tensor.normal([count, 1], using: &rng)
    let noise = Tensor.normal([count, 1], using: &rng) * 0.1
    return Batch(values: Tensor.concatenating([x, x * 2 + 1 + noise], 1))
  }
}
