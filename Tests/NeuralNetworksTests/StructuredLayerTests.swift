import Foundation
import NeuralNetworks
import Testing
import Torch
import _TestSupport

/// Layers of images, series and sets.
struct StructuredLayerTests {
  private let series = values([3, 5, 4])
  private let images = values([2, 3, 7, 6])
  private let lengths = Tensor([5, 2, 4])

  private func mask(_ lengths: [Int], _ count: Int) -> Tensor {
    Tensor.range(count).unsqueezed(0) .< Tensor(lengths).unsqueezed(1)
  }

  @Test func convolutionsAgreeWithPyTorch() throws {
    var rng = RandomGenerator(seed: 1)
    let one = Convolution1D(inputChannels: 4, outputChannels: 3, kernelSize: 3, stride: 2, padding: 1, using: &rng)
    try check("convolution1D", filled(one), series.transposed()) { $0($1) }
    let two = Convolution2D(inputChannels: 3, outputChannels: 2, kernelSize: 3, stride: 2, padding: 1, using: &rng)
    try check("convolution2D", filled(two), images) { $0($1) }
    try check("adaptiveMeanPooling1D", AdaptiveMeanPooling1D(outputSize: 3), series) { $0($1) }
    try check("adaptiveMeanPooling2D", AdaptiveMeanPooling2D(outputSize: 3), images) { $0($1) }
    // Any number of batch dimensions, also none.
    expectClose(two(images.unsqueezed(1)).squeezed(1), two(images), tolerance: 1e-14)
    expectClose(two(images[0]), two(images)[0], tolerance: 1e-14)
    expectClose(one(series.transposed()[0]), one(series.transposed())[0], tolerance: 1e-14)
  }

  @Test func convolutionsStartAsPyTorchDoes() {
    var rng = RandomGenerator(seed: 1)
    let layer = Convolution2D(inputChannels: 8, outputChannels: 32, kernelSize: 5, using: &rng)
    let bound = 1 / 200.0.squareRoot() * (1 + 1e-6)
    for parameter in [layer.weight, layer.bias].compactMap({ $0?.value }) {
      #expect(parameter.absolute().max().item() <= bound && parameter.absolute().max().item() > 0.8 * bound)
    }
  }

  @Test func embeddingsAgreeWithPyTorch() throws {
    var rng = RandomGenerator(seed: 1)
    try check("embedding", filled(Embedding(count: 4, features: 3, using: &rng)), series) { layer, x in
      layer(Tensor(rows: [[3, 0], [3, 1]])) + 0 * x.sum()
    }
  }

  @Test func recurrentUnitsAgreeWithPyTorch() throws {
    var rng = RandomGenerator(seed: 1)
    let unit = filled(
      GatedRecurrentUnit(inputFeatures: 4, hiddenFeatures: 3, layers: 2, isBidirectional: true, using: &rng))
    try check("gatedRecurrentUnit", unit, series) { unit, x in
      let (states, last) = unit.run(x, lengths: lengths)
      return .concatenating([(states * mask([5, 2, 4], 5).to(.float64).unsqueezed(-1)).flattened(), last.flattened()])
    }
  }

  @Test func recurrentUnitsTakeWholeAndEmptySeries() {
    var rng = RandomGenerator(seed: 2)
    let unit = filled(GatedRecurrentUnit(inputFeatures: 4, hiddenFeatures: 3, isBidirectional: true, using: &rng))
    let (states, last) = unit.run(series)
    // The forward state after the last step, the backward one after the first.
    #expect(last[.all, .slice(to: 3)].isEqual(to: states[.all, -1, .slice(to: 3)]))
    #expect(last[.all, .slice(from: 3)].isEqual(to: states[.all, 0, .slice(from: 3)]))
    #expect(unit.run(series, lengths: Tensor([5, 5, 5])).last.isEqual(to: last))
    #expect(unit.run(series, lengths: Tensor([5, 0, 5])).last.nonzeroCount() == 12)
    #expect(unit.run(series.narrowed(1, from: 0, length: 0)).last.isEqual(to: .zeros([3, 6], dtype: .float64)))
    expectClose(unit.run(series[1]).last, last[1], tolerance: 1e-14)
  }

  @Test func attentionAgreesWithPyTorch() throws {
    var rng = RandomGenerator(seed: 1)
    let attention = filled(MultiHeadAttention(features: 4, heads: 2, using: &rng))
    let memory = values([3, 6, 4], phase: 2)
    try check("multiHeadAttention", attention, series) {
      $0($1, keys: memory, values: 2 * memory, mask: mask([6, 1, 3], 6))
    }
    for normalizesFirst in [true, false] {
      let layer = filled(
        TransformerEncoderLayer(
          features: 4, heads: 2, feedForwardFeatures: 8, normalizesFirst: normalizesFirst, using: &rng))
      let valid = mask([5, 2, 4], 5)
      try check(normalizesFirst ? "transformerEncoderLayer" : "transformerEncoderLayerAfter", layer, series) {
        $0($1, mask: valid) * valid.to(.float64).unsqueezed(-1)
      }
    }
  }

