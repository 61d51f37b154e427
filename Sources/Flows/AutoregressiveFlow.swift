public import NeuralNetworks
public import Torch

/// A normalizing flow of autoregressive layers: masked networks give each feature's monotone map, given its parents.
///
/// More flexible than couplings of the same size, and the density costs the same; sampling goes feature by feature. By the
/// transform, the number of levels, the graph and the direction it is a masked autoregressive flow (MAF), an inverse one
/// (IAF), an autoregressive neural spline flow, NICE, MADE, a causal flow or a Gaussianization.
///
///     let flow = try NormalizingFlow(AutoregressiveFlow.Configuration(features: 6, transform: .affine), using: &rng)
///
/// - Complexity: a density is `layers` network passes. So is a sample, cut into `levels` slices a layer.
/// - Reference: Papamakarios, Pavlakou, Murray, *Masked Autoregressive Flow for Density Estimation*, 2017.
///   https://arxiv.org/abs/1705.07057
public enum AutoregressiveFlow {
  /// What makes an autoregressive flow.
  public struct Configuration: FlowConfiguration {
    /// The size of an event.
    public var features: Int
    /// The size of a context; 0 for a flow without context.
    public var contextFeatures: Int
    /// What happens to data before the layers.
    public var preprocessing: Preprocessing
    /// The number of autoregressive layers.
    public var layers: Int
    /// The sizes between the layers of each network.
    public var hiddenFeatures: [Int]
    /// The nonlinearity of the networks.
    public var activation: Activation
    /// The probability that a hidden element is dropped in training.
    public var dropout: Double
    /// The monotone map of each feature.
    public var transform: FeatureTransform
    /// How many slices features are cut into, each of which depends on those before: 0 for one a feature, 2 for
    /// couplings, 1 for features that depend on nothing but the context.
    public var levels: Int
    /// What mixes features between layers.
    public var mixing: Mixing
    /// Whether a layer with the data's mean and spread (ActNorm) comes before each autoregressive one.
    public var normalizesActivations: Bool
    /// Whether layers run the other way round, so that sampling is one pass and the density goes feature by feature.
    public var isInverse: Bool
    /// The features that each feature depends on, a directed graph without circles; empty for a structure by `levels`.
    public var parents: [[Int]]

    /// Five affine layers, features in reversed order from one to the next, unless told otherwise.
    public init(
      features: Int, contextFeatures: Int = 0, preprocessing: Preprocessing = .standardize, layers: Int = 5,
      hiddenFeatures: [Int] = [64, 64], activation: Activation = .relu, dropout: Double = 0,
      transform: FeatureTransform = .affine, levels: Int = 0, mixing: Mixing = .reversal,
      normalizesActivations: Bool = false, isInverse: Bool = false, parents: [[Int]] = []
    ) {
      self.features = features
      self.contextFeatures = contextFeatures
      self.preprocessing = preprocessing
      self.layers = layers
      self.hiddenFeatures = hiddenFeatures
      self.activation = activation
      self.dropout = dropout
      self.transform = transform
      self.levels = levels
      self.mixing = mixing
      self.normalizesActivations = normalizesActivations
      self.isInverse = isInverse
      self.parents = parents
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `FlowConfigurationError` for the first that does not.
    public func validate() throws(FlowConfigurationError) {
      try validateFeatures()
      try checkRange("layers", layers, in: 1...Limit.layers)
      try checkHiddenFeatures("hiddenFeatures", hiddenFeatures)
      try checkDropout(dropout)
      try transform.validate()
      try checkRange("levels", levels, in: 0...features)
      try validateWeightCount()
      try validateParents()
    }

    private func validateParents() throws(FlowConfigurationError) {
      guard !parents.isEmpty else { return }
      guard parents.count == features else {
        throw .outOfRange(
          field: "parents", expected: "one list for each of \(features) features", actual: "\(parents.count) lists")
      }
      do { _ = try AutoregressiveStructure(parents: parents) } catch {
        throw .outOfRange(field: "parents", expected: "a directed graph without circles", actual: "\(error)")
      }
      // A unit sees the parents of one feature: with fewer units than features, some would see nothing.
      if let small = hiddenFeatures.first(where: { $0 < features }) {
        throw .outOfRange(
          field: "hiddenFeatures", expected: "sizes of at least \(features), one unit for each feature of the graph",
          actual: "\(small)")
      }
      guard mixing == .unmixed else {
        throw .outOfRange(field: "mixing", expected: "none, so that the graph stays", actual: mixing.rawValue)
      }
      guard preprocessing == .standardize else {
        throw .outOfRange(
          field: "preprocessing", expected: "standardize, so that the graph stays", actual: preprocessing.rawValue)
      }
    }

    /// The number of elements of all parameters and buffers of the flow.
    public var weightCount: Double {
      let (size, context) = (Double(features), Double(contextFeatures))
      let sizes = [size + context] + hiddenFeatures.map(Double.init) + [size * Double(transform.parameterCount)]
      let network =
        dependsOnNothing ? sizes[sizes.count - 1] : zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
      let layer = network + (normalizesActivations ? 2 * size : 0)
      let mixed = features > 1 ? mixing.weightCount(features: size) : 0
      return preprocessing.weightCount(features: size) + 2 * context + Double(layers) * layer
        + Double(layers - 1) * mixed
    }

    private var dependsOnNothing: Bool {
      contextFeatures == 0 && (parents.isEmpty ? features == 1 || levels == 1 : parents.allSatisfy(\.isEmpty))
    }

    /// Autoregressive layers with mixing between them.
    public func makeLayers(using rng: inout RandomGenerator) -> [any FlowLayer] {
      let count = levels == 0 ? features : levels
      let structure =
        (parents.isEmpty ? nil : try? AutoregressiveStructure(parents: parents))
        ?? AutoregressiveStructure(order: Array(0..<features), levels: count)
      let steps = mixing.interleaved(
        layers, features: features, keeping: max(features / 2, min(features - 1, 1)), using: &rng
      ) { rng in
        let layer = AutoregressiveLayer(
          structure: structure, contextFeatures: contextFeatures, transform: transform, hidden: hiddenFeatures,
          activation: activation, dropout: dropout, using: &rng)
        return isInverse ? InverseLayer(layer) : layer
      }
      guard normalizesActivations else { return steps }
      return steps.flatMap { step -> [any FlowLayer] in
        step is AutoregressiveLayer || step is InverseLayer<AutoregressiveLayer>
          ? [ActivationNormalization(features: features), step] : [step]
      }
    }
  }
}
