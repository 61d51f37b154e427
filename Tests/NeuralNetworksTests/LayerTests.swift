import NeuralNetworks
import Testing
import Torch
import _TestSupport

/// What `Tests/References/generate_network_references.py` computed with PyTorch.
struct NetworkReferences: Decodable {
  struct Layer: Decodable {
    let output: [Double]
    let gradients: [[Double]]
  }

  struct Clipping: Decodable {
    let norm: Double
    let gradients: [[Double]]
  }

  let layers: [String: Layer]
  let optimizers: [String: [[Double]]]
  let clipping: Clipping
}

/// The numbers that the references' script makes.
func values(_ shape: Shape, phase: Double = 0) -> Tensor {
  (Tensor.range(shape.elementCount, dtype: .float64) * 0.7 + phase).sin().reshaped(shape)
}

/// The module in 64 bits with the weights that the references' script sets.
func filled<M: Module>(_ module: M) -> M {
  module.convert(to: .float64)
  for (index, (_, parameter)) in module.namedParameters.enumerated() {
    parameter.assign(values(parameter.value.shape, phase: Double(index + 1)))
  }
  return module
}

/// Output and gradients, by the input and all parameters, are PyTorch's.
func check<M: Module>(_ name: String, _ module: M, _ input: Tensor, _ call: (M, Tensor) -> Tensor) throws {
  let expected = try #require(try reference("networks", as: NetworkReferences.self).layers[name])
  let x = input.requiringGradient()
  let output = call(module, x)
  expectClose(output.doubles(), expected.output, tolerance: 1e-13, name)
  let inputs = [x] + module.namedParameters.map(\.parameter.value)
  let results = gradients(of: (output * values(output.shape, phase: 0.3)).sum(), withRespectTo: inputs)
  for (result, gradient) in zip(results, expected.gradients) {
    expectClose(result.doubles(), gradient, tolerance: 1e-12, name)
  }
}

/// The size of each layer's output does not matter to these checks; all draws have fixed seeds.
struct LayerTests {
  @Test(arguments: Activation.allCases)
  func activationsAgreeWithPyTorch(_ activation: Activation) throws {
    try check(activation.rawValue, activation, 3 * values([4, 3])) { $0($1) }
  }

  @Test func layersAgreeWithPyTorch() throws {
    var rng = RandomGenerator(seed: 1)
    let x = values([4, 3])
    try check("linear", filled(Linear(inputFeatures: 3, outputFeatures: 2, using: &rng)), x) { $0($1) }
    try check("layerNormalization", filled(LayerNormalization(features: 3)), x) { $0($1) }
    let mlp = MultilayerPerceptron(
      inputFeatures: 3, hidden: [5, 4], outputFeatures: 2, activation: .silu, using: &rng)
    try check("multilayerPerceptron", filled(mlp), x) { $0($1) }
    let residual = ResidualMultilayerPerceptron(
      inputFeatures: 3, contextFeatures: 2, hiddenFeatures: 4, outputFeatures: 3, using: &rng)
    try check("residual", filled(residual), x) { $0($1, given: values([4, 2], phase: 5), .inference) }
  }

  @Test func sequentialAppliesInOrder() {
    var rng = RandomGenerator(seed: 2)
    let first = Linear(inputFeatures: 2, outputFeatures: 3, using: &rng)
    let last = Linear(inputFeatures: 3, outputFeatures: 1, using: &rng)
    let x = Tensor.normal([5, 2], using: &rng)
    let output = Sequential([first, Activation.tanh, last])(x)
    #expect(output.isEqual(to: last(first(x).tanh())))
    #expect(Sequential([])(x).isEqual(to: x))
  }

  @Test func contextsJoinTheInput() {
    var rng = RandomGenerator(seed: 3)
    let conditional = MultilayerPerceptron(
      inputFeatures: 2, contextFeatures: 1, hidden: [4], outputFeatures: 1, using: &rng)
    let x = Tensor.normal([5, 2], using: &rng)
    let context = Tensor.normal([5, 1], using: &rng)
    let joined = Tensor.concatenating([x, context], -1)
    let plain = conditional.layers[1](conditional.layers[0](joined).relu())
    #expect(conditional(x, given: context, .inference).isEqual(to: plain))
    // Any number of leading dimensions.
    #expect(conditional(x[.newAxis], given: context[.newAxis], .inference).shape == [1, 5, 1])
  }

