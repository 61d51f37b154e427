import NeuralNetworks
import Probability
import Torch

/// A layer of a flow that the fused kernel can take.
protocol FusibleLayer: FlowLayer {
  /// The layer as a step of the kernel; nil when it is not one in this context.
  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep?
  /// Why there is no step in training.
  var obstacle: String? { get }
}

extension FusibleLayer {
  var obstacle: String? { nil }
}

/// Layers of a flow, one after another, that run as one kernel where it takes the tensors, and composed elsewhere.
///
/// Composed is the reference: the bijections of the layers. It runs inside `withHigherDerivatives`, on other devices, for
/// other types of numbers, and for gradients of what goes level by level.
struct FusedRun: StandardNormalDensity {
  private let layers: [any FusibleLayer]
  private let kernel: FlowKernel
  private let context: Tensor?
  private let layerContext: LayerContext

  var domain: Support { .real(eventRank: 1) }
  var codomain: Support { .real(eventRank: 1) }

  /// The bijections of a flow's layers, neighbours that the kernel can take together as one.
  static func bijections(
    of layers: [any FlowLayer], features: Int, given context: Tensor?, _ layerContext: LayerContext
  ) -> [any Bijection] {
    var result: [any Bijection] = []
    var run: [(layer: any FusibleLayer, step: FlowKernelStep)] = []
    func finishRun() {
      if run.contains(where: { $0.step.hasNetwork }) {
        result.append(
          FusedRun(
            layers: run.map(\.layer), kernel: FlowKernel(run.map(\.step)), context: context, layerContext: layerContext)
        )
      } else {
        result += run.map { $0.layer.bijection(given: context, layerContext) }
      }
      run = []
    }
    for layer in layers {
      if let fusible = layer as? any FusibleLayer,
        let step = fusible.kernelStep(contextFeatures: context?.size(-1) ?? 0, layerContext),
        step.features == features
      {
        run.append((fusible, step))
      } else {
        finishRun()
        result.append(layer.bijection(given: context, layerContext))
      }
    }
    finishRun()
    return result
  }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    fused(x, isInverse: false) ?? composed.forwardWithLogDet(x)
  }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    fused(z, isInverse: true).map { ($0.z, $0.logDet) } ?? composed.inverseWithLogDet(z)
  }

  func forward(_ x: Tensor) -> Tensor { fused(x, isInverse: false)?.z ?? composed.forward(x) }

  func inverse(_ z: Tensor) -> Tensor { fused(z, isInverse: true)?.z ?? composed.inverse(z) }

  func standardNormalLogProb(_ x: Tensor) -> Tensor? {
    rows(x, isInverse: false).map { rows in
      let logProb = kernel.normalLogProb(rows.x, context: rows.context, seed: seed())
      return rows.batch.rank == 1 ? logProb : logProb.reshaped(rows.batch)
    }
  }

  private var composed: Chain { Chain(layers.map { $0.bijection(given: context, layerContext) }) }

  /// What decides the elements that a call drops: one draw a call.
  private func seed() -> UInt64 { kernel.isRandom ? layerContext.rng.next() : 0 }

  /// The kernel's result, nil where it does not apply.
  private func fused(_ x: Tensor, isInverse: Bool) -> (z: Tensor, logDet: Tensor)? {
    guard let (x, context, batch) = rows(x, isInverse: isInverse) else { return nil }
    let (value, logDet) = kernel(x, context: context, isInverse: isInverse, seed: seed())
    return batch.rank == 1
      ? (value, logDet) : (value.reshaped(batch + value.shape.trailing(1)), logDet.reshaped(batch))
  }

  /// Events and contexts as the kernel takes them, and their batch, to which both are stretched; nil where it does not.
  private func rows(_ x: Tensor, isInverse: Bool) -> (x: Tensor, context: Tensor?, batch: Shape)? {
    guard kernel.supports(x, context: context, isInverse: isInverse), x.rank > 0,
      let batch = Shape.broadcasting(x.shape.droppingTrailing(1), context?.shape.droppingTrailing(1) ?? [])
    else { return nil }
    func rows(_ tensor: Tensor) -> Tensor {
      if tensor.rank == 2 && tensor.shape.leading(1) == batch { return tensor }
      let features = tensor.size(-1)
      return tensor.broadcasted(to: batch + [features]).reshaped([batch.elementCount, features])
    }
    return (rows(x), context.map(rows), batch)
  }
}
