public import NeuralNetworks
public import Probability
public import Torch

/// Layers of vectors that act on the channels of each pixel, the same at all pixels.
///
/// With ``ActivationNormalization`` it is the ActNorm of images, with ``LowerUpperLayer`` the invertible 1x1 convolution.
///
/// - Reference: Kingma, Dhariwal, *Glow: Generative Flow with Invertible 1x1 Convolutions*, 2018, section 3.
///   https://arxiv.org/abs/1807.03039
public struct PixelwiseLayers: DataInitializedLayer {
  /// The size of the image.
  public let shape: ImageShape
  /// The layers, of events of `shape.channels`, in the order from data to code.
  public let layers: [any FlowLayer]

  /// Layers for images of a size.
  ///
  /// - Precondition: there is at least one layer.
  public init(_ shape: ImageShape, _ layers: [any FlowLayer]) {
    precondition(!layers.isEmpty, "PixelwiseLayers: expected at least one layer, got none")
    self.shape = shape
    self.layers = layers
  }

  /// Shows the layers the pixels of all images.
  public func initialize(from data: Tensor, given context: Tensor?) {
    guard layers.areDataInitialized else { return }
    let pixels = shape.pixelVectors(data)
    layers.initialize(
      from: pixels.flattened(to: -2),
      given: context.map { $0.repeatingEach(shape.pixels, 0) })
  }

  /// The layers' bijections at each pixel, for contexts of images.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    let each = context?.unsqueezed(-2).unsqueezed(-2)
    return Pixelwise(shape: shape, base: Chain(layers.map { $0.bijection(given: each, layerContext) }))
  }

  /// The first of the layers', by the layer's number.
  public var defect: String? { layers.firstDefect }

  /// Visits the layers in order.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { layers.visit(&visitor) }
}

/// A map of channels at each pixel.
private struct Pixelwise: Bijection {
  let shape: ImageShape
  let base: Chain

  var domain: Support { .real(eventRank: 1) }
  var codomain: Support { .real(eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (z, logDet) = base.forwardWithLogDet(shape.pixelVectors(x))
    return (shape.event(ofPixelVectors: z), logDet.sumTrailing(2))
  }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let (x, logDet) = base.inverseWithLogDet(shape.pixelVectors(z))
    return (shape.event(ofPixelVectors: x), logDet.sumTrailing(2))
  }

  func forward(_ x: Tensor) -> Tensor { shape.event(ofPixelVectors: base.forward(shape.pixelVectors(x))) }

  func inverse(_ z: Tensor) -> Tensor { shape.event(ofPixelVectors: base.inverse(shape.pixelVectors(z))) }
}

extension ImageShape {
  /// Events as the vectors of pixels, `[*batch, height, width, channels]`.
  fileprivate func pixelVectors(_ x: Tensor) -> Tensor { image(x).movingDimension(-3, to: -1) }

  /// The events of vectors of pixels.
  fileprivate func event(ofPixelVectors vectors: Tensor) -> Tensor { vectors.movingDimension(-1, to: -3).flatImage() }
}

extension [any FlowLayer] {
  /// The first of the layers' defects, by the layer's number.
  var firstDefect: String? {
    enumerated().lazy.compactMap { index, layer in layer.defect.map { "\(index).\($0)" } }.first
  }

  /// Visits the layers in order, each under its number.
  func visit(_ visitor: inout some ParameterVisitor) {
    for (index, layer) in enumerated() { visitor.visit(layer, named: "\(index)") }
  }
}
