public import NeuralNetworks
public import Probability
public import Torch

/// A coupling whose transformed features are shifted and scaled, log-scales within a range that is learned.
///
/// - Complexity: one network pass in each direction.
/// - Reference: Dinh, Sohl-Dickstein, Bengio, *Density estimation using Real NVP*, 2017.
///   https://arxiv.org/abs/1605.08803 (section 3.2; the bound `exp(range * tanh(.))` as in section 4.1)
public struct AffineCoupling: FlowLayer {
  /// The number of features.
  public let features: Int
  /// The bound of the log-scale of each transformed feature; starts at 1.
  public let range: Parameter
  private let conditioner: Conditioner
  private var kept: Int { features / 2 }

  /// A coupling that keeps the first half of the features; it starts as the identity.
  ///
  /// - Precondition: `features > 0` and `contextFeatures >= 0`.
  public init(features: Int, contextFeatures: Int, options: CouplingOptions, using rng: inout RandomGenerator) {
    self.features = features
    let moved = features - features / 2
    range = Parameter(Tensor.ones([moved]))
    conditioner = Conditioner(
      inputFeatures: features / 2, contextFeatures: contextFeatures, outputFeatures: 2 * moved, options: options,
      using: &rng)
  }

  /// The coupling for contexts.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    let (conditioner, range, moved) = (conditioner, range.value, features - kept)
    return Coupling(features: features, kept: kept) { condition in
      let parameters = conditioner(condition, given: context, layerContext).split([moved, moved], -1)
      return BoundedAffine(shift: parameters[0], unboundedLogScale: parameters[1], range: range)
    }
  }

  /// Visits `range`, then the conditioner.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(range, named: "range")
    visitor.visit(conditioner, named: "conditioner")
  }
}

extension AffineCoupling: FusibleLayer {
  var obstacle: String? { conditioner.kernelObstacle }

  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    conditioner.kernelNetwork(kept: kept, contextFeatures: contextFeatures, layerContext).map {
      .affineCoupling(features: features, kept: kept, range: range.value, network: $0)
    }
  }
}
