public import NeuralNetworks
public import Probability
public import Torch

/// A flow that is conditioned on structured observations, sets, series or images, through a network that summarizes them.
///
///     let summary = SummaryNetworkKind.deepSet(.init(features: 1, summaryFeatures: 8))
///     let model = try SummarizedFlow(
///       .init(summaryNetwork: summary, flow: NeuralSplineFlow.Configuration(features: 2, contextFeatures: 8)), using: &rng)
///     model.standardize(to: theta, observations: x)
///     let batch = Batch(values: theta, context: x.packed)     // what the trainer shuffles
///     let logProb = model.conditioned(on: x).logProb(theta)   // [batch], nats
///
/// Both networks train together: gradients of the density reach the summaries. To keep a network that is good already,
/// freeze it with `summaryNetwork.setTrainable(false)`; it then keeps its standardization and runs without dropout.
/// Standardizations of observations, summaries and events are part of the model. Copying the struct shares its parameters.
///
/// As a `ConditionalDistribution` its context is one tensor, `[*batch, *event]`, in which a mask is one feature more of
/// each element (`Observations.packed`).
///
/// - Complexity: one pass of the summary network for all that is asked of one conditioned distribution.
/// - Reference: Radev et al., *BayesFlow*, 2020. https://arxiv.org/abs/2003.06281
public struct SummarizedFlow: ConditionalDistribution {
  /// From observations to vectors.
  public let summaryNetwork: any SummaryNetwork
  /// From the units of observations to mean 0 and scale 1 of each feature or channel, padding apart.
  public let observationPreprocessing: StandardizationLayer
  /// The flow that summaries are the context of.
  public let flow: NormalizingFlow

  /// A model of two networks that there are.
  ///
  /// - Parameters:
  ///   - summaryNetwork: from observations to vectors.
  ///   - observationPreprocessing: the standardization that the network was trained with; nil for a new one.
  ///   - flow: one whose context has the size of a summary.
  /// - Precondition: sizes agree.
  public init(
    summaryNetwork: any SummaryNetwork, observationPreprocessing: StandardizationLayer? = nil, flow: NormalizingFlow
  ) {
    let features = summaryNetwork.form.features
    precondition(
      flow.contextFeatures == summaryNetwork.summaryFeatures
        && observationPreprocessing.map { $0.mean.value.elementCount == features } ?? true,
      "SummarizedFlow: expected a flow with a context of \(summaryNetwork.summaryFeatures) features, got "
        + "\(flow.contextFeatures), and a standardization of \(features)")
    self.summaryNetwork = summaryNetwork
    self.observationPreprocessing = observationPreprocessing ?? StandardizationLayer(features: features)
    self.flow = flow
  }

  /// A new model of a configuration, with drawn weights.
  ///
  /// - Throws: `FlowConfigurationError` for the first field that does not make sense.
  public init<Flow: FlowConfiguration>(
    _ configuration: Configuration<Flow>, using rng: inout RandomGenerator
  ) throws(FlowConfigurationError) {
    try configuration.validate()
    let network = configuration.summaryNetwork.makeNetwork(using: &rng)
    self.init(summaryNetwork: network, flow: try NormalizingFlow(configuration.flow, using: &rng))
  }

  /// Takes mean and scale of events, observations and summaries into the model. Call it with the training data before
  /// training.
  ///
  /// The observations' stay as they are when the summary network is frozen, as it was trained with them.
  ///
  /// - Parameters:
  ///   - x: `[count, features]`.
  ///   - observations: `count` of them.
  public func standardize(to x: Tensor, observations: Observations) {
    let form = summaryNetwork.form
    if !isSummaryFrozen {
      let values = observations.values.movingDimension(form.featureDimension, to: -1)
      let rows =
        observations.mask.map { values.flattened(to: -2).selecting($0.flattened().nonzero().flattened()) }
        ?? values.flattened(to: -2)
      observationPreprocessing.fit(to: rows)
    }
    flow.standardize(to: x, context: summaries(of: observations))
  }

