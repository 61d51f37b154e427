import Flows
import NeuralNetworks
import Testing
import Torch

/// One row of the table: a configuration of a flow.
struct FlowCase: Sendable, CustomTestStringConvertible {
  let name: String
  let features: Int
  var contextFeatures = 0
  /// The spread of the noise on weights; deep networks amplify it.
  var spread = 0.25
  /// Whether a new flow is the normal distribution of the data.
  var startsAsNormal = true
  let make: @Sendable (inout RandomGenerator) throws -> NormalizingFlow
  var testDescription: String { name }

  /// A flow in 64 bits whose weights, means and scales are drawn, so that nothing is the identity.
  func randomized(seed: UInt64 = 1, dtype: DType = .float64) throws -> NormalizingFlow {
    var rng = RandomGenerator(seed: seed)
    let flow = try make(&rng)
    for parameter in flow.namedParameters.map(\.parameter) {
      let noise = Tensor.normal(parameter.value.shape, using: &rng) * (dtype == .float64 ? spread : spread * 0.4)
      parameter.assign(parameter.value.detached() + noise)
    }
    flow.convert(to: dtype)
    let data = Tensor.normal([50, features], dtype: dtype, using: &rng) * 1.5 + 0.3
    let context = contextFeatures > 0 ? Tensor.normal([50, contextFeatures], dtype: dtype, using: &rng) * 3 - 1 : nil
    flow.standardize(to: data, context: context)
    return flow
  }

  /// Contexts for a number of events, or nil.
  func context(_ count: Int, dtype: DType = .float64, using rng: inout RandomGenerator) -> Tensor? {
    contextFeatures > 0 ? Tensor.normal([count, contextFeatures], dtype: dtype, using: &rng) * 2 : nil
  }

  static let all: [FlowCase] = spline + affine + autoregressive + images

  private static func couplings(
    _ mixing: Mixing, network: ConditionerNetwork = .multilayerPerceptron(hiddenFeatures: [16, 16])
  ) -> CouplingOptions {
    CouplingOptions(layers: 3, network: network, activation: .tanh, mixing: mixing)
  }

  private static func splines(
    _ name: String, _ features: Int, _ contextFeatures: Int = 0, _ mixing: Mixing = .orthogonal,
    network: ConditionerNetwork = .multilayerPerceptron(hiddenFeatures: [16, 16]), spread: Double = 0.25
  ) -> FlowCase {
    FlowCase(name: "spline, " + name, features: features, contextFeatures: contextFeatures, spread: spread) { rng in
      let configuration = NeuralSplineFlow.Configuration(
        features: features, contextFeatures: contextFeatures, couplings: couplings(mixing, network: network), bins: 5,
        bound: 4)
      return try NormalizingFlow(configuration, using: &rng)
    }
  }

  private static func affines(
    _ name: String, _ features: Int, _ contextFeatures: Int = 0, _ mixing: Mixing = .orthogonal
  ) -> FlowCase {
    FlowCase(name: "affine, " + name, features: features, contextFeatures: contextFeatures) { rng in
      let configuration = RealNVP.Configuration(
        features: features, contextFeatures: contextFeatures, couplings: couplings(mixing))
      return try NormalizingFlow(configuration, using: &rng)
    }
  }

  private static let spline = [
    splines("1 feature", 1), splines("1 feature, context", 1, 2), splines("2 features", 2),
    splines("2 features, context", 2, 3, spread: 0.15), splines("5 features, permutations", 5, 0, .permutation),
    splines("4 features, reversals, context", 4, 1, .reversal),
    splines("residual", 3, 2, network: .residual(hiddenFeatures: 12, blocks: 2), spread: 0.1),
  ]

  private static let affine = [
    affines("1 feature", 1), affines("2 features, context", 2, 3), affines("2 features", 2),
    affines("5 features, permutations", 5, 0, .permutation), affines("3 features, reversals", 3, 0, .reversal),
    FlowCase(name: "affine, whitened", features: 2) { rng in
      try NormalizingFlow(
        RealNVP.Configuration(features: 2, preprocessing: .whiten, couplings: couplings(.orthogonal)), using: &rng)
    },
  ]

