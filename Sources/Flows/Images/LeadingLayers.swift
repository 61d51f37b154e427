public import NeuralNetworks
public import Probability
public import Torch

/// Layers that act on the leading features of an event; the others are code already.
///
/// The split of a multi-scale flow: the leading features of an image are its first channels.
///
/// - Reference: Dinh, Sohl-Dickstein, Bengio, *Density estimation using Real NVP*, 2017.
///   https://arxiv.org/abs/1605.08803 (section 3.6)
public struct LeadingLayers: DataInitializedLayer {
  /// The number of features that the layers act on.
  public let count: Int
  /// The layers, in the order from data to code.
  public let layers: [any FlowLayer]

  /// Layers of the first `count` features.
  ///
  /// - Precondition: there is at least one feature, and one layer.
  public init(_ count: Int, _ layers: [any FlowLayer]) {
    precondition(
      count > 0 && !layers.isEmpty,
      "LeadingLayers: expected at least one feature and one layer, got \(count) and \(layers.count)")
    self.count = count
    self.layers = layers
  }

  /// Shows the layers their features.
  public func initialize(from data: Tensor, given context: Tensor?) {
    layers.initialize(from: data.narrowed(-1, from: 0, length: count), given: context)
  }

  /// The layers' bijections of the leading features, the identity of the others.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    Leading(count: count, base: Chain(layers.map { $0.bijection(given: context, layerContext) }))
  }

  /// The first of the layers', by the layer's number.
  public var defect: String? { layers.firstDefect }

  /// Visits the layers in order.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { layers.visit(&visitor) }
}

/// A map of the leading features.
private struct Leading: Bijection {
  let count: Int
  let base: Chain

  var domain: Support { .real(eventRank: 1) }
  var codomain: Support { .real(eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (z, logDet) = base.forwardWithLogDet(leading(x))
    return (joined(z, x), logDet)
  }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let (x, logDet) = base.inverseWithLogDet(leading(z))
    return (joined(x, z), logDet)
  }

  func forward(_ x: Tensor) -> Tensor { joined(base.forward(leading(x)), x) }

  func inverse(_ z: Tensor) -> Tensor { joined(base.inverse(leading(z)), z) }

  private func leading(_ x: Tensor) -> Tensor { x.narrowed(-1, from: 0, length: count) }

  private func joined(_ leading: Tensor, _ whole: Tensor) -> Tensor {
    let rest = whole.narrowed(-1, from: count, length: whole.size(-1) - count)
    // Fewer events than contexts: the others are the same for several.
    return .concatenating(
      [leading, rest.broadcasted(to: leading.shape.droppingTrailing(1) + rest.shape.trailing(1))], -1)
  }
}
