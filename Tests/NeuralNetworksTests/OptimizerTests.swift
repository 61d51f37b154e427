import Foundation
import NeuralNetworks
import Testing
import Torch
import _TestSupport

struct OptimizerTests {
  static let makers: [(String, @Sendable ([Parameter]) -> any Optimizer)] = [
    ("adam", { Adam($0, betas: (0.8, 0.95), epsilon: 1e-6) }),
    ("adamDecay", { Adam($0, weightDecay: 0.1) }),
    ("adamW", { AdamW($0, weightDecay: 0.1) }),
    ("sgd", { SGD($0) }),
    ("sgdMomentum", { SGD($0, momentum: 0.9, weightDecay: 0.05) }),
    ("sgdNesterov", { SGD($0, momentum: 0.9, isNesterov: true, weightDecay: 0.05) }),
  ]

  private func parameters() -> [Parameter] { [Parameter(values([3, 2])), Parameter(values([4], phase: 2))] }

  /// The loss of the references' script, whose gradient differs from step to step.
  private func train(_ optimizer: any Optimizer, steps: Range<Int>) {
    for step in steps {
      let losses = optimizer.parameters.map { ($0.value - 0.1 * Double(step)).pow(4).sum() }
      let loss = losses[0] + losses[1] + (optimizer.parameters[0].value.sum() - 1).squared()
      optimizer.step(gradients: optimizer.gradients(of: loss), learningRate: 0.01)
    }
  }

  @Test(arguments: makers.indices)
  func agreesWithPyTorch(_ index: Int) throws {
    let (name, make) = OptimizerTests.makers[index]
    let expected = try #require(try reference("networks", as: NetworkReferences.self).optimizers[name])
    let optimizer = make(parameters())
    train(optimizer, steps: 0..<20)
    for (parameter, weights) in zip(optimizer.parameters, expected) {
      expectClose(parameter.value.doubles(), weights, tolerance: 1e-13, name)
    }
  }

  @Test(arguments: makers.indices)
  func resumedIsUninterrupted(_ index: Int) throws {
    let make = OptimizerTests.makers[index].1
    let whole = make(parameters())
    train(whole, steps: 0..<20)
    let first = make(parameters())
    train(first, steps: 0..<10)
    let (state, weights) = (first.state(), first.parameters.map { $0.value.detached().cloned() })
    train(first, steps: 10..<15)
    // The state is a copy: further steps do not change it. It also passes through a file.
    let restored = try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("optimizer.safetensors")
      try Safetensors(tensors: state).write(to: url)
      return try Safetensors(contentsOf: url).tensors
    }
    let second = make(weights.map { Parameter($0) })
    try second.load(restored)
    train(second, steps: 10..<20)
    for (a, b) in zip(whole.parameters, second.parameters) { #expect(a.value.isEqual(to: b.value)) }
    for (name, tensor) in whole.state() { #expect(second.state()[name]?.isEqual(to: tensor) == true) }
  }

  /// One pass that scales, steps and averages does what three do; more than one piece of work, and a rest.
  @Test(arguments: makers.indices, [DType.float32, .float64])
  func onePassScalesStepsAndAverages(_ index: Int, _ dtype: DType) throws {
    let shapes: [Shape] = [[300, 301], [7], [50, 3]]
    let scale = 0.37
    func make() -> any Optimizer { OptimizerTests.makers[index].1(shapes.map { Parameter(values($0).to(dtype)) }) }
    let (one, three) = (make(), make())
    let (oneAverage, threeAverage) = (
      ExponentialMovingAverage(one.parameters, decay: 0.4), ExponentialMovingAverage(three.parameters, decay: 0.4)
    )
    for step in 0..<5 {
      let gradients = shapes.map { values($0, phase: Double(step)).to(dtype) }
      one.step(gradients: gradients, scale: scale, learningRate: 0.1, average: oneAverage)
      three.step(gradients: gradients.map { $0 * scale }, learningRate: 0.1)
      threeAverage.update()
    }
    #expect(oneAverage.updateCount == 5)
    let tolerance = dtype == .float32 ? 1e-6 : 1e-14
    for (a, b) in zip(one.parameters, three.parameters) {
      expectClose(a.value.doubles(), b.value.doubles(), tolerance: tolerance)
    }
    for (name, average) in threeAverage.state() {
      let other = try #require(oneAverage.state()[name])
      expectClose(other.doubles(), average.doubles(), tolerance: tolerance)
    }
    // An average of other parameters is updated too.
    let other = ExponentialMovingAverage([Parameter(Tensor([1.0]))])
    one.step(gradients: shapes.map { values($0).to(dtype) }, scale: 1, learningRate: 0.1, average: other)
    #expect(other.updateCount == 1 && oneAverage.updateCount == 5)
  }

  @Test func statesThatDoNotFitAreRefused() throws {
    let optimizer = Adam(parameters())
    var state = optimizer.state()
    #expect(state.keys.sorted() == ["means.0", "means.1", "squares.0", "squares.1", "step"])
    state["means.0"] = Tensor([1.0])
    #expect(throws: ModuleStateError.shape(name: "means.0", expected: [3, 2], actual: [1])) {
      try optimizer.load(state)
    }
    state["means.0"] = nil
    #expect(throws: ModuleStateError.missing(name: "means.0")) { try optimizer.load(state) }
    #expect(throws: ModuleStateError.missing(name: "step")) { try optimizer.load([:]) }
    #expect(throws: ModuleStateError.unexpected(name: "x")) {
      try optimizer.load(optimizer.state().merging(["x": Tensor([1])]) { first, _ in first })
    }
  }

  /// The gradient of a sum is one number stretched over the shape, that of a transpose a view with strides: the fused
  /// kernels see neither.
  @Test(arguments: makers.indices)
  func gradientsMayBeViews(_ index: Int) {
    let make = OptimizerTests.makers[index].1
    let results = [true, false].map { isView in
      let optimizer = make([Parameter(values([3, 2])), Parameter(values([4]))])
      let stretched = Tensor([2.0]).broadcasted(to: [4])
      let transposed = values([2, 3], phase: 1).transposed()
      optimizer.step(
        gradients: isView ? [transposed, stretched] : [transposed.contiguous(), stretched.contiguous()],
        learningRate: 0.1)
      return optimizer.parameters.flatMap { $0.value.doubles() }
    }
    #expect(results[0] == results[1])
  }

  @Test func mistakesStopTheProgram() async {
    await #expect(processExitsWith: .failure) {
      Adam([Parameter(Tensor([1.0]))]).step(gradients: [], learningRate: 0.1)
    }
    await #expect(processExitsWith: .failure) {
      Adam([Parameter(Tensor([1.0]))]).step(gradients: [Tensor([1.0, 2])], learningRate: 0.1)
    }
    await #expect(processExitsWith: .failure) {
      SGD([Parameter(Tensor([1.0]))]).step(gradients: [Tensor([1 as Float])], learningRate: 0.1)
    }
    await #expect(processExitsWith: .failure) { _ = SGD([], isNesterov: true) }
  }

  @Test func optimizersOfNothingDoNothing() {
    for (_, make) in OptimizerTests.makers { make([]).step(gradients: [], learningRate: 0.1) }
    #expect(globalNorm([]) == 0)
  }
}

