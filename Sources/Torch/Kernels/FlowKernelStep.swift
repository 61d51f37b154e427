import CKernels

/// One step of a flow as the fused kernel takes it, from data to code, and the tensors that it reads.
package struct FlowKernelStep {
  /// The network of a coupling or of an autoregressive step: linear layers with one nonlinearity between them.
  package struct Network {
    /// The nonlinearity.
    package enum Activation: Int32 { case relu, silu, tanh }

    let activation: Activation
    let layers: [(weight: Tensor, bias: Tensor)]
    let dropout: Double

    /// A network of linear layers, `[output, input]` and `[output]` each, that drops hidden elements with a probability;
    /// nil when it is deeper than the kernel takes.
    package init?(_ layers: [(weight: Tensor, bias: Tensor)], activation: Activation, dropout: Double) {
      guard (1...Int(CK_FLOW_MAXIMUM_DEPTH)).contains(layers.count) else { return nil }
      self.layers = layers
      self.activation = activation
      self.dropout = dropout
    }

    fileprivate var tensors: [Tensor] { layers.flatMap { [$0.weight, $0.bias] } }

    fileprivate func describe(in step: inout CKFlowStep) {
      step.activation = activation.rawValue
      step.depth = Int32(layers.count)
      step.dropout = dropout
      withUnsafeMutableBytes(of: &step.sizes) { bytes in
        for (size, layer) in zip(bytes.bindMemory(to: Int.self).indices, layers) {
          bytes.bindMemory(to: Int.self)[size] = layer.weight.size(0)
        }
      }
    }
  }

  /// The map of each feature in an autoregressive step.
  package enum FeatureMap {
    /// A shift.
    case shift
    /// A shift and a log-scale softly kept within log 1000.
    case affine
    /// A rational-quadratic spline.
    case spline(SplineKernel)
  }

  /// The number of features that the step expects.
  package let features: Int
  let settings: CKFlowStep
  let tensors: [Tensor]

  /// z = (x - mean) / scale, as `Standardization`. Mean and scale, `[features]`, get no gradients.
  package static func standardization(mean: Tensor, scale: Tensor) -> FlowKernelStep {
    FlowKernelStep(
      features: mean.elementCount, settings: CKFlowStep(CK_FLOW_STANDARDIZATION), tensors: [mean, scale])
  }

  /// Another order of the features, as `Permutation`.
  package static func permutation(order: Tensor) -> FlowKernelStep {
    FlowKernelStep(features: order.elementCount, settings: CKFlowStep(CK_FLOW_PERMUTATION), tensors: [order])
  }

  /// A rotation or reflection, as `Orthogonal`. The matrix, `[features, features]`, gets no gradient.
  package static func rotation(matrix: Tensor) -> FlowKernelStep {
    FlowKernelStep(features: matrix.size(0), settings: CKFlowStep(CK_FLOW_ROTATION), tensors: [matrix])
  }

  /// A shift and a matrix, as `Whitening`. They get no gradients.
  package static func whitening(
    mean: Tensor, matrix: Tensor, inverseMatrix: Tensor, logDeterminant: Tensor
  ) -> FlowKernelStep {
    FlowKernelStep(
      features: mean.elementCount, settings: CKFlowStep(CK_FLOW_WHITENING),
      tensors: [mean, matrix, inverseMatrix, logDeterminant])
  }

  /// Splines of all features, as `SplineCoupling`.
  package static func splineCoupling(
    features: Int, kept: Int, splines: SplineKernel, keptSplines: Tensor?, network: Network
  ) -> FlowKernelStep {
    var step = CKFlowStep(CK_FLOW_SPLINE_COUPLING)
    step.kept = kept
    step.describe(splines)
    network.describe(in: &step)
    return FlowKernelStep(
      features: features, settings: step, tensors: (keptSplines.map { [$0] } ?? []) + network.tensors)
  }

  /// Shifts and bounded scales of the features that are not kept, as `AffineCoupling`.
  package static func affineCoupling(features: Int, kept: Int, range: Tensor, network: Network) -> FlowKernelStep {
    var step = CKFlowStep(CK_FLOW_AFFINE_COUPLING)
    step.kept = kept
    network.describe(in: &step)
    return FlowKernelStep(features: features, settings: step, tensors: [range] + network.tensors)
  }

  /// A learned shift and log-scale of each feature, `[features]`, as `ActivationNormalization`.
  package static func scaling(shift: Tensor, logScale: Tensor) -> FlowKernelStep {
    FlowKernelStep(
      features: shift.elementCount, settings: CKFlowStep(CK_FLOW_SCALING), tensors: [shift, logScale])
  }

  /// The maps of features whose parameters a masked network gives, as `AutoregressiveLayer`.
  ///
  /// - Parameters:
  ///   - map: the map of each feature; its parameters lie side by side in the network's output.
  ///   - structure: what the network's outputs see.
  ///   - network: the network; masked weights are not read.
  ///   - isTurned: whether it is the inverse layer.
  /// - Returns: the step.
  package static func autoregressive(
    _ map: FeatureMap, structure: FlowKernelStructure, network: Network, isTurned: Bool
  ) -> FlowKernelStep {
    var step = CKFlowStep(CK_FLOW_AUTOREGRESSIVE)
    step.kept = structure.features
    step.levels = Int32(structure.levelCount)
    step.is_turned = isTurned
    switch map {
    case .shift: step.map = Int32(CK_FLOW_SHIFT.rawValue)
    case .affine: step.map = Int32(CK_FLOW_AFFINE.rawValue)
    case .spline(let splines):
      step.map = Int32(CK_FLOW_SPLINE.rawValue)
      step.describe(splines)
    }
    network.describe(in: &step)
    return FlowKernelStep(
      features: structure.features, settings: step, tensors: [structure.numbers] + network.tensors)
  }

  /// Whether it has a network: only such steps are worth a call.
  package var hasNetwork: Bool {
    settings.kind == CK_FLOW_SPLINE_COUPLING.rawValue || settings.kind == CK_FLOW_AFFINE_COUPLING.rawValue
      || settings.kind == CK_FLOW_AUTOREGRESSIVE.rawValue
  }

  /// Whether the step has gradients in a direction; level by level there are none.
  package func hasGradients(isInverse: Bool) -> Bool {
    settings.kind != CK_FLOW_AUTOREGRESSIVE.rawValue || settings.is_turned == isInverse
  }
}

extension CKFlowStep {
  fileprivate init(_ kind: CKFlowStepKind) {
    self.init()
    self.kind = Int32(kind.rawValue)
  }

  fileprivate mutating func describe(_ splines: SplineKernel) {
    bins = Int32(splines.bins)
    bound = splines.bound
    minimum_bin_size = splines.minimumBinSize
    minimum_slope = splines.minimumSlope
  }
}
