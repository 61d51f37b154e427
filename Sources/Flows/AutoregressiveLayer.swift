public import NeuralNetworks
public import Probability
public import Torch

/// Sends each feature through a monotone map whose parameters a masked network gives for the feature's parents and the
/// context.
///
/// With one feature a level this is the layer of masked autoregressive flows; with two levels it is a coupling; with the
/// parents of a directed graph it is a causal layer, whose Jacobian is 0 where the graph has no path.
///
/// - Complexity: density one network pass. Sampling one pass too, cut into as many slices as there are levels, each with
///   one call of the map.
/// - Reference: Papamakarios, Pavlakou, Murray, *Masked Autoregressive Flow for Density Estimation*, 2017.
///   https://arxiv.org/abs/1705.07057
public struct AutoregressiveLayer: FlowLayer {
  /// The map of each feature.
  public let transform: FeatureTransform
  /// Which features each feature's map depends on.
  public let structure: AutoregressiveStructure
  let parameters: ParameterNetwork
  /// What the network's units see, for the fused kernel; nil for a graph, where it is more than a part of the order.
  let kernelStructure: FlowKernelStructure?

  /// A layer that starts as the identity, or close to it where the transform has no identity.
  ///
  /// - Parameters:
  ///   - structure: the parents of each feature.
  ///   - contextFeatures: the size of the context.
  ///   - transform: the map of each feature.
  ///   - hidden: the sizes between the layers of the network.
  ///   - activation: the nonlinearity of the network.
  ///   - dropout: the probability that a hidden element is dropped in training.
  ///   - rng: the source of random weights.
  /// - Precondition: there is at least one feature and `contextFeatures >= 0`.
  public init(
    structure: AutoregressiveStructure, contextFeatures: Int = 0, transform: FeatureTransform,
    hidden: [Int] = [64, 64],
    activation: Activation = .relu, dropout: Double = 0, using rng: inout RandomGenerator
  ) {
    self.transform = transform
    self.structure = structure
    if contextFeatures > 0 || structure.parents.contains(where: { !$0.isEmpty }) {
      let network = MaskedMultilayerPerceptron(
        structure: structure.sorted, groupSize: transform.parameterCount, contextFeatures: contextFeatures,
        hidden: hidden, activation: activation, dropout: dropout, startsAtZero: true, using: &rng)
      parameters = .network(network)
      kernelStructure =
        structure == AutoregressiveStructure(levels: structure.levels)
        ? FlowKernelStructure(
          order: structure.order, levels: network.structure.levels, unitLevels: network.unitLevels) : nil
    } else {
      kernelStructure = nil
      parameters = .free(Parameter(.zeros([structure.features, transform.parameterCount])))
    }
  }

  /// The map for contexts.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    switch parameters {
    case .free(let parameter): return Elementwise(transform.bijection(parameter.value))
    case .network(let network):
      return AutoregressiveBijection(
        transform: transform, network: network, structure: structure, context: context, layerContext: layerContext)
    }
  }

  /// The connections of the network's layers.
  var masks: [Tensor] {
    switch parameters {
    case .network(let network): network.layers.map(\.mask)
    case .free: []
    }
  }

  /// Visits the network, or the free parameters.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    switch parameters {
    case .network(let network): visitor.visit(network, named: "network")
    case .free(let parameter): visitor.visit(parameter, named: "free")
    }
  }

  /// Where the maps' parameters come from: features that depend on nothing have free ones.
  enum ParameterNetwork {
    case network(MaskedMultilayerPerceptron)
    case free(Parameter)
  }
}
