import Flows
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

/// Autoregressive layers in the kernel of a flow against the composed bijections.
@Suite(.serialized) struct FusedAutoregressiveTests {
  typealias Configuration = AutoregressiveFlow.Configuration

  struct Layout: Sendable {
    let configuration: Configuration
    var rows = 70
    var spread = 1.5
    /// Other levels than those of the configuration.
    var levels: [Int] = []

    init(_ configuration: Configuration, rows: Int = 70, spread: Double = 1.5, levels: [Int] = []) {
      (self.configuration, self.rows, self.spread, self.levels) = (configuration, rows, spread, levels)
    }

    /// A flow in 32 bits with drawn weights, masked ones too.
    func make(seed: UInt64) throws -> NormalizingFlow {
      var rng = RandomGenerator(seed: seed)
      let (features, context) = (configuration.features, configuration.contextFeatures)
      let flow =
        levels.isEmpty
        ? try NormalizingFlow(configuration, using: &rng)
        : NormalizingFlow(
          features: features, contextFeatures: context,
          layers: (0..<2).map { _ in
            AutoregressiveLayer(
              structure: AutoregressiveStructure(levels: levels), contextFeatures: context,
              transform: configuration.transform, hidden: configuration.hiddenFeatures,
              activation: configuration.activation, using: &rng)
          })
      for parameter in flow.namedParameters.map(\.parameter) {
        let noise = Tensor.normal(parameter.value.shape, using: &rng) * 0.15
        parameter.assign(parameter.value.detached() + noise)
      }
      flow.standardize(
        to: Tensor.normal([50, features], using: &rng) * 1.5 + 0.3,
        context: context > 0 ? Tensor.normal([50, context], using: &rng) * 3 - 1 : nil)
      return flow
    }

    func inputs(seed: UInt64) -> (x: Tensor, context: Tensor?) {
      var rng = RandomGenerator(seed: seed)
      let x = Tensor.normal([rows, configuration.features], using: &rng) * spread
      let context = configuration.contextFeatures
      return (x, context > 0 ? Tensor.normal([rows, context], using: &rng) : nil)
    }

    private static let spline = FeatureTransform.rationalQuadraticSpline(bins: 5, bound: 3)

    static let all = [
      Layout(Configuration(features: 5, layers: 2, hiddenFeatures: [12, 14], activation: .tanh)),
      Layout(
        Configuration(
          features: 4, contextFeatures: 1, layers: 2, hiddenFeatures: [17, 12], activation: .silu, transform: spline,
          mixing: .permutation), rows: 130),
      Layout(
        Configuration(
          features: 4, layers: 3, hiddenFeatures: [9], transform: .additive, levels: 2, normalizesActivations: true)),
      Layout(
        Configuration(
          features: 7, contextFeatures: 2, preprocessing: .whiten, layers: 2, hiddenFeatures: [20, 13, 8], levels: 3,
          mixing: .orthogonal), rows: 64, spread: 8),
      Layout(Configuration(features: 3, layers: 2, hiddenFeatures: [], transform: spline), rows: 5, spread: 20),
      Layout(Configuration(features: 9, layers: 2, hiddenFeatures: [4, 70], activation: .tanh)),
      Layout(Configuration(features: 1, contextFeatures: 3, layers: 2, hiddenFeatures: [8], transform: spline)),
      Layout(
        Configuration(
          features: 5, contextFeatures: 1, layers: 2, hiddenFeatures: [11], activation: .tanh, isInverse: true)),
      Layout(
        Configuration(
          features: 3, layers: 2, hiddenFeatures: [7, 7], activation: .silu, transform: spline,
          normalizesActivations: true, isInverse: true)),
      Layout(
        Configuration(features: 5, contextFeatures: 2, hiddenFeatures: [13, 10], activation: .tanh),
        levels: [2, 0, 1, 1, 0]),
      Layout(Configuration(features: 6, hiddenFeatures: [40, 9], transform: spline), levels: [3, 1, 0, 1, 2, 0]),
      Layout(Configuration(features: 2, layers: 2, hiddenFeatures: [3], transform: .additive, isInverse: true)),
    ]
  }

  private func using(_ set: InstructionSet, _ body: () throws -> Void) rethrows {
    let before = InstructionSet.current
    set.use()
    defer { before.use() }
    try FlowKernel.usedInAnyBuild(body)
  }

