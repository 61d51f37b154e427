import Torch

// The same splines in one call of a kernel, several times faster than the composed operations.

extension RationalQuadraticSpline {
  /// The kernel's result; nil where it does not apply, and the composed operations must run.
  func fused(_ x: Tensor, isInverse: Bool) -> (Tensor, logDet: Tensor)? {
    let kernel = SplineKernel(
      bins: form.bins, bound: form.bound, minimumBinSize: form.minimumBinSize, minimumSlope: form.minimumSlope)
    guard kernel.supports(groups + [x]), let inputs = KernelInputs(x, groups) else { return nil }
    let (value, logSlope) = kernel(inputs.x, kept: inputs.kept, moved: inputs.moved, isInverse: isInverse)
    return (value.reshaped(inputs.shape), logSlope.reshaped(inputs.shape))
  }
}

/// Numbers and parameters in the shapes of the kernel.
private struct KernelInputs {
  /// `[rows, features]`.
  let x: Tensor
  /// `[kept, parameters]`.
  let kept: Tensor
  /// `[rows, features - kept, parameters]`.
  let moved: Tensor
  /// The shape of the result.
  let shape: Shape

  /// Nil for groups in other shapes than those of a coupling.
  init?(_ x: Tensor, _ groups: [Tensor]) {
    switch groups.count {
    case 1: self.init(x, parameters: groups[0])
    case 2 where groups[0].rank == 2: self.init(x, kept: groups[0], moved: groups[1])
    default: return nil
    }
  }

  /// One group: with a batch of its own for each number, or one that is repeated over leading dimensions.
  private init?(_ x: Tensor, parameters: Tensor) {
    let (batch, size) = (parameters.shape.droppingTrailing(1), parameters.size(-1))
    if batch.rank <= 1, x.rank >= batch.rank, x.shape.trailing(batch.rank) == batch {
      let features = batch.elementCount
      shape = x.shape
      self.x = x.reshaped([x.elementCount / max(features, 1), features])
      kept = parameters.reshaped([features, size])
      moved = Tensor.zeros([self.x.size(0), 0, size], dtype: x.dtype)
    } else {
      guard let whole = Shape.broadcasting(x.shape, batch) else { return nil }
      shape = whole
      self.x = x.broadcasted(to: whole).reshaped([whole.elementCount, 1])
      kept = Tensor.zeros([0, size], dtype: x.dtype)
      moved = parameters.broadcasted(to: whole + [size]).reshaped([whole.elementCount, 1, size])
    }
  }

  /// The kept features' splines, the same in every row, and the others'.
  private init?(_ x: Tensor, kept: Tensor, moved: Tensor) {
    let (keptCount, movedCount, size) = (kept.size(0), moved.size(-2), moved.size(-1))
    guard x.rank >= 1, x.size(-1) == keptCount + movedCount,
      let batch = Shape.broadcasting(x.shape.droppingTrailing(1), moved.shape.droppingTrailing(2))
    else { return nil }
    shape = batch + [keptCount + movedCount]
    self.x = x.broadcasted(to: shape).reshaped([batch.elementCount, keptCount + movedCount])
    self.kept = kept
    self.moved = moved.broadcasted(to: batch + [movedCount, size]).reshaped([batch.elementCount, movedCount, size])
  }
}
