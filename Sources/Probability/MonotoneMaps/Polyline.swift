import Torch

/// A curve of straight lines through points whose two coordinates never fall, as a function and its inverse: level lines
/// are flat stretches, upright ones are jumps.
///
/// Everything is in 64 bits, and outside the gradient graph as far as the points are concerned.
struct Polyline {
  /// The first coordinates, `[count]`.
  let x: Tensor
  /// The second coordinates, `[count]`.
  let y: Tensor

  private var count: Int { x.size(0) }

  /// y at x, from the right; the ends' values beyond the ends.
  func value(at point: Tensor) -> Tensor {
    between(x, y, at: point, place: x.searchSorted(point.to(.float64), right: true))
  }

  /// y at x, from the left.
  func leftLimit(at point: Tensor) -> Tensor {
    between(x, y, at: point, place: x.searchSorted(point.to(.float64)))
  }

  /// The smallest x at which y is at least a level; the ends beyond.
  func inverse(at level: Tensor) -> Tensor { between(y, x, at: level, place: y.searchSorted(level.to(.float64))) }

  /// The greatest x at which y is at most a level: another one than the smallest where the curve is flat.
  func inverseFromRight(at level: Tensor) -> Tensor {
    between(y, x, at: level, place: y.searchSorted(level.to(.float64), right: true))
  }

  /// The slope to the right of a point, at the last point the one to its left; 0 beyond the ends.
  func slope(at point: Tensor) -> Tensor {
    let place = x.searchSorted(point.to(.float64), right: true).clamped(from: 1, to: Double(count - 1)).to(.int64)
    let (start, end) = (place - 1, place)
    let rise = y.selecting(end.flattened()) - y.selecting(start.flattened())
    let run = x.selecting(end.flattened()) - x.selecting(start.flattened())
    let isInside = (point .>= x[0]) .& (point .<= x[.at(count - 1)])
    return select(isInside .| point.isNaN(), (rise / run).reshaped(point.shape) + point * 0.0, 0.0)
  }

  /// On the line that ends at a place: `place` is how many first coordinates lie before the point.
  private func between(_ first: Tensor, _ second: Tensor, at point: Tensor, place: Tensor) -> Tensor {
    let point = point.to(.float64)
    let end = place.clamped(from: 1, to: Double(count - 1)).to(.int64).flattened()
    let (a, b) = (first.selecting(end - 1), first.selecting(end))
    let (c, d) = (second.selecting(end - 1), second.selecting(end))
    // A line that ends at a place is never upright here; beyond the ends, where it may be, the share is not used.
    let share = (point.flattened() - a) / (b - a)
    let inside = (c + (d - c) * share).reshaped(point.shape)
    let (before, after) = (place .== 0, place .== count)
    return select(
      point.isNaN(), Double.nan, select(before, second[0], select(after, second[.at(count - 1)], inside)))
  }
}