  private static func autoregressive(
    _ name: String, _ features: Int, _ contextFeatures: Int = 0, spread: Double = 0.25,
    startsAsNormal: Bool = true, _ change: @escaping @Sendable (inout AutoregressiveFlow.Configuration) -> Void
  ) -> FlowCase {
    FlowCase(
      name: "autoregressive, " + name, features: features, contextFeatures: contextFeatures, spread: spread,
      startsAsNormal: startsAsNormal
    ) { rng in
      var configuration = AutoregressiveFlow.Configuration(
        features: features, contextFeatures: contextFeatures, layers: 2, hiddenFeatures: [12, 14], activation: .tanh)
      change(&configuration)
      return try NormalizingFlow(configuration, using: &rng)
    }
  }

  private static let autoregressive = [
    autoregressive("affine", 5) { _ in },
    autoregressive("affine, context", 2, 3) { _ in },
    autoregressive("1 feature, context", 1, 2) { $0.transform = .rationalQuadraticSpline(bins: 4, bound: 4) },
    autoregressive("1 feature", 1) { $0.transform = .rationalQuadraticSpline(bins: 4, bound: 4) },
    autoregressive("splines, permutations", 4, 1, spread: 0.15) {
      ($0.transform, $0.mixing) = (.rationalQuadraticSpline(bins: 4, bound: 4), .permutation)
    },
    autoregressive("squashed splines", 2, spread: 0.15) { $0.transform = .squashedSpline(bins: 5, bound: 5) },
    autoregressive("linear-rational splines", 2, 1, spread: 0.15) {
      $0.transform = .linearRationalSpline(bins: 4, bound: 4)
    },
    autoregressive("mixtures, 3 levels", 5, spread: 0.15, startsAsNormal: false) {
      ($0.transform, $0.levels) = (.gaussianMixture(components: 4), 3)
    },
    autoregressive("sums of squares", 2, spread: 0.1) {
      ($0.transform, $0.layers) = (.sumOfSquares(polynomials: 2, degree: 3), 1)
    },
    autoregressive("additive couplings", 4, startsAsNormal: false) {
      ($0.transform, $0.levels, $0.normalizesActivations) = (.additive, 2, true)
    },
    autoregressive("inverse, LU", 3, 1, spread: 0.15) { ($0.isInverse, $0.mixing) = (true, .lu) },
    autoregressive("inverse mixtures", 2, spread: 0.1, startsAsNormal: false) {
      ($0.isInverse, $0.layers, $0.transform) = (true, 1, .gaussianMixture(components: 3))
    },
    autoregressive("Gaussianization, mirrors", 2, startsAsNormal: false) {
      ($0.transform, $0.levels, $0.mixing) = (.gaussianMixture(components: 3), 1, .householder)
    },
    autoregressive("graph", 5, 1) {
      ($0.parents, $0.mixing) = ([[1], [], [0, 1], [], [2, 3]], .unmixed)
    },
  ]

  private static func glow(
    _ name: String, _ shape: ImageShape, _ contextFeatures: Int = 0, levels: Int = 1, steps: Int = 2,
    checkerboards: Int = 0, preprocessing: Preprocessing = .standardize
  ) -> FlowCase {
    FlowCase(
      name: "glow, " + name, features: shape.features, contextFeatures: contextFeatures, spread: 0.2,
      startsAsNormal: false
    ) { rng in
      let configuration = Glow.Configuration(
        features: shape.features, contextFeatures: contextFeatures, preprocessing: preprocessing,
        channels: shape.channels, height: shape.height, width: shape.width, levels: levels, steps: steps,
        checkerboards: checkerboards, hiddenChannels: 5, activation: .tanh)
      return try NormalizingFlow(configuration, using: &rng)
    }
  }

  private static let images = [
    glow("2x2", ImageShape(height: 2, width: 2)),
    glow("4x8, two levels, class", ImageShape(height: 4, width: 8), 3, levels: 2),
    glow(
      "two channels, checkerboards, class", ImageShape(channels: 2, height: 2, width: 4), 2, steps: 1, checkerboards: 2),
  ]
}