  @Test func attentionToNothingIsTheBias() {
    var rng = RandomGenerator(seed: 1)
    let attention = filled(MultiHeadAttention(features: 4, heads: 2, using: &rng))
    let x = series.requiringGradient()
    let result = attention(x, keys: x, values: x, mask: mask([5, 0, 2], 5))
    expectClose(result[1], attention.output(.zeros([5, 4], dtype: .float64)), tolerance: 1e-15)
    let gradient = gradients(of: result.sum(), withRespectTo: [x])[0]
    #expect(gradient.isFinite().all() && gradient[1].nonzeroCount() == 0)
  }

  @Test func dropoutActsInTrainingOnly() {
    var rng = RandomGenerator(seed: 3)
    let layer = TransformerEncoderLayer(features: 4, heads: 2, feedForwardFeatures: 8, dropout: 0.5, using: &rng)
    let unit = GatedRecurrentUnit(inputFeatures: 4, hiddenFeatures: 3, layers: 2, dropout: 0.5, using: &rng)
    let x = series.to(.float32)
    let context = LayerContext(training: RandomGenerator(seed: 4))
    #expect(layer(x).isEqual(to: layer(x)) && !layer(x, context).isEqual(to: layer(x)))
    #expect(unit(x).isEqual(to: unit(x)) && !unit(x, context).isEqual(to: unit(x)))
  }

  @Test func positionsAreSinesAndCosines() {
    let table = SinusoidalPositionalEncoding.table(length: 7, features: 5)
    for position in 0..<7 {
      for feature in 0..<5 {
        let angle = Double(position) / pow(10_000, Double(feature / 2 * 2) / 5)
        let expected = feature % 2 == 0 ? sin(angle) : cos(angle)
        #expect(abs(table[.at(position), .at(feature)].item() - expected) < 1e-14)
      }
    }
    #expect(
      SinusoidalPositionalEncoding()(series).isEqual(
        to: series + SinusoidalPositionalEncoding.table(length: 5, features: 4)))
  }

  @Test func modulesShowWhatTheyHold() {
    checkModule(names: ["weight", "bias"]) {
      Convolution1D(inputChannels: 2, outputChannels: 3, kernelSize: 3, using: &$0)
    }
    checkModule(names: ["weight"]) {
      Convolution2D(inputChannels: 2, outputChannels: 3, kernelSize: 3, hasBias: false, using: &$0)
    }
    checkModule(names: ["weight"]) { Embedding(count: 3, features: 2, using: &$0) }
    checkModule(names: []) { _ in SinusoidalPositionalEncoding() }
    checkModule(names: []) { _ in AdaptiveMeanPooling1D(outputSize: 1) }
    checkModule(names: []) { _ in AdaptiveMeanPooling2D(outputSize: 1) }
    let attention = ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
    checkModule(names: attention) { MultiHeadAttention(features: 4, heads: 2, using: &$0) }
    checkModule(
      names: attention.map { "self_attn." + $0 } + [
        "linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias", "norm1.weight", "norm1.bias",
        "norm2.weight",
        "norm2.bias",
      ]
    ) { TransformerEncoderLayer(features: 4, heads: 2, feedForwardFeatures: 8, using: &$0) }
    let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    checkModule(
      names: ["_l0", "_l0_reverse", "_l1", "_l1_reverse"].flatMap { suffix in names.map { $0 + suffix } }
    ) { GatedRecurrentUnit(inputFeatures: 2, hiddenFeatures: 3, layers: 2, isBidirectional: true, using: &$0) }
  }

  @Test func mistakesStopTheProgram() async {
    await #expect(processExitsWith: .failure) {
      var rng = RandomGenerator(seed: 1)
      _ = MultiHeadAttention(features: 4, heads: 3, using: &rng)
    }
    await #expect(processExitsWith: .failure) {
      var rng = RandomGenerator(seed: 1)
      _ = Convolution2D(inputChannels: 2, outputChannels: 1, kernelSize: 3, using: &rng)(.zeros([3, 5, 5]))
    }
    await #expect(processExitsWith: .failure) {
      var rng = RandomGenerator(seed: 1)
      _ = GatedRecurrentUnit(inputFeatures: 2, hiddenFeatures: 1, using: &rng).run(
        .zeros([3, 5, 2]), lengths: Tensor([1, 2]))
    }
  }
}
