import NeuralNetworks
import Torch

extension NormalizingFlow {
  /// Which layers training runs as composed operations instead of as parts of one kernel, several times slower, and why: a
  /// line for each, such as "layers.2: the network is residual". Empty when the kernel takes all.
  public var composedLayers: [String] {
    let device = preprocessing.mean.value.device
    if device != .cpu { return ["all layers: the kernel is for the processor, not for \(device)"] }
    guard FlowKernel.isWanted else { return ["all layers: this build is without optimization"] }
    let context = LayerContext(training: RandomGenerator(seed: 0))
    var named: [(name: String, layer: any FlowLayer)] = [("preprocessing", preprocessing)]
    for (index, layer) in layers.enumerated() { named.append(("layers.\(index)", layer)) }
    return named.compactMap { name, layer in
      guard let fusible = layer as? any FusibleLayer else { return "\(name): \(type(of: layer)) has no kernel" }
      let step = fusible.kernelStep(contextFeatures: contextFeatures, context)
      guard step?.hasGradients(isInverse: false) != true else { return nil }
      return "\(name): \(fusible.obstacle ?? "its context is not that of the flow")"
    }
  }
}