  /// The summaries of observations, in training or in inference.
  ///
  /// - Parameters:
  ///   - observations: in their own units.
  ///   - layerContext: whether layers train, and their random numbers.
  /// - Returns: `[*batch, summaryFeatures]`.
  public func summarize(_ observations: Observations, _ layerContext: LayerContext = .inference) -> Tensor {
    let dimension = summaryNetwork.form.featureDimension
    let map = observationPreprocessing.bijection(given: nil, layerContext)
    let standardized = observations.mapValues {
      map.forward($0.movingDimension(dimension, to: -1)).movingDimension(-1, to: dimension)
    }
    return summaryNetwork(standardized, isSummaryFrozen ? .inference : layerContext)
  }

  /// The summaries of many observations, in pieces and without gradients: what a frozen network needs to be asked once only.
  ///
  /// - Parameters:
  ///   - observations: `[count, ...]`.
  ///   - chunkSize: how many are summarized at a time.
  /// - Returns: `[count, summaryFeatures]`, contexts of ``flow``.
  public func summaries(of observations: Observations, chunkSize: Int = 1024) -> Tensor {
    withoutGradient {
      let values = observations.values.split(size: chunkSize)
      let masks = observations.mask.map { $0.split(size: chunkSize).map(Optional.some) } ?? values.map { _ in nil }
      return .concatenating(zip(values, masks).map { summarize(Observations($0, mask: $1)) })
    }
  }

  /// The distributions of events given observations.
  ///
  /// - Parameters:
  ///   - observations: in their own units.
  ///   - layerContext: whether layers train, and their random numbers.
  /// - Returns: one distribution for each observation.
  public func conditioned(
    on observations: Observations, _ layerContext: LayerContext = .inference
  ) -> Transformed<StandardNormal, Chain> {
    flow.conditioned(on: summarize(observations, layerContext), layerContext)
  }

  /// The distributions of events given observations as one tensor.
  ///
  /// - Parameters:
  ///   - context: `[*batch, *event]`, as `Observations.packed` makes it.
  ///   - layerContext: whether layers train, and their random numbers.
  /// - Returns: one distribution for each observation.
  /// - Precondition: there is a context, of the summary network's form.
  public func conditioned(
    on context: Tensor?, _ layerContext: LayerContext
  ) -> Transformed<StandardNormal, Chain> {
    guard let context else { preconditionFailure("SummarizedFlow: expected observations, got none") }
    return conditioned(on: summaryNetwork.form.observations(from: context), layerContext)
  }

  /// Whether training leaves the summary network as it is.
  public var isSummaryFrozen: Bool { summaryNetwork.trainableParameters.isEmpty }

  /// Visits the observations' standardization, the summary network, then the flow.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(observationPreprocessing, named: "observationPreprocessing")
    visitor.visit(summaryNetwork, named: "summaryNetwork")
    visitor.visit(flow, named: "flow")
  }

  /// What is wrong with the buffers, by name, as after loading them from a damaged file; nil when all can be used.
  public var defect: String? {
    observationPreprocessing.defect.map { "observationPreprocessing.\($0)" } ?? flow.defect.map { "flow.\($0)" }
  }
}

extension SummarizedFlow {
  /// What makes a summarized flow: a value that a file can hold.
  public struct Configuration<Flow: FlowConfiguration>: Hashable, Sendable, Codable {
    /// The summary network and its settings.
    public var summaryNetwork: SummaryNetworkKind
    /// The flow; the size of its context is that of a summary.
    public var flow: Flow

    /// A network and a flow.
    public init(summaryNetwork: SummaryNetworkKind, flow: Flow) {
      self.summaryNetwork = summaryNetwork
      self.flow = flow
    }

    /// The number of elements of all parameters and buffers of the model.
    public var weightCount: Double {
      summaryNetwork.weightCount + 2 * Double(summaryNetwork.form.features) + flow.weightCount
    }

    /// Whether the values make sense, each alone and all together.
    ///
    /// - Throws: `FlowConfigurationError` for the first that does not.
    public func validate() throws(FlowConfigurationError) {
      do {
        try summaryNetwork.validate()
      } catch {
        throw .outOfRange(field: "summaryNetwork.\(error.field)", expected: error.expected, actual: error.actual)
      }
      try flow.validate()
      guard flow.contextFeatures == summaryNetwork.summaryFeatures else {
        throw .outOfRange(
          field: "flow.contextFeatures", expected: "the size of a summary, \(summaryNetwork.summaryFeatures)",
          actual: "\(flow.contextFeatures)")
      }
      guard weightCount <= Limit.weights else { throw .tooManyWeights(count: weightCount) }
    }
  }
}
