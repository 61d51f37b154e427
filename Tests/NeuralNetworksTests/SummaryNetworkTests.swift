import Foundation
import NeuralNetworks
import Testing
import Torch
import _TestSupport

/// One row of the table: a summary network.
struct SummaryNetworkCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let kind: SummaryNetworkKind
  /// Whether the order of elements does not matter.
  var isSet = false

  /// The network in 64 bits.
  func make() throws -> any SummaryNetwork {
    try kind.validate()
    var rng = RandomGenerator(seed: 5)
    let network = kind.makeNetwork(using: &rng)
    network.convert(to: .float64)
    return network
  }

  static let series = [
    SummaryNetworkCase(
      testDescription: "recurrent", kind: .recurrent(.init(features: 3, summaryFeatures: 2, hiddenFeatures: 5))),
    SummaryNetworkCase(
      testDescription: "recurrent, bidirectional",
      kind: .recurrent(.init(features: 3, summaryFeatures: 2, hiddenFeatures: 4, layers: 2, isBidirectional: true))),
    SummaryNetworkCase(
      testDescription: "transformer",
      kind: .transformer(
        .init(features: 3, summaryFeatures: 2, hiddenFeatures: 8, heads: 2, feedForwardFeatures: 6))),
  ]

  static let sets =
    SetPooling.allCases.map { pooling in
      SummaryNetworkCase(
        testDescription: "deep set, \(pooling)",
        kind: .deepSet(
          .init(
            features: 3, summaryFeatures: 2, elementFeatures: [6, 5], pooledFeatures: [4], pooling: pooling,
            activation: .tanh)), isSet: true)
    } + [
      SummaryNetworkCase(
        testDescription: "set transformer, induced",
        kind: .setTransformer(
          .init(
            features: 3, summaryFeatures: 2, hiddenFeatures: 8, heads: 2, inducingPoints: 3, feedForwardFeatures: 6)),
        isSet: true),
      SummaryNetworkCase(
        testDescription: "set transformer, direct",
        kind: .setTransformer(
          .init(
            features: 3, summaryFeatures: 2, hiddenFeatures: 8, heads: 4, layers: 1, inducingPoints: 0, seeds: 3,
            feedForwardFeatures: 6)), isSet: true),
    ]

  static let elements = series + sets
  static let others = [
    SummaryNetworkCase(
      testDescription: "multilayer perceptron",
      kind: .multilayerPerceptron(.init(features: 3, summaryFeatures: 2, hiddenFeatures: [4, 5]))),
    SummaryNetworkCase(
      testDescription: "convolutional",
      kind: .convolutional(.init(channels: 3, summaryFeatures: 2, hiddenChannels: [4, 5]))),
  ]
  static let all = elements + others
}

@Suite struct SummaryNetworkTests {
  private let lengths = [6, 1, 3, 0]
  private var mask: Tensor { Tensor.range(6).unsqueezed(0) .< Tensor(lengths).unsqueezed(1) }

