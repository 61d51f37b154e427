public import NeuralNetworks
public import Torch

/// The kind and size of the network that gives a coupling its parameters.
public enum ConditionerNetwork: Hashable, Sendable, Codable {
  /// Linear layers of these sizes with a nonlinearity between them.
  case multilayerPerceptron(hiddenFeatures: [Int])
  /// Residual blocks of two layers each.
  case residual(hiddenFeatures: Int, blocks: Int)
}

/// What gives a coupling its parameters: a network of the kept features and the context, or, when there is neither,
/// free parameters. It starts at zero, where couplings are the identity.
public struct Conditioner: Module {
  private enum Kind {
    case network(any ConditionalLayer)
    case free(Parameter)
  }

  /// The number of parameters for each event.
  public let outputFeatures: Int
  private let kind: Kind

  /// A conditioner whose last layer is zero.
  ///
  /// - Parameters:
  ///   - inputFeatures: the number of kept features; may be 0.
  ///   - contextFeatures: the size of the context; may be 0.
  ///   - outputFeatures: the number of parameters for each event.
  ///   - options: the network.
  ///   - rng: the source of random weights.
  public init(
    inputFeatures: Int, contextFeatures: Int, outputFeatures: Int, options: CouplingOptions,
    using rng: inout RandomGenerator
  ) {
    self.outputFeatures = outputFeatures
    guard inputFeatures + contextFeatures > 0 else {
      kind = .free(Parameter(Tensor.zeros([outputFeatures])))
      return
    }
    switch options.network {
    case .multilayerPerceptron(let hiddenFeatures):
      kind = .network(
        MultilayerPerceptron(
          inputFeatures: inputFeatures, contextFeatures: contextFeatures, hidden: hiddenFeatures,
          outputFeatures: outputFeatures, activation: options.activation, dropout: options.dropout, startsAtZero: true,
          using: &rng))
    case .residual(let hiddenFeatures, let blocks):
      kind = .network(
        ResidualMultilayerPerceptron(
          inputFeatures: inputFeatures, contextFeatures: contextFeatures, hiddenFeatures: hiddenFeatures,
          blockCount: blocks, outputFeatures: outputFeatures, activation: options.activation,
          dropout: options.dropout, startsAtZero: true, using: &rng))
    }
  }

  /// The parameters for kept features and contexts, `[*batch, outputFeatures]`, or `[outputFeatures]` when they depend
  /// on nothing.
  public func callAsFunction(_ kept: Tensor, given context: Tensor?, _ layerContext: LayerContext) -> Tensor {
    switch kind {
    case .free(let parameter): return parameter.value
    case .network(let network):
      guard let context else { return network(kept, given: nil, layerContext) }
      let (ours, theirs) = (kept.shape.droppingTrailing(1), context.shape.droppingTrailing(1))
      guard ours != theirs else { return network(kept, given: context, layerContext) }
      guard let batch = Shape.broadcasting(ours, theirs) else {
        preconditionFailure("Conditioner: expected features and contexts of one batch, got \(ours) and \(theirs)")
      }
      return network(
        kept.broadcasted(to: batch + kept.shape.trailing(1)),
        given: context.broadcasted(to: batch + context.shape.trailing(1)), layerContext)
    }
  }

  /// The network as the fused kernel takes it; nil for one that it does not: residual, of other nonlinearities,
  /// deeper, or of another context than the flow's.
  func kernelNetwork(kept: Int, contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep.Network? {
    guard case .network(let network) = kind, let perceptron = network as? MultilayerPerceptron,
      perceptron.layers.first?.inputFeatures == kept + contextFeatures,
      let activation = perceptron.activation.kernelActivation
    else { return nil }
    let layers = perceptron.layers.compactMap { layer in
      layer.bias.map { (weight: layer.weight.value, bias: $0.value) }
    }
    return layers.count == perceptron.layers.count
      ? FlowKernelStep.Network(
        layers, activation: activation, dropout: layerContext.isTraining ? perceptron.dropout.probability : 0) : nil
  }

  /// Why the fused kernel does not take the network in training; nil when it does.
  var kernelObstacle: String? {
    guard case .network(let network) = kind else { return "there is no network" }
    guard let perceptron = network as? MultilayerPerceptron else { return "the network is residual" }
    guard let activation = perceptron.activation.kernelActivation else {
      return "the activation is \(perceptron.activation.rawValue), not relu, silu or tanh"
    }
    let layers = perceptron.layers.map { (weight: $0.weight.value, bias: $0.weight.value) }
    return FlowKernelStep.Network(layers, activation: activation, dropout: 0) == nil
      ? "the network has \(layers.count) linear layers" : nil
  }

  /// Visits the network, or the free parameters.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    switch kind {
    case .network(let network): visitor.visit(network, named: "network")
    case .free(let parameter): visitor.visit(parameter, named: "free")
    }
  }
}

extension Activation {
  /// The nonlinearity as the fused kernel names it; nil when it has none.
  var kernelActivation: FlowKernelStep.Network.Activation? {
    switch self {
    case .relu: .relu
    case .silu: .silu
    case .tanh: .tanh
    case .gelu, .elu, .leakyRelu, .sigmoid, .identity: nil
    }
  }
}
