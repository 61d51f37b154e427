import Torch

/// The knots of splines: positions, values and slopes, `[*batch, 3, bins + 1]`.
struct SplineKnots {
  let table: Tensor
  let bins: Int

  init(table: Tensor, bins: Int) {
    self.table = table
    self.bins = bins
  }

  init(_ parameters: Tensor, _ form: RationalQuadraticSpline.Form) {
    let bins = form.bins
    let (dtype, device) = (parameters.dtype, parameters.device)
    let parts = parameters.split([2 * bins, bins - 1], -1)
    let sums = Self.cumulativeSoftmax(parts[0].unflattened(-1, [2, bins]))
    let slopes = (parts[1] + form.slopeShift).softplus().unsqueezed(-2)
    let inner = Tensor.concatenating([sums, slopes], -2)
    // Rows: positions and values start[j] + scale * (sum of shares), slopes minimum + softplus.
    let box = 2 * form.bound
    let step = box * form.minimumBinSize
    let starts = (1..<max(bins, 1)).map { -form.bound + step * Double($0) }
    let offset = Tensor(starts + starts + starts.map { _ in form.minimumSlope }, shape: [3, bins - 1])
    let scale = box * (1 - Double(bins) * form.minimumBinSize)
    let scales = Tensor([scale, scale, 1], shape: [3, 1]).to(dtype, device)
    let edges = Tensor([-form.bound, form.bound, -form.bound, form.bound, 1, 1], shape: [3, 2]).to(dtype, device)
    let edgeShape = inner.shape.droppingTrailing(2) + [3, 1]
    table = Tensor.concatenating(
      [
        edges.narrowed(-1, from: 0, length: 1).broadcasted(to: edgeShape),
        offset.to(dtype, device).addingProduct(inner, scales),
        edges.narrowed(-1, from: 1, length: 1).broadcasted(to: edgeShape),
      ], -1)
    self.bins = bins
  }

  /// The running sums of a softmax over the last dimension, without the last one, which is 1. In these small rows
  /// libtorch's softmax takes many times as long as these operations.
  private static func cumulativeSoftmax(_ logits: Tensor) -> Tensor {
    let largest = logits.detached().max(-1, keepingDimensions: true)
    let sums = (logits - largest).exp().cumulativeSum(-1).split([logits.size(-1) - 1, 1], -1)
    return sums[0] / sums[1]
  }

  /// The bin in which each number lies, looked up among positions (row 0) or values (row 1), `[*batch, 1]`.
  func places(of x: Tensor, row: Int) -> Tensor {
    withoutGradient {
      let inner = table[.ellipsis, .at(row), .slice(from: 1, to: bins)]
      return (x.unsqueezed(-1) .>= inner).sum(-1, keepingDimensions: true)
    }
  }

  /// Positions, values and slopes at the left and right ends of bins, `[*batch]` each.
  func ends(at places: Tensor) -> [Tensor] {
    let both = (places + Tensor.range(2, device: places.device)).unsqueezed(-2)
    let ends = both.broadcasted(to: both.shape.droppingTrailing(2) + [3, 2])
    let source = table.broadcasted(to: ends.shape.droppingTrailing(2) + [3, bins + 1])
    return source.gathering(ends, -1).flattened(from: -2).unbound(-1)
  }
}
