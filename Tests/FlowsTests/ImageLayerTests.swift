import Flows
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

/// One row of the table: a layer of images.
struct ImageLayerCase: Sendable, CustomTestStringConvertible {
  let name: String
  let shape: ImageShape
  var contextFeatures = 0
  var keepsVolume = false
  let make: @Sendable (ImageShape, inout RandomGenerator) -> any FlowLayer
  var testDescription: String { name }

  /// The layer in 64 bits with drawn weights.
  func randomized() -> any FlowLayer {
    var rng = RandomGenerator(seed: 3)
    let layer = make(shape, &rng)
    for (_, parameter) in layer.namedParameters {
      parameter.assign(parameter.value.detached() + Tensor.normal(parameter.value.shape, using: &rng) * 0.3)
    }
    layer.convert(to: .float64)
    return layer
  }

  static let all: [ImageLayerCase] = [
    ImageLayerCase(name: "squeeze", shape: ImageShape(channels: 3, height: 2, width: 4), keepsVolume: true) {
      shape, _ in
      SqueezeLayer(shape)
    },
    ImageLayerCase(name: "pixelwise", shape: ImageShape(channels: 3, height: 2, width: 3)) { shape, _ in
      PixelwiseLayers(
        shape,
        [ActivationNormalization(features: 3), PermutationLayer(order: [2, 0, 1]), LowerUpperLayer(features: 3)])
    },
    ImageLayerCase(name: "leading", shape: ImageShape(channels: 4, height: 1, width: 2)) { shape, _ in
      LeadingLayers(5, [ActivationNormalization(features: 5)])
    },
    coupling("channels", .channels(1)), coupling("channels, class", .channels(2), 3),
    coupling("even pixels", .checkerboard(even: true)), coupling("odd pixels, class", .checkerboard(even: false), 2),
    coupling("one convolution, class", .channels(2), 3, hiddenChannels: nil),
    ImageLayerCase(name: "logit", shape: ImageShape(height: 2, width: 3)) { shape, _ in
      let layer = LogitLayer(features: shape.features, margin: 0.05)
      layer.range.assign(Tensor([-20.0, 30.0]))
      layer.standardization.mean.assign(Tensor((0..<6).map { Double($0) }))
      layer.standardization.scale.assign(Tensor((0..<6).map { Double($0) + 0.5 }))
      return layer
    },
  ]

  private static func coupling(
    _ name: String, _ kept: ConvolutionalCoupling.Kept, _ contextFeatures: Int = 0, hiddenChannels: Int? = 4
  ) -> ImageLayerCase {
    ImageLayerCase(
      name: "coupling, " + name, shape: ImageShape(channels: 3, height: 3, width: 2), contextFeatures: contextFeatures
    ) { shape, rng in
      ConvolutionalCoupling(
        shape, keeping: kept, contextFeatures: contextFeatures, hiddenChannels: hiddenChannels, activation: .tanh,
        using: &rng)
    }
  }
}

@Suite struct ImageLayerTests {
  @Test(arguments: ImageLayerCase.all) func bijectionsKeepTheirPromises(_ row: ImageLayerCase) {
    let layer = row.randomized()
    var rng = RandomGenerator(seed: 4)
    let x = Tensor.normal([5, row.shape.features], dtype: .float64, using: &rng) * 3
    let context = row.contextFeatures > 0 ? Tensor.normal([row.contextFeatures], dtype: .float64, using: &rng) : nil
    checkBijection(layer.bijection(given: context, .inference), on: x, keepsVolume: row.keepsVolume)
  }

  @Test(arguments: ImageLayerCase.all.filter { $0.contextFeatures > 0 }) func contextsMatter(_ row: ImageLayerCase) {
    let layer = row.randomized()
    let x = Tensor.ones([2, row.shape.features], dtype: .float64)
    let z = layer.bijection(given: Tensor.identity(row.contextFeatures, dtype: .float64)[.slice(to: 2)], .inference)
      .forward(x)
    #expect((z[0] - z[1]).absolute().max().item() > 1e-3)
  }

  @Test(arguments: ImageLayerCase.all) func modulesKeepTheirPromises(_ row: ImageLayerCase) throws {
    checkModule { rng in AnyLayer(row.make(row.shape, &rng)) }
  }

