import CKernels
import CTorch

/// Rational-quadratic splines in one call each way, with gradients; `RationalQuadraticSpline` is the reference.
package struct SplineKernel {
  /// The number of pieces.
  package var bins: Int
  /// The box is [-bound, bound].
  package var bound: Double
  /// The least width and height of a bin, as a fraction of the box.
  package var minimumBinSize: Double
  /// The least slope at a knot.
  package var minimumSlope: Double

  /// The form of the splines.
  package init(bins: Int, bound: Double, minimumBinSize: Double, minimumSlope: Double) {
    self.bins = bins
    self.bound = bound
    self.minimumBinSize = minimumBinSize
    self.minimumSlope = minimumSlope
  }

  /// Whether the kernel takes these tensors: of one floating-point type, on the processor, where first derivatives are
  /// enough.
  package func supports(_ tensors: [Tensor]) -> Bool {
    let dtype = tensors.first?.dtype
    return bins <= Int(CK_SPLINE_MAXIMUM_BINS) && (dtype == .float32 || dtype == .float64)
      && !needsHigherDerivatives() && tensors.allSatisfy { $0.dtype == dtype && $0.device == .cpu }
  }

  /// The values and the logarithms of the slopes.
  ///
  /// - Parameters:
  ///   - x: `[rows, features]`.
  ///   - kept: the parameters of splines that are the same in every row, `[kept, 3 bins - 1]`; may have no rows.
  ///   - moved: those of the other features, `[rows, features - kept, 3 bins - 1]`.
  ///   - isInverse: whether to go from the splines' values to their arguments.
  /// - Returns: both `[rows, features]`.
  /// - Precondition: the kernel supports the tensors, and the shapes agree.
  package func callAsFunction(
    _ x: Tensor, kept: Tensor, moved: Tensor, isInverse: Bool
  ) -> (value: Tensor, logSlope: Tensor) {
    let size = 3 * bins - 1
    precondition(
      x.rank == 2 && kept.shape == [kept.size(0), size]
        && moved.shape == [x.size(0), x.size(1) - kept.size(0), size],
      "SplineKernel: got \(x.shape), \(kept.shape) and \(moved.shape) for \(bins) bins")
    var spline = CKSpline(
      rows: x.size(0), features: x.size(1), kept: kept.size(0), bins: Int32(bins), is_wide: x.dtype == .float64,
      is_inverse: isInverse, bound: bound, minimum_bin_size: minimumBinSize, minimum_slope: minimumSlope)
    let inputs = [x.contiguous(), kept.contiguous(), moved.contiguous()]
    let outputs = [Tensor.empty(x.shape, dtype: x.dtype), Tensor.empty(x.shape, dtype: x.dtype)]
    defer { withExtendedLifetime((inputs, outputs)) {} }
    ck_spline(
      &spline, ct_data(inputs[0].raw), ct_data(inputs[1].raw), ct_data(inputs[2].raw), ct_data(outputs[0].raw),
      ct_data(outputs[1].raw))
    Tensor.recordKernel(outputs, from: inputs, saving: [outputs[0]], ck_spline_backward, settings: spline)
    return (outputs[0], outputs[1])
  }
}

extension Tensor {
  /// Memory whose content is undefined, for a kernel to fill.
  static func empty(_ shape: Shape, dtype: DType) -> Tensor {
    Operation.empty_memory_format(shape.sizes, dtype: dtype, device: .cpu)
  }

  /// Makes a kernel's results remember how they came, when gradients are recorded.
  static func recordKernel<Settings: BitwiseCopyable>(
    _ outputs: [Tensor], from inputs: [Tensor], saving saved: [Tensor], _ backward: @escaping CTBackward,
    settings: Settings
  ) {
    Swift.withUnsafeBytes(of: settings) { recordKernel(outputs, from: inputs, saving: saved, backward, settings: $0) }
  }

  /// The same for settings of any size, of which a copy is kept.
  static func recordKernel(
    _ outputs: [Tensor], from inputs: [Tensor], saving saved: [Tensor], _ backward: @escaping CTBackward,
    settings: UnsafeRawBufferPointer
  ) {
    defer { withExtendedLifetime((inputs, outputs, saved)) {} }
    runNothing("record_kernel") {
      ct_record_kernel(
        outputs.map(\.raw), outputs.count, inputs.map(\.raw), inputs.count, saved.map(\.raw), saved.count, backward,
        settings.baseAddress, settings.count, $0)
    }
  }
}
