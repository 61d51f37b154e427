public import NeuralNetworks
public import Probability
public import Torch

/// A layer whose start depends on data: the flow shows it the training data as the layers before it map them.
public protocol DataInitializedLayer: FlowLayer {
  /// Sets the parameters from data.
  ///
  /// - Parameters:
  ///   - data: `[count, features]`.
  ///   - context: standardized contexts, `[count, contextFeatures]`; nil for a flow without context.
  func initialize(from data: Tensor, given context: Tensor?)
}

extension [any FlowLayer] {
  /// Whether the start of one of the layers depends on data.
  var areDataInitialized: Bool { contains { $0 is any DataInitializedLayer } }

  /// Shows data, as the layers before map them, to each layer whose start depends on them.
  func initialize(from data: Tensor, given context: Tensor?) {
    guard areDataInitialized else { return }
    var data = data
    for layer in self {
      (layer as? any DataInitializedLayer)?.initialize(from: data, given: context)
      let map = layer.bijection(given: context, .inference)
      data = map.forward(data)
    }
  }
}

/// A learned shift and scale of each feature that start by making the training data's mean 0 and their spread 1 (ActNorm).
///
/// - Reference: Kingma, Dhariwal, *Glow: Generative Flow with Invertible 1x1 Convolutions*, 2018, section 3.1.
///   https://arxiv.org/abs/1807.03039
public struct ActivationNormalization: DataInitializedLayer {
  /// The code of 0, `[features]`.
  public let shift: Parameter
  /// The logarithm of the slope, `[features]`.
  public let logScale: Parameter

  /// The identity of a number of features.
  public init(features: Int) {
    shift = Parameter(.zeros([features]))
    logScale = Parameter(.zeros([features]))
  }

  /// Makes the mean of data 0 and their standard deviation 1; a constant feature keeps the scale 1.
  ///
  /// - Parameters:
  ///   - data: `[count, features]`, at least one row.
  ///   - context: does not matter.
  public func initialize(from data: Tensor, given context: Tensor?) {
    let standardization = StandardizationLayer(features: shift.elementCount)
    standardization.fit(to: data)
    let (mean, scale) = (standardization.mean.value, standardization.scale.value)
    logScale.assign(-scale.log())
    shift.assign(-mean / scale)
  }

  /// The shift and scale; they do not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    Elementwise(BoundedAffine(shift: shift.value, logScale: logScale.value))
  }

  /// Visits `shift`, then `logScale`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(shift, named: "shift")
    visitor.visit(logScale, named: "logScale")
  }
}

extension ActivationNormalization: FusibleLayer {
  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    .scaling(shift: shift.value, logScale: logScale.value)
  }
}