  @Test func squeezingPutsTheSquaresOfAChannelSideBySide() {
    let x = Tensor((0..<16).map { Double($0) })  // two channels of 2 x 4
    let z = SqueezeLayer(ImageShape(channels: 2, height: 2, width: 4)).bijection(given: nil, .inference).forward(x)
    #expect(z.doubles() == [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15])
  }

  @Test func checkerboardsMoveTheOtherColour() {
    for isEven in [true, false] {
      let shape = ImageShape(channels: 2, height: 2, width: 3)
      let layer = ImageLayerCase(name: "", shape: shape) { shape, rng in
        ConvolutionalCoupling(shape, keeping: .checkerboard(even: isEven), hiddenChannels: 3, using: &rng)
      }.randomized()
      let x = Tensor.ones([12], dtype: .float64)
      let isKept = (layer.bijection(given: nil, .inference).forward(x) - x).doubles().map { $0 == 0 }
      let even = [true, false, true, false, true, false]
      #expect(isKept == (even + even).map { $0 == isEven })
    }
  }

  @Test func pixelwiseNormalizationStartsFromAllPixels() {
    var rng = RandomGenerator(seed: 1)
    let shape = ImageShape(channels: 2, height: 3, width: 4)
    let layer = PixelwiseLayers(shape, [ActivationNormalization(features: 2)])
    let x = (Tensor.normal([40, 2, 12], using: &rng) * Tensor(rows: [[3.0], [0.1]]).to(.float32) + 7).flattened(from: 1)
    layer.initialize(from: x, given: nil)
    let z = layer.bijection(given: nil, .inference).forward(x).reshaped([40, 2, 12])
    expectClose(z.mean(0, 2), Tensor.zeros([2]), tolerance: 1e-4)
    expectClose(z.standardDeviation(0, 2, correction: 0), Tensor.ones([2]), tolerance: 1e-4)
  }

  @Test func theLogitOfDataIsStandardized() {
    var rng = RandomGenerator(seed: 1)
    let x = (Tensor.uniform([300, 4], using: &rng).squared() * 17)
    let layer = LogitLayer(features: 4, margin: 0.05)
    layer.fit(to: x)
    #expect(layer.range.value.doubles() == [x.min().item(), x.max().item()])
    let z = layer.bijection(given: nil, .inference).forward(x)
    expectClose(z.mean(0), Tensor.zeros([4]), tolerance: 1e-4)
    expectClose(z.standardDeviation(0, correction: 0), Tensor.ones([4]), tolerance: 1e-4)
    #expect(layer.defect == nil)
    layer.fit(to: x, within: -1...20)
    #expect(layer.range.value.doubles() == [-1, 20])
    layer.range.assign(Tensor([1.0, 1.0]))
    #expect(layer.defect == "range is not finite or does not go upwards")
  }

  @Test(arguments: [1e-6, 0.05]) func logitLogDeterminantsAreThoseOfMAF(margin: Double) {
    let map = Logit(
      lower: Tensor(0.0, dtype: .float64), upper: Tensor(256.0, dtype: .float64), margin: margin)
    for x in [0, 0.5, 100, 255.75, 256] {
      let (z, logDet) = map.forwardWithLogDet(Tensor([x]))
      let p = margin + (1 - 2 * margin) * x / 256
      expectClose(z, Tensor([log(p / (1 - p))]), tolerance: 1e-9)
      let expected = log(1 - 2 * margin) - log(256) - log(p) - log(1 - p)
      #expect(abs(logDet.item() - expected) < 1e-9 * abs(expected))
    }
  }

  @Test func beyondTheRangeDensitiesAreZero() throws {
    var rng = RandomGenerator(seed: 1)
    let flow = try NormalizingFlow(RealNVP.Configuration(features: 2, preprocessing: .softLogit), using: &rng)
    flow.standardize(to: Tensor(rows: [[0.0, 10], [10, 3], [4, 5]]).to(.float32))
    let rows = Tensor(rows: [[5.0, 5], [-0.1, 5], [5, 10.2], [-5, 5], [5, 20], [.nan, 5]]).to(.float32)
    let logProb = flow.distribution.logProb(rows).doubles()
    #expect(logProb[..<3].allSatisfy { $0.isFinite })
    #expect(logProb[3...4] == [-.infinity, -.infinity])
    #expect(logProb[5].isNaN)
  }
}

/// A layer of any type, for checks that want one type.
private struct AnyLayer: Module {
  let layer: any FlowLayer
  init(_ layer: any FlowLayer) { self.layer = layer }
  func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(layer, named: "layer") }
}
