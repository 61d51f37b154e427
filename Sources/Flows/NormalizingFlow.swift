public import NeuralNetworks
public import Probability
public import Torch

/// A distribution of vectors: standard normal codes pushed through learned bijections, given a context or not.
///
///     var rng = RandomGenerator(seed: 1)
///     let flow = try NormalizingFlow(NeuralSplineFlow.Configuration(features: 2, contextFeatures: 3), using: &rng)
///     flow.standardize(to: x, context: context)
///     let logProb = flow.conditioned(on: context).logProb(x)          // [batch], nats, in the units of x
///     let draws = flow.conditioned(on: context).sample(using: &rng)   // [batch, 2]
///
/// Standardization of data and contexts is part of the model, as buffers. Copying the struct shares its parameters.
///
/// - Shapes: events `[features]`, contexts `[*batch, contextFeatures]`.
/// - Complexity: one pass of each layer's network for a density, and one for a sample.
public struct NormalizingFlow: ConditionalDistribution {
  /// The size of an event.
  public let features: Int
  /// The size of a context; 0 for a flow without context.
  public let contextFeatures: Int
  /// From the units of the data to mean 0 and scale or covariance 1.
  public let preprocessing: any PreprocessingLayer
  /// From the units of contexts to mean 0 and scale 1; nil for a flow without context.
  public let contextPreprocessing: StandardizationLayer?
  /// The learned steps, in the order from data to code.
  public let layers: [any FlowLayer]

  /// A flow of given steps.
  ///
  /// - Precondition: `features > 0` and `contextFeatures >= 0`.
  public init(
    features: Int, contextFeatures: Int = 0, preprocessing: Preprocessing = .standardize, layers: [any FlowLayer]
  ) {
    precondition(
      features > 0 && contextFeatures >= 0,
      "NormalizingFlow: expected at least one feature, got \(features) and a context of \(contextFeatures)")
    self.features = features
    self.contextFeatures = contextFeatures
    self.layers = layers
    self.preprocessing = preprocessing.layer(features: features)
    contextPreprocessing = contextFeatures > 0 ? StandardizationLayer(features: contextFeatures) : nil
  }

  /// A new flow of a configuration, with drawn weights.
  ///
  /// - Throws: `FlowConfigurationError` for the first field that does not make sense.
  public init(
    _ configuration: some FlowConfiguration, using rng: inout RandomGenerator
  ) throws(FlowConfigurationError) {
    try configuration.validate()
    self.init(
      features: configuration.features, contextFeatures: configuration.contextFeatures,
      preprocessing: configuration.preprocessing, layers: configuration.makeLayers(using: &rng))
  }

  /// Takes mean and scale of data, and of contexts, into the model. Call it with the training data before training.
  ///
  /// - Parameters:
  ///   - x: `[count, features]`.
  ///   - context: `[count, contextFeatures]`; nil for a flow without context.
  ///   - range: where all numbers lie, those of other rows too, which the preprocessing by a logit wants to know; nil for the
  ///     range of `x`.
  public func standardize(to x: Tensor, context: Tensor? = nil, within range: ClosedRange<Double>? = nil) {
    checkContext(context)
    preprocessing.fit(to: x, within: range)
    if let context { contextPreprocessing?.fit(to: context) }
    initializeLayers(from: x, given: context)
  }

  /// Shows data, as the layers before map them, to each layer whose start depends on them: evenly spaced rows where all of
  /// them would be more numbers than a start needs.
  private func initializeLayers(from x: Tensor, given context: Tensor?) {
    guard layers.areDataInitialized else { return }
    let most = max(2, Self.mostInitializingNumbers / features)
    let spacing = (x.size(0) + most - 1) / most
    func thinned(_ rows: Tensor) -> Tensor { spacing > 1 ? rows[.slice(step: spacing)] : rows }
    withoutGradient {
      let given = contextPreprocessing.flatMap { layer in
        context.map { layer.bijection(given: nil, .inference).forward(thinned($0)) }
      }
      layers.initialize(from: preprocessing.bijection(given: nil, .inference).forward(thinned(x)), given: given)
    }
  }