  @Test func networksCanStartAtZero() {
    var rng = RandomGenerator(seed: 4)
    let x = Tensor.normal([5, 2], using: &rng)
    let mlp = MultilayerPerceptron(
      inputFeatures: 2, hidden: [8, 8], outputFeatures: 3, startsAtZero: true, using: &rng)
    let residual = ResidualMultilayerPerceptron(
      inputFeatures: 2, hiddenFeatures: 8, outputFeatures: 3, startsAtZero: true, using: &rng)
    #expect(mlp(x).nonzeroCount() == 0 && residual(x).nonzeroCount() == 0)
  }

  @Test func masksCutConnections() throws {
    var rng = RandomGenerator(seed: 5)
    let mask = Tensor(rows: [[true, false, true], [false, false, true]])
    let layer = MaskedLinear(mask: mask, using: &rng)
    let x = Tensor.normal([7, 3], using: &rng)
    let gradient = gradients(of: layer(x).squared().sum(), withRespectTo: [layer.weight.value])[0]
    #expect((gradient .!= 0).isEqual(to: mask))
    // Output 0 does not see input 1, output 1 sees only input 2.
    let shifted = x + Tensor([0 as Float, 5, 0])
    #expect(layer(shifted).isEqual(to: layer(x)))
    let other = x + Tensor([1 as Float, 0, 0])
    #expect(layer(other)[.all, 1].isEqual(to: layer(x)[.all, 1]))
    #expect(!layer(other)[.all, 0].isEqual(to: layer(x)[.all, 0]))
    // Without anything masked it is the linear layer.
    let full = MaskedLinear(mask: Tensor.ones([2, 3]), hasBias: false, using: &rng)
    #expect(full(x).isEqual(to: x.linear(full.weight.value)))
  }

  @Test func modulesShowWhatTheyHold() {
    checkModule(names: ["weight", "bias"]) { Linear(inputFeatures: 3, outputFeatures: 2, using: &$0) }
    checkModule(names: ["weight"]) { Linear(inputFeatures: 3, outputFeatures: 2, hasBias: false, using: &$0) }
    checkModule(names: ["weight", "bias"]) { MaskedLinear(mask: .ones([2, 3]), using: &$0) }
    checkModule(names: ["weight", "bias"]) { _ in LayerNormalization(features: 3) }
    checkModule(names: []) { _ in Dropout(probability: 0.1) }
    checkModule(names: []) { _ in Activation.relu }
    checkModule(names: ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"]) {
      Sequential([
        Linear(inputFeatures: 1, outputFeatures: 2, using: &$0), Activation.relu, LayerNormalization(features: 2),
      ])
    }
    checkModule(names: ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]) {
      MultilayerPerceptron(inputFeatures: 1, hidden: [4], outputFeatures: 2, using: &$0)
    }
    checkModule {
      ResidualMultilayerPerceptron(
        inputFeatures: 1, contextFeatures: 3, hiddenFeatures: 4, outputFeatures: 2, using: &$0)
    }
    checkModule(names: ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]) {
      ResidualBlock(features: 4, using: &$0)
    }
  }

  @Test func mistakesStopTheProgram() async {
    await #expect(processExitsWith: .failure) { _ = Dropout(probability: 1) }
    await #expect(processExitsWith: .failure) {
      var rng = RandomGenerator(seed: 1)
      _ = MultilayerPerceptron(inputFeatures: 2, contextFeatures: 1, hidden: [], outputFeatures: 1, using: &rng)(
        .zeros([1, 2]))
    }
    await #expect(processExitsWith: .failure) {
      var rng = RandomGenerator(seed: 1)
      _ = Linear(inputFeatures: 2, outputFeatures: 1, using: &rng)(.zeros([1, 3]))
    }
  }
}
