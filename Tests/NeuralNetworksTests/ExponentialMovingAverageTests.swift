import NeuralNetworks
import Testing
import Torch
import _TestSupport

struct ExponentialMovingAverageTests {
  @Test func averagesAsItsFormula() {
    let parameter = Parameter(Tensor([1.0, -2]))
    let average = ExponentialMovingAverage([parameter], decay: 0.5)
    var expected = [1.0, -2]
    for update in 1...10 {
      parameter.assign(Tensor([Double(update), Double(update * update)]))
      average.update()
      let kept = min(0.5, Double(1 + update) / Double(10 + update))
      expected = zip(expected, [Double(update), Double(update * update)]).map { kept * $0 + (1 - kept) * $1 }
    }
    average.withAverage { expectClose(parameter.value.doubles(), expected) }
    #expect(parameter.value.doubles() == [10, 100])
    average.copyToParameters()
    expectClose(parameter.value.doubles(), expected)
    #expect(average.updateCount == 10)
  }

  /// Weights and averages change places, in several pieces for large ones; parts of a memory and other types too.
  @Test(arguments: [DType.float32, .float64])
  func largeWeightsChangePlacesWithTheirAverage(_ dtype: DType) throws {
    let memory = Tensor.range(300_001, dtype: dtype)
    let parameters = [Parameter(memory.narrowed(0, from: 1, length: 300_000)), Parameter(Tensor([1.0]).to(dtype))]
    let average = ExponentialMovingAverage(parameters)
    for parameter in parameters { parameter.assign(parameter.value.detached() * -2) }
    let weights = parameters.map { $0.value.detached().cloned() }
    average.withAverage {
      #expect(zip(parameters, weights).allSatisfy { $0.value.isEqual(to: $1 * -0.5) })
      // Its state is the average at all times.
      #expect(average.state()["averages.0"]?.isEqual(to: weights[0] * -0.5) == true)
      average.withAverage { #expect(parameters[1].value.item() == 1) }
      #expect(parameters[1].value.item() == 1)
    }
    #expect(zip(parameters, weights).allSatisfy { $0.value.isEqual(to: $1) })
    #expect(average.state()["averages.0"]?.isEqual(to: weights[0] * -0.5) == true)
  }

  @Test func weightsComeBackAfterAnError() {
    struct Stop: Error {}
    let parameter = Parameter(Tensor([1.0]))
    let average = ExponentialMovingAverage([parameter])
    parameter.assign(Tensor([2.0]))
    #expect(throws: Stop.self) {
      try average.withAverage { () throws(Stop) in
        #expect(parameter.value.item() == 1)
        throw Stop()
      }
    }
    #expect(parameter.value.item() == 2 && parameter.value.requiresGradient)
  }

  @Test func stateMoves() throws {
    let parameter = Parameter(Tensor([1.0]))
    let first = ExponentialMovingAverage([parameter])
    parameter.assign(Tensor([2.0]))
    first.update()
    let second = ExponentialMovingAverage([parameter])
    try second.load(first.state())
    parameter.assign(Tensor([5.0]))
    first.update()
    second.update()
    #expect(first.state()["averages.0"]?.item() == second.state()["averages.0"]?.item() && second.updateCount == 2)
  }
}
