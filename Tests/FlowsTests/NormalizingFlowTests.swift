import Flows
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct NormalizingFlowTests {
  private func flow(_ configuration: some FlowConfiguration, seed: UInt64 = 1) throws -> NormalizingFlow {
    var rng = RandomGenerator(seed: seed)
    return try NormalizingFlow(configuration, using: &rng)
  }

  @Test func densitiesAreInTheUnitsOfTheData() throws {
    let one = try flow(NeuralSplineFlow.Configuration(features: 2))
    let other = try flow(NeuralSplineFlow.Configuration(features: 2))
    var rng = RandomGenerator(seed: 2)
    let x = Tensor.normal([500, 2], using: &rng)
    one.standardize(to: x)
    other.standardize(to: x * 1000 + 7)
    let shift = 2 * log(1000.0)
    expectClose(other.distribution.logProb(x * 1000 + 7), one.distribution.logProb(x) - shift, tolerance: 1e-4)
  }

  @Test func standardizingTwiceIsStandardizingOnce() throws {
    let flow = try flow(RealNVP.Configuration(features: 2))
    var rng = RandomGenerator(seed: 2)
    let x = Tensor.normal([500, 2], using: &rng) * 4
    flow.standardize(to: x)
    let before = flow.distribution.logProb(x)
    flow.standardize(to: x)
    #expect(flow.distribution.logProb(x).isEqual(to: before))
  }

  @Test func aConstantColumnKeepsItsScale() throws {
    let flow = try flow(RealNVP.Configuration(features: 2))
    flow.standardize(to: Tensor(rows: [[1.0, 0.1], [2, 0.1], [3, 0.1]]).to(.float32))
    #expect((flow.preprocessing as? StandardizationLayer)?.scale.value.doubles()[1] == 1)
    #expect(flow.distribution.logProb(Tensor([Float(2), 0.1])).isFinite().all())
  }

  @Test func codesOfDrawsAreStandardNormal() throws {
    let row = try #require(FlowCase.all.first { $0.features == 2 && $0.contextFeatures == 0 })
    let flow = try row.randomized()
    var rng = RandomGenerator(seed: 3)
    let z = flow.encode(flow.distribution.sample([20_000], using: &rng))
    // 7 standard errors.
    #expect(z.mean(0).absolute().max().item() < 7 / 20_000.0.squareRoot())
    #expect((z.variance(0) - 1).absolute().max().item() < 7 * (2 / 20_000.0).squareRoot())
  }

  @Test(arguments: 2...12) func permutationsLetEveryFeatureMeetEveryOther(features: Int) throws {
    let couplings = CouplingOptions(layers: 8, mixing: .permutation)
    let flow = try flow(NeuralSplineFlow.Configuration(features: features, couplings: couplings))
    let kept = min((features + 1) / 2, features - 1)
    var arrangement = Array(0..<features)
    var met: Set<[Int]> = []
    for layer in flow.layers {
      if let permutation = layer as? PermutationLayer {
        arrangement = permutation.order.value.scalars(as: Int.self).map { arrangement[$0] }
      } else {
        for first in arrangement.prefix(kept) {
          for second in arrangement.dropFirst(kept) { met.insert([first, second]) }
        }
      }
    }
    #expect(arrangement.sorted() == Array(0..<features))
    // Independent orders would leave about 8 % of the pairs of 12 features apart: (1 - 6 * 6 / (12 * 11))^8.
    #expect(Double(met.count) >= 0.97 * Double(features * (features - 1)), "\(met.count)")
  }

  @Test func configurationsAreCheckedByField() throws {
    func field(_ change: (inout NeuralSplineFlow.Configuration) -> Void) -> String? {
      var configuration = NeuralSplineFlow.Configuration(features: 2)
      change(&configuration)
      do {
        try configuration.validate()
        return nil
      } catch {
        switch error {
        case .outOfRange(let field, _, _): return field
        case .tooManyWeights: return "all together"
        }
      }
    }
    #expect(field { _ in } == nil)
    #expect(field { $0.features = 0 } == "features")
    #expect(field { $0.contextFeatures = -1 } == "contextFeatures")
    #expect(field { $0.bins = 0 } == "bins")
    #expect(field { $0.bound = 0 } == "bound")
    #expect(field { $0.bound = .nan } == "bound")
    #expect(field { $0.minimumBinSize = 0.2 } == "minimumBinSize")
    #expect(field { $0.minimumSlope = 1 } == "minimumSlope")
    #expect(field { $0.couplings.layers = 0 } == "layers")
    #expect(field { $0.couplings.dropout = 1 } == "dropout")
    #expect(field { $0.couplings.network = .multilayerPerceptron(hiddenFeatures: [8, 0]) } == "network")
    #expect(field { $0.couplings.network = .residual(hiddenFeatures: 8, blocks: 0) } == "network")
    // Sizes that would trap, loop for ever or eat all memory.
    #expect(field { $0.features = 1_000_001 } == "features")
    #expect(field { $0.contextFeatures = .max } == "contextFeatures")
    #expect(field { ($0.bins, $0.minimumBinSize) = (4_000_000_000_000_000_000, 1e-30) } == "bins")
    #expect(field { $0.bound = 1e308 } == "bound")
    #expect(field { $0.bound = 1e-4 } == "bound")
    #expect(field { $0.minimumBinSize = 1e-30 } == "minimumBinSize")
    #expect(field { $0.minimumSlope = 1e-30 } == "minimumSlope")
    #expect(field { $0.couplings.layers = 1_000_000_000 } == "layers")
    let huge = 3_000_000_000
    #expect(field { $0.couplings.network = .multilayerPerceptron(hiddenFeatures: [huge, huge]) } == "network")
    let deep = [Int](repeating: 1, count: 101)
    #expect(field { $0.couplings.network = .multilayerPerceptron(hiddenFeatures: deep) } == "network")
    #expect(field { $0.couplings.network = .residual(hiddenFeatures: huge, blocks: 1) } == "network")
    #expect(field { $0.couplings.network = .residual(hiddenFeatures: 8, blocks: 101) } == "network")
    #expect(
      field {
        $0.features = 100_000
        $0.couplings.mixing = .orthogonal
      } == "all together")
    let wide = ConditionerNetwork.multilayerPerceptron(hiddenFeatures: [65_536, 65_536])
    #expect(field { $0.couplings.network = wide } == "all together")
  }

  @Test func limitsAreExplained() {
    var configuration = NeuralSplineFlow.Configuration(features: 2)
    configuration.couplings.layers = 5000
    #expect(
      throws: FlowConfigurationError.outOfRange(
        field: "layers", expected: "at least 1 and at most 1000", actual: "5000")
    ) { try configuration.validate() }
    let wide = RealNVP.Configuration(features: 100_000, couplings: CouplingOptions(mixing: .orthogonal))
    let error = #expect(throws: FlowConfigurationError.self) { try wide.validate() }
    #expect(error?.description == "the flow would have 4e10 weights; at most 1e9")
  }

  @Test func weightsAreCountedWithoutBuilding() throws {
    func check(_ configuration: some FlowConfiguration) throws {
      let held = try flow(configuration).state().values.reduce(0) { $0 + $1.elementCount }
      #expect(configuration.weightCount == Double(held), "\(configuration)")
    }
    let networks: [ConditionerNetwork] = [
      .multilayerPerceptron(hiddenFeatures: []), .multilayerPerceptron(hiddenFeatures: [7, 3]),
      .residual(hiddenFeatures: 5, blocks: 3),
    ]
    for (features, context) in [(1, 0), (1, 2), (2, 0), (5, 3)] {
      for (network, mixing) in zip(networks, Mixing.allCases) {
        let couplings = CouplingOptions(layers: 3, network: network, mixing: mixing)
        for preprocessing in Preprocessing.allCases {
          try check(
            NeuralSplineFlow.Configuration(
              features: features, contextFeatures: context, preprocessing: preprocessing, couplings: couplings, bins: 4)
          )
          try check(
            RealNVP.Configuration(
              features: features, contextFeatures: context, preprocessing: preprocessing, couplings: couplings))
        }
      }
    }
  }

  @Test(arguments: FlowCase.all) func goodBuffersHaveNoDefect(_ row: FlowCase) throws {
    for dtype in [DType.float32, .float64] { #expect(try row.randomized(dtype: dtype).defect == nil) }
  }

  /// Correlated columns of very different units leave the matrices' products large rounding errors.
  @Test func whiteningOfAnyUnitsHasNoDefect() throws {
    var rng = RandomGenerator(seed: 8)
    let flow = try flow(RealNVP.Configuration(features: 30, preprocessing: .whiten))
    let common = Tensor.normal([400, 1], dtype: .float64, using: &rng)
    let noise = Tensor.normal([400, 30], dtype: .float64, using: &rng) * 1e-4
    let units = Tensor((0..<30).map { pow(10, Double($0 - 15)) })
    flow.standardize(to: (common + noise) * units + units * 100)
    #expect(flow.defect == nil)
  }

  @Test func defectsAreNamed() throws {
    func defect(
      _ name: String, _ values: [Double], _ preprocessing: Preprocessing = .standardize, _ mixing: Mixing = .orthogonal
    ) throws -> String? {
      let flow = try flow(
        RealNVP.Configuration(
          features: 2, contextFeatures: 1, preprocessing: preprocessing,
          couplings: CouplingOptions(layers: 2, mixing: mixing)))
      let buffer = try #require(flow.namedBuffers.first { $0.name == name }?.buffer)
      buffer.assign(Tensor(values, shape: buffer.value.shape))
      return flow.defect
    }
    #expect(try defect("preprocessing.mean", [0, .nan]) == "preprocessing.mean is not finite")
    for scale in [0, -1, .infinity, .nan] {
      #expect(try defect("preprocessing.scale", [1, scale]) == "preprocessing.scale is not positive and finite")
    }
    #expect(
      try defect("contextPreprocessing.scale", [0]) == "contextPreprocessing.scale is not positive and finite")
    for matrix in [[1, 0, 0, 2], [1, 0, 0, .nan], [0, 0, 0, 0]] {
      #expect(try defect("layers.1.matrix", matrix) == "layers.1.matrix is not orthogonal")
    }
    for order: [Double] in [[7, 9], [0, 0], [-1, 0]] {
      #expect(try defect("layers.1.order", order, .standardize, .permutation) == "layers.1.order is not a permutation")
    }
    #expect(try defect("layers.1.order", [1, 0], .standardize, .permutation) == nil)
    for name in ["preprocessing.matrix", "preprocessing.inverseMatrix"] {
      #expect(
        try defect(name, [2, 0, 0, 1], .whiten) == "preprocessing.inverseMatrix is not the inverse of matrix")
      #expect(try defect(name, [.nan, 0, 0, 1], .whiten) == "\(name) is not finite")
    }
    let name = "preprocessing.logDeterminant"
    #expect(try defect(name, [.infinity], .whiten) == "\(name) is not finite")
  }

  @Test func configurationsSurviveJSON() throws {
    let configuration = NeuralSplineFlow.Configuration(
      features: 3, contextFeatures: 2,
      couplings: CouplingOptions(network: .residual(hiddenFeatures: 9, blocks: 3), mixing: .permutation), bins: 6)
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(NeuralSplineFlow.Configuration.self, from: data) == configuration)
  }

  @Test func wrongContextsStop() async {
    await #expect(processExitsWith: .failure) {
      _ = NormalizingFlow(features: 2, contextFeatures: 3, layers: []).distribution
    }
    await #expect(processExitsWith: .failure) {
      _ = NormalizingFlow(features: 2, layers: []).conditioned(on: .zeros([4, 3]))
    }
  }

  @Test(arguments: ["spline", "affine"]) func learnsTwoMoons(_ name: String) throws {
    let flow =
      name == "spline"
      ? try flow(NeuralSplineFlow.Configuration(features: 2))
      : try flow(RealNVP.Configuration(features: 2, couplings: CouplingOptions(mixing: .orthogonal)))
    var rng = RandomGenerator(seed: 6)
    let (train, test) = (twoMoons(2048, using: &rng), twoMoons(2048, using: &rng))
    flow.standardize(to: train)
    let before = flow.distribution.logProb(test).mean().item()
    let optimizer = Adam(flow.trainableParameters)
    for _ in 0..<300 {
      let batch = train.selecting(Tensor.integers(in: 0..<2048, [256], using: &rng))
      let loss = -flow.conditioned(on: nil, LayerContext(training: rng.split())).logProb(batch).mean()
      optimizer.step(gradients: optimizer.gradients(of: loss), learningRate: 2e-3)
    }
    let after = flow.distribution.logProb(test).mean().item()
    // The normal distribution gives -2.0. The moons' own mean log-density is about
    // -log 2 - log pi - log(0.1 sqrt(2 pi e)) = -0.95.
    #expect(before < -1.9)
    #expect(after > (name == "spline" ? -1.15 : -1.25), "\(before) -> \(after)")
  }

  /// Two half circles with noise of 0.1.
  private func twoMoons(_ count: Int, using rng: inout RandomGenerator) -> Tensor {
    let angle = Tensor.uniform([count], using: &rng) * Double.pi
    let isLower = Tensor.uniform([count], using: &rng) .< 0.5
    let x = select(isLower, 1 - angle.cos(), angle.cos())
    let y = select(isLower, 0.5 - angle.sin(), angle.sin())
    return Tensor.stacking([x, y], -1) + Tensor.normal([count, 2], using: &rng) * 0.1
  }
}