struct GradientClippingTests {
  private func gradientsOfCubes() -> [Tensor] { [3 * values([3, 2]).squared(), 3 * values([4], phase: 2).squared()] }

  @Test func agreesWithPyTorch() throws {
    let expected = try reference("networks", as: NetworkReferences.self).clipping
    let (clipped, norm) = clipByGlobalNorm(gradientsOfCubes(), to: 0.5)
    #expect(abs(norm - expected.norm) < 1e-12)
    // PyTorch adds 1e-6 to the norm before it divides.
    for (a, b) in zip(clipped, expected.gradients) { expectClose(a.doubles(), b, tolerance: 1e-6) }
    #expect(abs(globalNorm(clipped) - 0.5) < 1e-12)
  }

  /// Many elements take another way than few; views of any layout count once an element.
  @Test(arguments: [1000, 1 << 21])
  func normsOfManyElements(_ count: Int) {
    let gradients = [Tensor.full([count], 2.0, dtype: .float64), Tensor([3.0]).broadcasted(to: [count])]
    #expect(abs(globalNorm(gradients) / (13 * Double(count)).squareRoot() - 1) < 1e-12)
  }

  /// Squares of 32-bit numbers are added in 64 bits, with the same result on one thread and on two.
  @Test func normsOf32BitNumbers() {
    let gradients = [Tensor.full([300_000], 1e25, dtype: .float32), Tensor.full([5], 3e-30, dtype: .float32)]
    let threads = threadCount()
    defer { setThreadCount(threads) }
    let norms = [1, 2].map { count in
      setThreadCount(count)
      return globalNorm(gradients)
    }
    #expect(abs(norms[0] / (1e25 * 300_000.0.squareRoot()) - 1) < 1e-7)
    #expect(norms[0] == norms[1])
    #expect(abs(globalNorm([gradients[1]]) / (3e-30 * 5.0.squareRoot()) - 1) < 1e-7)
  }

  @Test func smallGradientsPass() {
    let gradients = gradientsOfCubes()
    let (clipped, norm) = clipByGlobalNorm(gradients, to: 100)
    #expect(norm < 100 && zip(clipped, gradients).allSatisfy { $0.isEqual(to: $1) })
  }

  @Test func gradientsThatShareMemoryAreScaledOnce() {
    let shared = Tensor([3.0, 4])
    let (clipped, norm) = clipByGlobalNorm([shared, shared], to: 1)
    expectClose(Tensor.concatenating(clipped), Tensor([3.0, 4, 3, 4]) / norm)
    #expect(shared.doubles() == [3, 4])
  }

  @Test(arguments: [Double.nan, .infinity])
  func normsThatAreNotFiniteAreReported(_ bad: Double) {
    let (clipped, norm) = clipByGlobalNorm([Tensor([1.0]), Tensor([bad])], to: 1)
    #expect(!norm.isFinite && clipped[0].item() == 1)
  }
}
