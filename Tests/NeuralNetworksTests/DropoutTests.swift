import NeuralNetworks
import Testing
import Torch

struct DropoutTests {
  /// The share of dropped elements lies within 5 standard errors: a false alarm has a chance below 1e-6.
  @Test(arguments: [0.1, 0.5, 0.9])
  func dropsWithItsProbability(_ probability: Double) {
    let count = 100_000
    let context = LayerContext(training: RandomGenerator(seed: 11))
    let output = Dropout(probability: probability)(Tensor.ones([count], dtype: .float64), context)
    let dropped = 1 - Double(output.nonzeroCount()) / Double(count)
    #expect(abs(dropped - probability) < 5 * (probability * (1 - probability) / Double(count)).squareRoot())
    // What is kept is scaled, so the mean stays.
    #expect(abs(output.max().item() - 1 / (1 - probability)) < 1e-12)
  }

  @Test func isTheIdentityOutsideTraining() {
    let x = Tensor([1.0, 2, 3])
    #expect(Dropout(probability: 0.9)(x).isEqual(to: x))
    #expect(Dropout(probability: 0)(x, LayerContext(training: RandomGenerator(seed: 1))).isEqual(to: x))
  }

  @Test func drawsFromTheContextOnly() {
    let x = Tensor.ones([1000])
    let dropout = Dropout(probability: 0.5)
    let context = LayerContext(training: RandomGenerator(seed: 1))
    let first = dropout(x, context)
    #expect(first.isEqual(to: dropout(x, LayerContext(training: RandomGenerator(seed: 1)))))
    #expect(!first.isEqual(to: dropout(x, context)))
  }

  @Test func gradientsFollowTheMask() {
    let x = Tensor.ones([1000], dtype: .bfloat16).requiringGradient()
    let output = Dropout(probability: 0.5)(x, LayerContext(training: RandomGenerator(seed: 2)))
    #expect(output.dtype == .bfloat16)
    #expect(gradients(of: output.sum(), withRespectTo: [x])[0].isEqual(to: output.detached()))
  }
}
