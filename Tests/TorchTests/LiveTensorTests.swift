import Foundation
import Testing
import Torch

struct LiveTensorTests {
  /// In a process of its own, because other tests make tensors at the same time.
  @Test func trainingStepsLeakNothing() async {
    await #expect(processExitsWith: .success) {
      var rng = RandomGenerator(seed: 1)
      let weight = Parameter(.normal([8, 8], using: &rng))
      func train(_ count: Int) {
        for _ in 0..<count {
          let loss = (Tensor.normal([16, 8], using: &rng).linear(weight.value) - 1).tanh().squared().mean()
          let gradient = gradients(of: loss, withRespectTo: [weight.value])[0]
          weight.assign(withoutGradient { weight.value - 0.1 * gradient })
        }
      }
      train(10)
      let before = liveTensorCount()
      train(1000)
      exit(liveTensorCount() == before ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }

  @Test func errorsLeakNothing() async {
    await #expect(processExitsWith: .success) {
      let bad = Tensor.zeros([2, 2])
      let before = liveTensorCount()
      for _ in 0..<100 { _ = try? bad.cholesky() }
      exit(liveTensorCount() == before ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }
}
