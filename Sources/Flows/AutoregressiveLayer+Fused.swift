import NeuralNetworks
import Probability
import Torch

extension AutoregressiveLayer: FusibleLayer {
  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    kernelStep(contextFeatures: contextFeatures, layerContext, isTurned: false)
  }

  /// The layer, or its inverse, as a step of the kernel.
  fileprivate func kernelStep(
    contextFeatures: Int, _ layerContext: LayerContext, isTurned: Bool
  ) -> FlowKernelStep? {
    guard case .network(let network) = parameters, let kernelStructure, let map = transform.kernelMap,
      network.contextFeatures == contextFeatures, let activation = network.activation.kernelActivation
    else { return nil }
    let layers = network.layers.compactMap { layer in
      layer.bias.map { (weight: layer.weight.value, bias: $0.value) }
    }
    let dropout = layerContext.isTraining ? network.dropout.probability : 0
    guard layers.count == network.layers.count,
      let linear = FlowKernelStep.Network(layers, activation: activation, dropout: dropout)
    else { return nil }
    return .autoregressive(map, structure: kernelStructure, network: linear, isTurned: isTurned)
  }

  var obstacle: String? {
    guard case .network(let network) = parameters else { return "there is no network" }
    if kernelStructure == nil { return "the features depend on one another by a graph" }
    if transform.kernelMap == nil { return "the kernel has no \(transform)" }
    if network.activation.kernelActivation == nil {
      return "the activation is \(network.activation.rawValue), not relu, silu or tanh"
    }
    return "the network has \(network.layers.count) linear layers"
  }
}

extension InverseLayer: FusibleLayer where Base == AutoregressiveLayer {
  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    base.kernelStep(contextFeatures: contextFeatures, layerContext, isTurned: true)
  }

  var obstacle: String? { base.kernelStructure == nil ? base.obstacle : "its density goes level by level" }
}

extension FeatureTransform {
  /// The map as the fused kernel knows it; nil when it does not.
  fileprivate var kernelMap: FlowKernelStep.FeatureMap? {
    switch self {
    case .additive: return .shift
    case .affine: return .affine
    case .rationalQuadraticSpline(let bins, let bound):
      let form = RationalQuadraticSpline.Form(bins: bins, bound: bound)
      return .spline(
        SplineKernel(
          bins: bins, bound: bound, minimumBinSize: form.minimumBinSize, minimumSlope: form.minimumSlope))
    case .squashedSpline, .linearRationalSpline, .gaussianMixture, .sumOfSquares: return nil
    }
  }
}
