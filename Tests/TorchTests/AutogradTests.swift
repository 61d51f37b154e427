import Testing
import Torch
import _TestSupport

struct AutogradTests {
  @Test func firstOrderAgreesWithDifferences() {
    let x = Tensor([0.3, -1.2, 2.0]).requiringGradient()
    let functions: [(String, (Tensor) -> Tensor)] = [
      ("exp sin", { ($0.exp() * $0.sin()).sum() }), ("logsumexp", { $0.logSumExp(0) }),
      ("norm", { $0.norm() }), ("softplus", { $0.softplus().squared().sum() }),
      ("select", { select($0 .> 0, $0.squared(), $0.exp()).sum() }),
      ("cumulative", { $0.cumulativeSum(0).tanh().sum() }),
    ]
    for (name, function) in functions {
      let gradient = gradients(of: function(x), withRespectTo: [x])[0]
      let differences = (0..<3).map { index -> Double in
        let step = Tensor((0..<3).map { $0 == index ? 1e-5 : 0 })
        return (function(x.detached() + step) - function(x.detached() - step)).item() / 2e-5
      }
      expectClose(gradient.doubles(), differences, tolerance: 1e-8, name)
    }
  }

  @Test func secondOrder() {
    let x = Tensor([0.5, 2.0]).requiringGradient()
    let first = gradients(of: (x.pow(3)).sum(), withRespectTo: [x], creatingGraph: true)[0]
    expectClose(first, 3 * x.squared())
    let second = gradients(of: first.sum(), withRespectTo: [x], creatingGraph: true)[0]
    expectClose(second, 6 * x)
    expectClose(gradients(of: second.sum(), withRespectTo: [x])[0], Tensor([6.0, 6.0]))
  }

  @Test func productsWithJacobians() {
    let x = Tensor([1.0, 2.0]).requiringGradient()
    let result = gradients(
      of: [x.squared(), 3 * x], weightedBy: [Tensor([1.0, 10]), Tensor([1.0, 1])], withRespectTo: [x])
    #expect(result[0].doubles() == [5, 43])
  }

  @Test func unusedInputsGetZeros() {
    let x = Tensor([1.0, 2]).requiringGradient()
    let y = Tensor([3.0]).requiringGradient()
    let result = gradients(of: x.sum(), withRespectTo: [x, y])
    #expect(result[0].doubles() == [1, 1] && result[1].doubles() == [0])
  }

  @Test func graphsCanBeKept() {
    let x = Tensor([2.0]).requiringGradient()
    let y = x.squared().sum()
    #expect(gradients(of: y, withRespectTo: [x], retainingGraph: true)[0].item() == 4)
    #expect(gradients(of: y, withRespectTo: [x])[0].item() == 4)
  }

  @Test func recordingCanBeSwitchedOff() {
    let x = Tensor([2.0]).requiringGradient()
    withoutGradient {
      #expect(!(x * 2).requiresGradient)
      withGradient { #expect((x * 2).requiresGradient) }
      #expect(!(x * 2).requiresGradient)
    }
    #expect((x * 2).requiresGradient && !x.detached().requiresGradient)
  }

  @Test func recordingIsRestoredAfterAnError() {
    struct Stop: Error {}
    #expect(throws: Stop.self) { try withoutGradient { () throws(Stop) in throw Stop() } }
    #expect((Tensor([1.0]).requiringGradient() * 2).requiresGradient)
  }

  @Test func parametersCanBeFrozen() {
    let parameter = Parameter(Tensor([1.0, 2]))
    #expect((parameter.value * 2).requiresGradient)
    parameter.isTrainable = false
    #expect(!(parameter.value * 2).requiresGradient)
    parameter.assign(Tensor([3.0, 4]))
    #expect(parameter.value.doubles() == [3, 4])
    parameter.convert(to: .float32)
    #expect(parameter.value.dtype == .float32)
  }

  @Test func parametersCopyIntoRowMajorMemory() {
    let source = Tensor(rows: [[1.0, 2], [3, 4]])
    let parameter = Parameter(source.transposed())
    parameter.assign(parameter.value * 10)
    #expect(parameter.value.doubles() == [10, 30, 20, 40] && source.doubles() == [1, 2, 3, 4])
  }

  @Test func mistakesStopTheProgram() async {
    await #expect(processExitsWith: .failure) {
      let x = Tensor([1.0, 2]).requiringGradient()
      _ = gradients(of: x, withRespectTo: [x])
    }
    await #expect(processExitsWith: .failure) { _ = gradients(of: Tensor(1.0), withRespectTo: [Tensor([1.0])]) }
    await #expect(processExitsWith: .failure) { Parameter(Tensor([1.0])).assign(Tensor([1.0, 2])) }
  }
}
