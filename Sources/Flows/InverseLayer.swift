public import NeuralNetworks
public import Probability
public import Torch

/// A layer the other way round: its density costs what the base's sampling costs, and its sampling what the base's density
/// costs.
///
/// - Reference: Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling, *Improved Variational Inference with Inverse
///   Autoregressive Flow*, 2016. https://arxiv.org/abs/1606.04934
public struct InverseLayer<Base: FlowLayer>: FlowLayer {
  /// The layer that is turned round.
  public let base: Base

  /// Turns a layer round.
  public init(_ base: Base) { self.base = base }

  /// The inverse of the base's map.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    func inverted(_ map: some Bijection) -> any Bijection { map.inverted }
    return inverted(base.bijection(given: context, layerContext))
  }

  /// The base's.
  public var defect: String? { base.defect }

  /// Visits what the base visits.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { base.visitParameters(&visitor) }
}
