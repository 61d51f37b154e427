import Datasets
import Flows
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import Training
import _TestSupport

@Suite struct SummarizedFlowTests {
  private let lengths = [4, 1, 6, 3, 5]

  private func configuration(
    dropout: Double = 0
  ) -> SummarizedFlow.Configuration<NeuralSplineFlow.Configuration> {
    let couplings = CouplingOptions(
      layers: 2, network: .multilayerPerceptron(hiddenFeatures: [8]), activation: .tanh)
    return .init(
      summaryNetwork: .deepSet(
        .init(
          features: 3, summaryFeatures: 4, elementFeatures: [8, 8], pooledFeatures: [], activation: .tanh,
          dropout: dropout)),
      flow: NeuralSplineFlow.Configuration(features: 2, contextFeatures: 4, couplings: couplings, bins: 4))
  }

  private func model(dropout: Double = 0) throws -> SummarizedFlow {
    var rng = RandomGenerator(seed: 1)
    let model = try SummarizedFlow(configuration(dropout: dropout), using: &rng)
    for parameter in model.namedParameters.map(\.parameter) {
      parameter.assign(parameter.value.detached() + 0.2 * Tensor.normal(parameter.value.shape, using: &rng))
    }
    model.convert(to: .float64)
    return model
  }

  private func draw(_ shape: Shape, seed: UInt64 = 9) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    return Tensor.normal(shape, dtype: .float64, using: &rng)
  }

  /// Sets in units of their own: features of means 5, 0 and -100 and scales 10, 1 and 0.01.
  private var sets: Observations {
    let x = draw([5, 6, 3]) * Tensor([10, 1, 0.01]) + Tensor([5.0, 0, -100])
    return Observations(x, lengths: Tensor(lengths))
  }

  @Test func isAConditionalDistribution() throws {
    let model = try model()
    let theta = draw([5, 2], seed: 10)
    model.standardize(to: theta, observations: sets)
    checkConditional(model, on: theta, given: sets.packed)
    let logProb = model.conditioned(on: sets).logProb(theta)
    #expect(model.conditioned(on: sets.packed).logProb(theta).isEqual(to: logProb))
    // The packed mask decides, not what stands in the padding.
    let broken = Tensor.concatenating(
      [select(sets.values .== 0, Double.nan, sets.values), sets.packed[.ellipsis, .slice(from: 3)]], -1)
    #expect(model.conditioned(on: broken).logProb(theta).isEqual(to: logProb))
  }

  @Test func densitiesIntegrateToOne() throws {
    let model = try model()
    model.standardize(to: draw([50, 2]), observations: Observations(draw([50, 6, 3])))
    let side = Tensor.linear(from: -12, to: 12, count: 401, dtype: .float64)
    let grid = Tensor.stacking(
      [side.unsqueezed(1).broadcasted(to: [401, 401]), side.broadcasted(to: [401, 401])], -1)
    let density = withoutGradient { model.conditioned(on: Observations(draw([3, 3]))).logProb(grid).exp() }
    #expect(abs(density.sum().item() * 0.06 * 0.06 - 1) < 1e-3)
  }

  @Test func observationsAreStandardizedInside() throws {
    let (one, other) = (try model(), try model())
    let theta = draw([5, 2], seed: 10)
    let factors = Tensor([1000, 0.001, -3])
    one.standardize(to: theta, observations: sets)
    let changed = sets.mapValues { $0 * factors.absolute() + 7 }
    other.standardize(to: theta, observations: changed)
    expectClose(other.summarize(changed), one.summarize(sets), tolerance: 1e-9)
    // Means and scales are those of the elements that are there.
    let rows = Tensor.concatenating(lengths.enumerated().map { sets.values[.at($0), .slice(to: $1)] })
    expectClose(one.observationPreprocessing.mean.value, rows.mean(0), tolerance: 1e-12)
    expectClose(
      one.observationPreprocessing.scale.value, rows.standardDeviation(0, correction: 0), tolerance: 1e-12)
    // Summaries have mean 0 and scale 1 where the flow sees them.
    let context = one.flow.contextPreprocessing
    expectClose(context?.mean.value.doubles() ?? [], one.summaries(of: sets).mean(0).doubles(), tolerance: 1e-12)
    expectClose(one.summaries(of: sets, chunkSize: 2), one.summarize(sets), tolerance: 1e-13)
  }

  @Test func imagesAreStandardizedByChannel() throws {
    var rng = RandomGenerator(seed: 1)
    let model = try SummarizedFlow(
      .init(
        summaryNetwork: .convolutional(.init(channels: 2, summaryFeatures: 3, hiddenChannels: [4])),
        flow: RealNVP.Configuration(features: 1, contextFeatures: 3)), using: &rng)
    model.convert(to: .float64)
    let images = draw([5, 2, 6, 7]) * Tensor([3.0, 50]).reshaped([2, 1, 1])
    model.standardize(to: draw([5, 1]), observations: Observations(images))
    expectClose(model.observationPreprocessing.mean.value, images.mean(0, 2, 3), tolerance: 1e-12)
    #expect(model.conditioned(on: images).logProb(draw([5, 1])).shape == [5])
  }

  @Test func gradientsReachTheSummaryUnlessFrozen() throws {
    let model = try model()
    let theta = draw([5, 2], seed: 10)
    model.standardize(to: theta, observations: sets)
    let loss = { -model.conditioned(on: sets).logProb(theta).mean() }
    let own = model.summaryNetwork.namedParameters
    for (parameter, gradient) in zip(own, gradients(of: loss(), withRespectTo: own.map(\.parameter.value))) {
      #expect(gradient.isFinite().all() && gradient.nonzeroCount() > 0, "\(parameter.name)")
    }
    let before = loss().item()
    model.summaryNetwork.setTrainable(false)
    #expect(model.isSummaryFrozen && loss().item() == before)
    #expect(model.trainableParameters.count == model.flow.namedParameters.count)
    // A frozen network keeps the standardization that it was trained with.
    let mean = model.observationPreprocessing.mean.value
    model.standardize(to: theta, observations: sets.mapValues { $0 * 2 })
    #expect(model.observationPreprocessing.mean.value.isEqual(to: mean))
  }

  @Test func frozenNetworksRunWithoutDropout() throws {
    let model = try model(dropout: 0.5)
    let context = LayerContext(training: RandomGenerator(seed: 3))
    #expect(!model.summarize(sets, context).isEqual(to: model.summarize(sets)))
    model.summaryNetwork.setTrainable(false)
    #expect(model.summarize(sets, context).isEqual(to: model.summarize(sets)))
  }

  /// The mean of each set plus noise, as sets of 1 to 6 numbers: without the summary the loss cannot fall by so much.
  @Test func trainsWithAndWithoutTheSummary() throws {
    var rng = RandomGenerator(seed: 4)
    let theta = Tensor.normal([600, 1], using: &rng)
    let x = theta.unsqueezed(1) + 0.3 * Tensor.normal([600, 6, 1], using: &rng)
    let sets = Observations(x, lengths: Tensor.integers(in: 3..<7, [600], using: &rng))
    let model = try SummarizedFlow(
      .init(
        summaryNetwork: .deepSet(
          .init(features: 1, summaryFeatures: 2, elementFeatures: [8, 8], pooledFeatures: [])),
        flow: RealNVP.Configuration(
          features: 1, contextFeatures: 2,
          couplings: CouplingOptions(layers: 2, network: .multilayerPerceptron(hiddenFeatures: [16])))),
      using: &rng)
    model.standardize(to: theta, observations: sets)
    func train(_ epochs: Int) throws -> Double {
      try Trainer(
        TrainingConfiguration(learningRate: 1e-2, batchSize: 100, maximumEpochs: epochs, averagingDecay: 0)
      ).fit(
        model, to: Batch(values: theta, context: sets.packed),
        objective: { batch, context in -model.conditioned(on: batch.context, context).logProb(batch.values).mean() },
        using: &rng
      ).trainingLoss
    }
    let summary = model.summaryNetwork.state()
    // The prior has 1.42 nats; the exact posteriors of 3 to 6 numbers from -0.05 to -0.4.
    #expect(try train(25) < 0.6)
    #expect(summary.contains { model.summaryNetwork.state()[$0]?.isEqual(to: $1) == false })
    model.summaryNetwork.setTrainable(false)
    let frozen = model.summaryNetwork.state()
    let flow = model.flow.state()
    _ = try train(1)
    #expect(frozen.allSatisfy { model.summaryNetwork.state()[$0]?.isEqual(to: $1) == true })
    #expect(flow.contains { model.flow.state()[$0]?.isEqual(to: $1) == false })
  }

  @Test func oneStateHoldsAll() throws {
    let configuration = configuration()
    try checkModule { try SummarizedFlow(configuration, using: &$0) }
    let (one, other) = (try model(), try model())
    let theta = draw([5, 2], seed: 10)
    one.standardize(to: theta, observations: sets)
    try other.load(one.state())
    #expect(
      other.conditioned(on: sets).logProb(theta).isEqual(to: one.conditioned(on: sets).logProb(theta)))
    let held = one.state().values.reduce(0) { $0 + $1.elementCount }
    #expect(configuration.weightCount == Double(held))
    let file = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(type(of: configuration), from: file) == configuration)
    #expect(one.defect == nil)
    one.observationPreprocessing.scale.assign(.zeros([3]))
    #expect(one.defect == "observationPreprocessing.scale is not positive and finite")
  }

  @Test func configurationsAreCheckedByField() {
    func message(_ change: (inout SummarizedFlow.Configuration<NeuralSplineFlow.Configuration>) -> Void) -> String {
      var configuration = configuration()
      change(&configuration)
      do {
        try configuration.validate()
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(message { _ in } == "")
    #expect(
      message { $0.flow.contextFeatures = 3 } == "flow.contextFeatures: expected the size of a summary, 4, got 3")
    #expect(message { $0.flow.bins = 0 }.hasPrefix("bins: "))
    #expect(
      message { $0.summaryNetwork = .deepSet(.init(features: 0, summaryFeatures: 4)) }
        .hasPrefix("summaryNetwork.deepSet.features: expected at least 1"))
  }

  @Test func mistakesStopTheProgram() async {
    await #expect(processExitsWith: .failure) {
      _ = try SummarizedFlowTests().model().conditioned(on: nil)
    }
    await #expect(processExitsWith: .failure) {
      _ = try SummarizedFlowTests().model().conditioned(on: Tensor.zeros([2, 5, 5], dtype: .float64))
    }
  }
}
