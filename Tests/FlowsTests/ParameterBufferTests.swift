import Flows
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch

/// Gradients by a flow's parameters in one memory against those by each parameter.
@Suite struct ParameterBufferTests {
  private func flow(
    mixing: Mixing = .permutation, activation: Activation = .relu, hidden: [Int] = [7, 9]
  ) throws -> NormalizingFlow {
    var rng = RandomGenerator(seed: 1)
    let couplings = CouplingOptions(
      layers: 3, network: .multilayerPerceptron(hiddenFeatures: hidden), activation: activation, mixing: mixing)
    let flow = try NormalizingFlow(
      NeuralSplineFlow.Configuration(features: 4, contextFeatures: 2, couplings: couplings, bins: 4), using: &rng)
    for parameter in flow.trainableParameters {
      parameter.assign(parameter.value.detached() + Tensor.normal(parameter.value.shape, using: &rng) * 0.2)
    }
    return flow
  }

  /// The loss has the weights also outside of the flow.
  private func loss(_ flow: NormalizingFlow) -> Tensor {
    var rng = RandomGenerator(seed: 2)
    let (x, context) = (Tensor.normal([300, 4], using: &rng), Tensor.normal([300, 2], using: &rng))
    let penalty = flow.trainableParameters.first?.value.squared().sum() ?? Tensor(0)
    return FlowKernel.usedInAnyBuild { -flow.conditioned(on: context).logProb(x).mean() + penalty * 0.1 }
  }

  @Test(arguments: [(Mixing.permutation, Activation.relu), (.orthogonal, .silu), (.reversal, .gelu)])
  func gradientsAreThoseByEachParameter(_ mixing: Mixing, _ activation: Activation) throws {
    let flow = try flow(mixing: mixing, activation: activation)
    // One that stays as it is has no gradient, and no place.
    flow.namedParameters[3].parameter.isTrainable = false
    let parameters = flow.trainableParameters
    let separate = gradients(of: loss(flow), withRespectTo: parameters.map(\.value))
    let values = parameters.map { $0.value.scalars(as: Float.self) }
    let buffer = ParameterBuffer(parameters)
    #expect(parameters.map { $0.value.scalars(as: Float.self) } == values)
    let (value, gradient) = try buffer.gradient(of: { loss(flow) })
    #expect(value.item() == loss(flow).item())
    var (start, inside) = (0, 0.0)
    for (parameter, expected) in zip(parameters, separate) {
      let own = gradient.narrowed(0, from: start, length: parameter.elementCount).reshaped(expected.shape)
      #expect((own - expected).absolute().max().item() <= 1e-6 * max(1, expected.absolute().max().item()))
      inside += own.absolute().to(.float64).sum().item()
      start += (parameter.elementCount + 15) / 16 * 16
    }
    #expect(gradient.shape == [start])
    #expect(abs(gradient.absolute().to(.float64).sum().item() - inside) <= 1e-9 * inside)
  }

  @Test func theWholeAndItsPartsAreTheSameMemory() throws {
    let parameters = [Parameter(Tensor([1, 2, 3]).to(.float32)), Parameter(Tensor.ones([2, 2]))]
    let buffer = ParameterBuffer([parameters[0], parameters[1], parameters[0]])
    #expect(buffer.parameters.count == 2 && buffer.whole.value.shape == [32])
    parameters[1].assign(Tensor.full([2, 2], 5))
    #expect(buffer.whole.value.sum().item() == 26)
    SGD([buffer.whole]).step(gradients: [Tensor.ones([32])], learningRate: 1)
    #expect(parameters[0].value.scalars(as: Float.self) == [0, 1, 2])
    let (loss, gradient) = try buffer.gradient(of: { parameters[0].value.squared().sum() })
    #expect(loss.item() == 5 && gradient.scalars(as: Float.self) == [0, 2, 4] + Array(repeating: 0, count: 29))
  }

  /// The memory of a gradient is used again only when nobody has it, nor a part of it.
  @Test func gradientsThatSomebodyHoldsStay() throws {
    let flow = try flow()
    let buffer = ParameterBuffer(flow.trainableParameters)
    func gradient(scale: Double) throws -> Tensor { try buffer.gradient(of: { loss(flow) * scale }).gradient }
    let one = try gradient(scale: 1)
    let expected = one.cloned()
    let part = try gradient(scale: 3).narrowed(0, from: 0, length: 8)
    for scale in [2.0, 4, 8] {
      // What is freed between is overwritten, not added to.
      #expect(try gradient(scale: scale).isEqual(to: expected * scale))
    }
    #expect(one.isEqual(to: expected))
    #expect((part - expected.narrowed(0, from: 0, length: 8) * 3).absolute().max().item() <= 1e-6)
  }

  @Test func aFlowThatUsesALayerTwiceAddsItsGradients() throws {
    let layer = try flow().layers[0]
    let twice = NormalizingFlow(features: 4, contextFeatures: 2, layers: [layer, layer])
    let buffer = ParameterBuffer(twice.trainableParameters)
    let separate = gradients(of: loss(twice), withRespectTo: buffer.parameters.map(\.value))
    let (_, gradient) = try buffer.gradient(of: { loss(twice) })
    let last = try #require(separate.last)
    let own = gradient.narrowed(0, from: gradient.elementCount - 32, length: last.elementCount).reshaped(last.shape)
    #expect(last.elementCount > 16 && last.elementCount <= 32)
    #expect((own - last).absolute().max().item() < 1e-6)
  }

  #if os(Linux)
    private static func limitMemory(toFurther bytes: Int) {
      let pages = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ").first
      let size = rlim_t((pages.flatMap { Int($0) } ?? 0) * 4096 + bytes)
      var limit = rlimit(rlim_cur: size, rlim_max: size)
      _ = setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    }

    @Test func aGradientWithoutMemoryThrows() async {
      await #expect(processExitsWith: .success) {
        var rng = RandomGenerator(seed: 1)
        let couplings = CouplingOptions(layers: 1, network: .multilayerPerceptron(hiddenFeatures: [65_536]))
        let flow = try NormalizingFlow(RealNVP.Configuration(features: 2, couplings: couplings), using: &rng)
        let buffer = ParameterBuffer(flow.trainableParameters)
        let x = Tensor.ones([1, 2])
        #expect(throws: TorchError.self) {
          try buffer.gradient {
            let loss = FlowKernel.usedInAnyBuild { flow.distribution.logProb(x).sum() }
            // The backward works in 200 MB.
            ParameterBufferTests.limitMemory(toFurther: 100_000_000)
            return loss
          }
        }
      }
    }
  #endif
}