  private func apply(
    _ flow: NormalizingFlow, _ x: Tensor, _ context: Tensor?, isInverse: Bool, _ layerContext: LayerContext = .inference
  ) -> [Tensor] {
    let map = flow.conditioned(on: context, layerContext).map
    let (value, logDet) = isInverse ? map.inverseWithLogDet(x) : map.forwardWithLogDet(x)
    return [value, logDet]
  }

  /// Value, log-determinant, and the gradients of a weighted sum of both by rows, contexts and parameters.
  private func results(
    _ flow: NormalizingFlow, _ x: Tensor, _ context: Tensor?, isInverse: Bool, dtype: DType
  ) -> [Tensor] {
    flow.convert(to: dtype)
    var rng = RandomGenerator(seed: 2)
    let (x, context) = (x.to(dtype).requiringGradient(), context?.to(dtype).requiringGradient())
    let outputs = apply(flow, x, context, isInverse: isInverse)
    let weights = outputs.map { Tensor.normal($0.shape, dtype: .float64, using: &rng).to(dtype) }
    let inputs = [x] + (context.map { [$0] } ?? []) + flow.namedParameters.map(\.parameter.value)
    // A composed shift has a log-determinant without gradients.
    let terms = zip(outputs, weights).filter { $0.0.requiresGradient }
    return outputs.map { $0.detached() }
      + gradients(of: terms.map(\.0), weightedBy: terms.map(\.1), withRespectTo: inputs)
  }

  private func distance(_ a: Tensor, _ b: Tensor) -> Double {
    let size: Double = max(b.absolute().max().item(), 1)
    return (a.to(.float64) - b.to(.float64)).absolute().max().item() / size
  }

  @Test(arguments: FusedRunTests.Case.all) func agreesWithTheComposedBijections(_ row: FusedRunTests.Case) throws {
    for (index, layout) in Layout.all.enumerated() {
      let flow = try layout.make(seed: UInt64(50 + index))
      let (x, context) = layout.inputs(seed: UInt64(80 + index))
      #expect(flow.conditioned(on: context).map.parts.count == 1, "\(layout)")
      let isTurned = layout.configuration.isInverse
      let exact = withHigherDerivatives { results(flow, x, context, isInverse: isTurned, dtype: .float64) }
      let composed = withHigherDerivatives { results(flow, x, context, isInverse: isTurned, dtype: row.dtype) }
      using(row.instructions) {
        let fused = results(flow, x, context, isInverse: isTurned, dtype: row.dtype)
        for (place, result) in fused.enumerated() {
          let least = row.dtype == .float64 ? (place < 2 ? 1e-10 : 1e-9) : (place < 2 ? 1e-5 : 2e-4)
          let tolerance = max(least, 8 * distance(composed[place], exact[place]))
          #expect(distance(result, exact[place]) <= tolerance, "\(layout), result \(place)")
          #expect(result.dtype == row.dtype && result.shape == exact[place].shape)
          // Masked weights have no gradient at all; tanh gives all others one.
          if layout.configuration.activation == .tanh && place > 2 {
            #expect(((result .== 0) .== (exact[place] .== 0)).all(), "\(layout), result \(place)")
          }
        }
        flow.convert(to: row.dtype)
        withoutGradient {
          // The kernel's two directions are inverses, the one that goes level by level without gradients.
          let back = apply(flow, fused[0], context?.to(row.dtype), isInverse: !isTurned)
          let error = row.dtype == .float64 ? 1e-6 : 1e-3
          #expect(distance(back[0], x) < error, "\(layout)")
          #expect(distance(back[1], -fused[1]) < error, "\(layout)")
          let plain = apply(flow, x.to(row.dtype), context?.to(row.dtype), isInverse: isTurned)
          #expect(plain[0].isEqual(to: fused[0]) && plain[1].isEqual(to: fused[1]))
        }
      }
    }
  }