  private static let mostInitializingNumbers = 1 << 21

  /// The distributions of contexts.
  ///
  /// - Parameters:
  ///   - context: `[*batch, contextFeatures]`; nil for a flow without context.
  ///   - layerContext: whether layers train, and their random numbers.
  /// - Returns: one distribution of `[features]` for each row of the context.
  /// - Precondition: there is a context exactly when `contextFeatures` is not 0.
  public func conditioned(
    on context: Tensor?, _ layerContext: LayerContext
  ) -> Transformed<StandardNormal, Chain> {
    checkContext(context)
    let given = contextPreprocessing.flatMap { layer in
      context.map { layer.bijection(given: nil, layerContext).forward($0) }
    }
    let steps = FusedRun.bijections(
      of: [preprocessing] + layers, features: features, given: given, layerContext)
    let base = StandardNormal(
      [features], batchShape: context?.shape.droppingTrailing(1) ?? [], dtype: preprocessing.mean.value.dtype,
      device: preprocessing.mean.value.device)
    return Transformed(base, through: Chain(steps))
  }

  /// The code of data.
  ///
  /// - Parameters:
  ///   - x: `[*batch, features]`.
  ///   - context: nil for a flow without context.
  /// - Returns: codes, `[*batch, features]`.
  public func encode(_ x: Tensor, given context: Tensor? = nil) -> Tensor {
    conditioned(on: context).map.forward(x)
  }

  /// The data of a code.
  ///
  /// - Parameters:
  ///   - z: `[*batch, features]`.
  ///   - context: nil for a flow without context.
  /// - Returns: data, `[*batch, features]`.
  public func decode(_ z: Tensor, given context: Tensor? = nil) -> Tensor {
    conditioned(on: context).map.inverse(z)
  }

  /// Visits the preprocessing, then the layers in order.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(preprocessing, named: "preprocessing")
    if let contextPreprocessing { visitor.visit(contextPreprocessing, named: "contextPreprocessing") }
    for (index, layer) in layers.enumerated() { visitor.visit(layer, named: "layers.\(index)") }
  }

  /// What is wrong with the buffers, by name, as after loading them from a damaged file; nil when all can be used.
  public var defect: String? {
    func named(_ name: String, _ layer: any FlowLayer) -> String? { layer.defect.map { "\(name).\($0)" } }
    if let defect = named("preprocessing", preprocessing) { return defect }
    if let defect = contextPreprocessing.flatMap({ named("contextPreprocessing", $0) }) { return defect }
    return layers.enumerated().lazy.compactMap { named("layers.\($0)", $1) }.first
  }

  private func checkContext(_ context: Tensor?) {
    precondition(
      context.map { $0.rank > 0 && $0.size(-1) == contextFeatures } ?? (contextFeatures == 0),
      "NormalizingFlow: expected a context of \(contextFeatures) features, got "
        + (context.map { "shape \($0.shape)" } ?? "none"))
  }
}

/// What makes a new flow: a value that a file can hold.
///
/// To implement one: a struct whose fields are all used, so that an option without effect cannot exist.
public protocol FlowConfiguration: Hashable, Sendable, Codable {
  /// The size of an event.
  var features: Int { get }
  /// The size of a context; 0 for a flow without context.
  var contextFeatures: Int { get }
  /// What happens to data before the learned steps.
  var preprocessing: Preprocessing { get }
  /// The number of elements of all parameters and buffers of the flow, preprocessing included.
  ///
  /// It is computed without building anything and must not trap whatever the sizes, hence a real number. A file with
  /// much fewer is refused before the flow is built.
  var weightCount: Double { get }
  /// Whether the values make sense, each alone and all together.
  ///
  /// - Throws: `FlowConfigurationError` for the first that does not.
  func validate() throws(FlowConfigurationError)
  /// New layers with drawn weights, in the order from data to code; the configuration is valid.
  func makeLayers(using rng: inout RandomGenerator) -> [any FlowLayer]
}
