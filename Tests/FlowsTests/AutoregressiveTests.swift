import Flows
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct AutoregressiveTests {
  /// The Jacobian of a layer's codes by data at one event, `[features, features]`.
  private func jacobian(_ layer: some FlowLayer, _ features: Int, context: Tensor? = nil) -> [[Double]] {
    var rng = RandomGenerator(seed: 3)
    let x = Tensor.normal([features], dtype: .float64, using: &rng).requiringGradient()
    let z = layer.bijection(given: context, .inference).forward(x)
    return (0..<features).map { gradients(of: z[.at($0)], withRespectTo: [x], retainingGraph: true)[0].doubles() }
  }

  private func layer(
    _ structure: AutoregressiveStructure, transform: FeatureTransform = .affine, hidden: [Int] = [16, 20]
  ) -> AutoregressiveLayer {
    var rng = RandomGenerator(seed: 1)
    let layer = AutoregressiveLayer(
      structure: structure, transform: transform, hidden: hidden, activation: .tanh, using: &rng)
    for (_, parameter) in layer.namedParameters {
      parameter.assign(parameter.value.detached() + Tensor.normal(parameter.value.shape, using: &rng) * 0.5)
    }
    layer.convert(to: .float64)
    return layer
  }

  /// Nonzero exactly at a feature's parents and at itself.
  private func expectShape(of jacobian: [[Double]], _ structure: AutoregressiveStructure) {
    for (feature, row) in jacobian.enumerated() {
      for (other, slope) in row.enumerated() {
        let depends = other == feature || structure.parents[feature].contains(other)
        #expect((slope != 0) == depends, "feature \(feature) by \(other): \(slope)")
      }
    }
  }

  @Test(arguments: [[3, 1, 0, 4, 2], [0, 1, 2, 3, 4]], [1, 2, 3, 5])
  func jacobiansFollowTheOrder(order: [Int], levels: Int) {
    let structure = AutoregressiveStructure(order: order, levels: levels)
    #expect(Set(structure.levels).count == levels)
    expectShape(of: jacobian(layer(structure), 5), structure)
  }

  @Test func jacobiansFollowAGraph() throws {
    let structure = try AutoregressiveStructure(parents: [[2], [0, 2], [], [], [3, 1]])
    #expect(structure.levels == [1, 2, 0, 0, 3])
    expectShape(of: jacobian(layer(structure), 5), structure)
  }

  @Test func fewHiddenUnitsStillSeeFirstAndLateFeatures() {
    let structure = AutoregressiveStructure(order: Array(0..<12), levels: 12)
    let jacobian = jacobian(layer(structure, hidden: [5]), 12)
    for feature in 1..<12 {
      #expect(jacobian[feature][0] != 0)
      #expect(jacobian[feature][feature...].dropFirst().allSatisfy { $0 == 0 })
    }
    #expect(jacobian[11][8] != 0)
  }

  @Test func circlesAndUnknownParentsAreRefused() {
    #expect(throws: AutoregressiveStructureError.circle(features: [0, 2])) {
      try AutoregressiveStructure(parents: [[2], [], [0, 1]])
    }
    #expect(throws: AutoregressiveStructureError.unknownParent(feature: 1, parent: 7)) {
      try AutoregressiveStructure(parents: [[], [7]])
    }
  }

  @Test func levelsTogetherAreOnePass() {
    var rng = RandomGenerator(seed: 2)
    let structure = AutoregressiveStructure(order: [0, 1, 2, 3, 4, 5, 6], levels: 4)
    let network = MaskedMultilayerPerceptron(
      structure: structure, groupSize: 3, contextFeatures: 2, hidden: [9, 11], using: &rng)
    let (x, context) = (Tensor.normal([6, 7], using: &rng), Tensor.normal([6, 2], using: &rng))
    var evaluation = LevelEvaluation(of: network, given: context, batch: [6], .inference)
    var outputs: [Tensor] = []
    var start = 0
    for level in 0..<4 {
      let before = structure.levels.count { $0 == level - 1 }
      outputs.append(evaluation.next(after: level == 0 ? nil : x.narrowed(-1, from: start - before, length: before)))
      start += structure.levels.count { $0 == level }
    }
    expectClose(.concatenating(outputs, -1), network(x, given: context, .inference), tolerance: 1e-5)
  }

  @Test(arguments: [
    FeatureTransform.affine, .rationalQuadraticSpline(bins: 5, bound: 3), .squashedSpline(bins: 5, bound: 3),
    .linearRationalSpline(bins: 5, bound: 3), .gaussianMixture(components: 6), .sumOfSquares(polynomials: 2, degree: 2),
  ])
  func mapsAreFiniteFarOutAndForWildParameters(_ transform: FeatureTransform) {
    var rng = RandomGenerator(seed: 4)
    let count = 64
    let parameters = (Tensor.normal([count, transform.parameterCount], using: &rng) * 20).requiringGradient()
    for distance in [0.0, 1, 30, 1e4] {
      for sign in [-1.0, 1] {
        let x = Tensor.full([count], Float(sign * distance)).requiringGradient()
        let (z, logDet) = transform.bijection(parameters).forwardWithLogDet(x)
        #expect(z.isFinite().all() && logDet.isFinite().all(), "\(transform) at \(sign * distance)")
        for gradient in gradients(of: z.sum() + logDet.sum(), withRespectTo: [x, parameters]) {
          #expect(gradient.isFinite().all(), "gradients of \(transform) at \(sign * distance)")
        }
      }
    }
  }

  @Test func mixturesStartCloseToTheIdentity() {
    let x = Tensor.linear(from: -3, to: 3, count: 61, dtype: .float64)
    let map = FeatureTransform.gaussianMixture(components: 8).bijection(.zeros([24], dtype: .float64))
    expectClose(map.forward(x), x, tolerance: 2e-3)
  }

  /// The score of one component is its standardization, from the middle to where densities underflow.
  @Test func scoresAreExactInTheTails() {
    let x = Tensor([-1e6, -700, -80, -49, -51, -3, 0, 2, 49, 51, 90, 1e6])
    // The log-scale of a parameter p is p / (1 + |p| / log 1000).
    let logScale = 0.5 / (1 + 0.5 / log(1000))
    let map = GaussianMixtureScore(parameters: Tensor([0.3, 1.5, 0.5]))
    let (z, logDet) = map.forwardWithLogDet(x)
    let expected = (x - 1.5) * exp(-logScale)
    expectClose(z / expected, Tensor.ones([12], dtype: .float64), tolerance: 1e-10)
    expectClose(logDet, Tensor.full([12], -logScale, dtype: .float64), tolerance: 1e-9)
  }

  @Test func activationsAreNormalizedFromData() throws {
    var rng = RandomGenerator(seed: 5)
    let flow = try NormalizingFlow(
      AutoregressiveFlow.Configuration(features: 3, mixing: .lu, normalizesActivations: true), using: &rng)
    for (name, parameter) in flow.namedParameters where name.contains("logDiagonal") {
      parameter.assign(Tensor.full([3], Float(2)))
    }
    flow.standardize(to: Tensor.normal([500, 3], using: &rng) * 4 + 2)
    let x = Tensor.normal([500, 3], using: &rng) * 4 + 2
    flow.standardize(to: x)
    let last = try #require(flow.layers.lastIndex { $0 is ActivationNormalization })
    var data = flow.preprocessing.bijection(given: nil, .inference).forward(x)
    for layer in flow.layers[...last] { data = layer.bijection(given: nil, .inference).forward(data) }
    expectClose(data.mean(0), Tensor.zeros([3]), tolerance: 1e-4)
    expectClose(data.standardDeviation(0, correction: 0), Tensor.ones([3]), tolerance: 1e-4)
  }
}