  @Test func levelByLevelAgreesWithTheComposedBijections() throws {
    for (index, layout) in Layout.all.enumerated() {
      let flow = try layout.make(seed: UInt64(20 + index))
      let (z, context) = layout.inputs(seed: UInt64(90 + index))
      flow.convert(to: .float64)
      let isInverse = !layout.configuration.isInverse
      let wide = (z.to(.float64), context?.to(.float64))
      let composed = withHigherDerivatives {
        withoutGradient { apply(flow, wide.0, wide.1, isInverse: isInverse) }
      }
      FlowKernel.usedInAnyBuild {
        let fused = withoutGradient { apply(flow, wide.0, wide.1, isInverse: isInverse) }
        #expect(distance(fused[0], composed[0]) < 1e-9, "\(layout)")
        #expect(distance(fused[1], composed[1]) < 1e-9, "\(layout)")
        // With gradients it is composed, and has them.
        let gradients = results(flow, wide.0, wide.1, isInverse: isInverse, dtype: .float64)
        #expect(distance(gradients[0], composed[0]) < 1e-12)
        #expect(gradients[2].isFinite().all() && !(gradients[2] .== 0).all())
      }
    }
  }

  @Test func theLastBitsDoNotDependOnTheNumberOfThreads() throws {
    let layout = Layout(
      Configuration(features: 5, contextFeatures: 1, layers: 2, hiddenFeatures: [9], dropout: 0.2), rows: 1500)
    let flow = try layout.make(seed: 3)
    let (x, context) = layout.inputs(seed: 4)
    let before = threadCount()
    defer { setThreadCount(before) }
    let all = FlowKernel.usedInAnyBuild {
      [1, 2].map { threads in
        setThreadCount(threads)
        let inverse = withoutGradient { apply(flow, x, context, isInverse: true) }
        return results(flow, x, context, isInverse: false, dtype: .float32) + inverse
      }
    }
    for (a, b) in zip(all[0], all[1]) { #expect(a.isEqual(to: b)) }
  }

  /// The elements that a call drops are those of its seed, whether units come at once or level by level.
  @Test func bothDirectionsDropTheSameElements() throws {
    let layout = Layout(
      Configuration(
        features: 6, contextFeatures: 1, layers: 2, hiddenFeatures: [19, 14], activation: .tanh, dropout: 0.4))
    let flow = try layout.make(seed: 3)
    flow.convert(to: .float64)
    let (x, context) = layout.inputs(seed: 4)
    func training() -> LayerContext { LayerContext(training: RandomGenerator(seed: 1)) }
    FlowKernel.usedInAnyBuild {
      withoutGradient {
        let wide = (x.to(.float64), context?.to(.float64))
        let code = apply(flow, wide.0, wide.1, isInverse: false, training())[0]
        #expect(distance(apply(flow, code, wide.1, isInverse: true, training())[0], x) < 1e-9)
        #expect(distance(apply(flow, code, wide.1, isInverse: true)[0], x) > 1e-3)
      }
    }
  }

  @Test func whatTheKernelDoesNotTakeIsComposed() throws {
    func reasons(_ configuration: Configuration) throws -> [String] {
      var rng = RandomGenerator(seed: 1)
      let flow = try NormalizingFlow(configuration, using: &rng)
      return FlowKernel.usedInAnyBuild { flow.composedLayers }
    }
    #expect(try reasons(Configuration(features: 3, layers: 2, normalizesActivations: true)) == [])
    #expect(
      try reasons(Configuration(features: 3, layers: 1, isInverse: true))
        == ["layers.0: its density goes level by level"])
    #expect(
      try reasons(Configuration(features: 3, layers: 1, parents: [[], [0], [1]]).unmixed)
        == ["layers.0: the features depend on one another by a graph"])
    #expect(
      try reasons(Configuration(features: 3, layers: 1, transform: .gaussianMixture(components: 2)))
        == ["layers.0: the kernel has no gaussianMixture(components: 2)"])
    #expect(
      try reasons(Configuration(features: 3, layers: 1, activation: .elu))
        == ["layers.0: the activation is elu, not relu, silu or tanh"])
    #expect(try reasons(Configuration(features: 3, layers: 1, levels: 1)) == ["layers.0: there is no network"])
    #expect(
      try reasons(Configuration(features: 2, layers: 1, hiddenFeatures: Array(repeating: 2, count: 9)))
        == ["layers.0: the network has 10 linear layers"])
  }
}

extension AutoregressiveFlow.Configuration {
  fileprivate var unmixed: Self {
    var copy = self
    copy.mixing = .unmixed
    return copy
  }
}