  private func draw(_ shape: Shape, seed: UInt64 = 9) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    return Tensor.normal(shape, dtype: .float64, using: &rng)
  }

  @Test(arguments: SummaryNetworkCase.elements) func paddingDoesNotLeak(_ row: SummaryNetworkCase) throws {
    let network = try row.make()
    let x = draw([4, 6, 3])
    let summaries = network(Observations(x, mask: mask))
    #expect(summaries.shape == [4, 2] && summaries.isFinite().all())
    for filling in [0, 1e30, Double.infinity, .nan] {
      let other = select(mask.unsqueezed(-1), x, filling)
      #expect(network(Observations(other, mask: mask)).isEqual(to: summaries), "\(filling)")
      #expect(network(Observations(other, lengths: Tensor(lengths))).isEqual(to: summaries), "\(filling)")
    }
    // More padding changes nothing, nor does none, nor being alone.
    let longer = Tensor.concatenating([x, draw([4, 7, 3], seed: 10)], 1)
    expectClose(network(Observations(longer, lengths: Tensor(lengths))), summaries, tolerance: 1e-13)
    for (index, length) in lengths.enumerated() {
      let alone = x[.at(index), .slice(to: length)]
      expectClose(network(Observations(alone)), summaries[.at(index)], tolerance: 1e-13, "\(length) elements")
    }
    expectClose(network(Observations(padding: lengths.enumerated().map { x[.at($0), .slice(to: $1)] })), summaries)
    // Elements that are there count, and NaN among them is not hidden.
    #expect(!network(Observations(x)).isClose(to: summaries))
    let broken = select(Tensor.range(6).unsqueezed(1) .== 0, Double.nan, x)
    #expect(network(Observations(broken, mask: mask))[.slice(to: 3)].isNaN().all())
  }

  @Test(arguments: SummaryNetworkCase.elements) func nothingFlowsBackToPadding(_ row: SummaryNetworkCase) throws {
    let network = try row.make()
    let weights = network.namedParameters.map(\.parameter.value)
    func derivatives(_ x: Tensor, _ observe: (Tensor) -> Observations) -> (input: Tensor, weights: [Tensor]) {
      let leaf = x.detached().requiringGradient()
      let all = gradients(of: (network(observe(leaf)) * values([3, 2])).sum(), withRespectTo: [leaf] + weights)
      return (all[0], Array(all.dropFirst()))
    }
    let x = draw([3, 6, 3])
    let mask = mask[.slice(to: 3)]
    let isThere = mask.unsqueezed(-1)
    let padded = derivatives(select(isThere, x, Double.nan)) { Observations($0, mask: mask) }
    #expect(padded.input.isFinite().all())
    #expect(select(isThere, 0, padded.input).nonzeroCount() == 0)
    // With the maximum an element that is the largest in no feature has none.
    #expect(padded.input.absolute().sum(-1).nonzeroCount() >= 5)
    let longer = derivatives(.concatenating([x, draw([3, 7, 3], seed: 10)], 1)) {
      Observations($0, lengths: Tensor([6, 1, 3]))
    }
    expectClose(longer.input[.all, .slice(to: 6)], padded.input, tolerance: 1e-12)
    for (name, (one, other)) in zip(network.namedParameters.map(\.name), zip(padded.weights, longer.weights)) {
      expectClose(one, other, tolerance: 1e-12, name)
      #expect(one.isFinite().all() && one.nonzeroCount() > 0, "\(name)")
    }
  }

  @Test(arguments: SummaryNetworkCase.elements) func orderMattersToSeriesOnly(_ row: SummaryNetworkCase) throws {
    let network = try row.make()
    let x = draw([4, 6, 3])
    let order = Tensor([3, 0, 5, 1, 4, 2])
    let summaries = network(Observations(x, mask: mask))
    let shuffled = Observations(x.selecting(order, 1), mask: mask.selecting(order, 1))
    if row.isSet {
      expectClose(network(shuffled), summaries, tolerance: 1e-13)
      // The same elements twice are another set: more is known.
      #expect(!network(Observations(.concatenating([x, x], 1))).isClose(to: network(Observations(x))))
    } else {
      #expect(!network(shuffled)[0].isClose(to: summaries[0]))
    }
  }

  @Test func recurrentNetworksPassOverGaps() throws {
    for row in SummaryNetworkCase.series.prefix(2) {
      let network = try row.make()
      let x = draw([1, 6, 3])
      let gaps = Tensor(rows: [[false, true, true, false, true, false]])
      let rest = x.selecting(Tensor([1, 2, 4]), 1)
      expectClose(network(Observations(x, mask: gaps)), network(Observations(rest)), tolerance: 1e-14)
    }
  }

  @Test(arguments: SummaryNetworkCase.all) func batchesAreIndependent(_ row: SummaryNetworkCase) throws {
    let network = try row.make()
    let event: Shape =
      switch network.form {
      case .vector(let features): [features]
      case .image(let channels): [channels, 9, 7]
      case .elements(let features): [6, features]
      }
    let x = draw([2, 3] + event)
    let summaries = network(Observations(x))
    #expect(summaries.shape == [2, 3, 2])
    for index in 0..<6 {
      let alone = network(Observations(x[.at(index / 3), .at(index % 3)]))
      expectClose(alone, summaries[.at(index / 3), .at(index % 3)], tolerance: 1e-13)
    }
  }

  @Test func imagesOfAnySizeHaveASummary() throws {
    let network = try SummaryNetworkCase.others[1].make()
    for size in [1, 2, 5, 28] { #expect(network(Observations(draw([2, 3, size, size + 1]))).isFinite().all()) }
  }

  @Test(arguments: SummaryNetworkCase.all) func configurationsMakeWhatTheySay(_ row: SummaryNetworkCase) throws {
    checkModule { row.kind.makeNetwork(using: &$0).erased }
    let network = try row.make()
    #expect(row.kind.weightCount == Double(network.parameterCount))
    #expect(row.kind.form == network.form && row.kind.summaryFeatures == network.summaryFeatures)
    let file = try JSONEncoder().encode(row.kind)
    #expect(try JSONDecoder().decode(SummaryNetworkKind.self, from: file) == row.kind)
  }

  @Test func configurationsAreCheckedByField() throws {
    func field(_ kind: SummaryNetworkKind) -> String? {
      do {
        try kind.validate()
        return nil
      } catch {
        return error.field
      }
    }
    #expect(field(.deepSet(.init(features: 1, summaryFeatures: 1))) == nil)
    #expect(field(.deepSet(.init(features: 0, summaryFeatures: 1))) == "deepSet.features")
    #expect(field(.deepSet(.init(features: 1, summaryFeatures: 0))) == "deepSet.summaryFeatures")
    #expect(field(.deepSet(.init(features: 1, summaryFeatures: 1, elementFeatures: []))) == "deepSet.elementFeatures")
    #expect(field(.deepSet(.init(features: 1, summaryFeatures: 1, dropout: 1))) == "deepSet.dropout")
    #expect(field(.transformer(.init(features: 1, summaryFeatures: 1, heads: 3))) == "transformer.heads")
    #expect(field(.setTransformer(.init(features: 1, summaryFeatures: 1, seeds: 0))) == "setTransformer.seeds")
    #expect(field(.recurrent(.init(features: 1, summaryFeatures: 1, layers: 0))) == "recurrent.layers")
    #expect(field(.convolutional(.init(channels: 1, summaryFeatures: 1, kernelSize: 2))) == "convolutional.kernelSize")
    let huge = SummaryNetworkKind.recurrent(.init(features: 1, summaryFeatures: 1, hiddenFeatures: 65_536))
    #expect(field(huge) == "recurrent.weights")
    for text in ["{}", #"{"nothing": {}}"#, #"{"deepSet": {"features": 1}}"#] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(SummaryNetworkKind.self, from: Data(text.utf8)) }
    }
  }

  @Test func packingIsUndone() {
    let x = draw([4, 6, 3])
    let observations = Observations(x, mask: mask)
    let form = ObservationForm.elements(features: 3)
    let again = form.observations(from: observations.packed)
    #expect(again.values.isEqual(to: observations.values) && again.mask?.isEqual(to: mask) == true)
    #expect(again.counts.scalars(as: Int.self) == lengths)
    let plain = form.observations(from: Observations(x).packed)
    #expect(plain.values.isEqual(to: x) && plain.mask == nil && plain.counts.scalars(as: Int.self) == [6, 6, 6, 6])
  }

  @Test func deepSetsAreTheFormula() throws {
    var rng = RandomGenerator(seed: 5)
    let network = DeepSet(.init(features: 3, summaryFeatures: 2, elementFeatures: [6, 5]), using: &rng)
    network.convert(to: .float64)
    let x = draw([4, 3])
    let mean = (0..<4).map { network.phi(x[.at($0)]) }.reduce(Tensor.zeros([5], dtype: .float64), +) * 0.25
    let expected = network.rho(.concatenating([mean, Tensor([log(5.0)])]))
    expectClose(network(Observations(x)), expected, tolerance: 1e-14)
  }

  @Test func attentionNetworksAgreeWithPyTorch() throws {
    var rng = RandomGenerator(seed: 5)
    let lengths = Tensor([5, 2, 4])
    let sets = SetTransformer(
      .init(
        features: 4, summaryFeatures: 2, hiddenFeatures: 6, heads: 2, layers: 1, inducingPoints: 2, seeds: 2,
        feedForwardFeatures: 5), using: &rng)
    try check("setTransformer", filled(sets), values([3, 5, 4])) { $0(Observations($1, lengths: lengths)) }
    let series = TransformerSummary(
      .init(features: 4, summaryFeatures: 2, hiddenFeatures: 6, heads: 2, feedForwardFeatures: 5), using: &rng)
    try check("transformerSummary", filled(series), values([3, 5, 4])) { $0(Observations($1, lengths: lengths)) }
  }

  @Test func frozenNetworksHaveNothingToTrain() throws {
    let network = try SummaryNetworkCase.sets[0].make()
    let before = network(Observations(draw([2, 4, 3])))
    network.setTrainable(false)
    #expect(network.trainableParameters.isEmpty && !network(Observations(draw([2, 4, 3]))).requiresGradient)
    #expect(network(Observations(draw([2, 4, 3]))).isEqual(to: before))
    network.setTrainable(true)
    #expect(network.trainableParameters.count == network.namedParameters.count)
  }

  @Test func mistakesStopTheProgram() async {
    await #expect(processExitsWith: .failure) {
      _ = Observations(.zeros([2, 3, 1]), mask: Tensor(rows: [[true, false]]))
    }
    await #expect(processExitsWith: .failure) { _ = Observations(.zeros([2, 3, 1]), lengths: Tensor([1, 4])) }
    await #expect(processExitsWith: .failure) {
      var rng = RandomGenerator(seed: 1)
      _ = DeepSet(.init(features: 3, summaryFeatures: 2), using: &rng)(Observations(.zeros([2, 3, 2])))
    }
  }
}

/// A module of any type as one that `checkModule` takes.
private struct Erased: Module {
  let module: any Module
  func visitParameters(_ visitor: inout some ParameterVisitor) { module.visitParameters(&visitor) }
}

extension Module {
  fileprivate var erased: Erased { Erased(module: self) }
}
