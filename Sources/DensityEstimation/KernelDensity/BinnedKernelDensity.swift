import Foundation
import Torch

/// Sums of kernels over a grid: rows are shared by the grid points around them, convolved with the kernel, and
/// interpolated.
///
/// Shares and interpolation are Lagrange's cubics, so the error is of the fourth order in the step where the kernel is
/// smooth; the uniform kernel, which jumps, is binned and interpolated linearly.
///
/// Reference: Wand, *Fast computation of multivariate kernel estimators*, 1994, whose linear binning is of second order.
struct BinnedKernelDensity {
  private let step: Double
  private let origin: Tensor
  private let sizes: [Int]
  /// Sums at the grid's points, row-major.
  private let values: Tensor
  private let threshold: Double
  private let isLinear: Bool

  /// The most points of a grid.
  private static let largestGrid = 1 << 24

  init(
    points: Tensor, weights: Tensor, kernel: SmoothingKernel, form: KernelForm, step: Double
  ) throws(DensityEstimationError) {
    // Beyond, sums come from the tree.
    let reach = kernel.isCompact ? 1 : kernel == .gaussian ? 6.5 : 25
    let margin = reach + 3 * step
    let low = points.min(0) - margin
    let lengths = (points.max(0) - low + margin).doubles()
    let cells = lengths.map { $0 / step + 2 }
    guard cells.reduce(1, *) < Double(Self.largestGrid) else {
      throw .tooLarge(
        reason:
          "a grid of \(cells.map { String(format: "%.0f", $0) }.joined(separator: " x ")) points, a step of \(step) "
          + "bandwidths, is too large; use evaluation by tree, or a larger step")
    }
    self.step = step
    origin = low
    sizes = cells.map { Self.fastSize(Int($0)) }
    isLinear = kernel == .uniform
    let places = (points - low) / step
    let corners = Self.corners(places.floor(), places, sizes: sizes, isLinear: isLinear)
    let grid = corners.reduce(Tensor.zeros([sizes.reduce(1, *)], dtype: .float64)) {
      $0.addingAt($1.index, 0, weights * $1.share)
    }
    let bump = Self.bump(kernel, form, reach: reach, step: step, sizes: sizes)
    values = grid.reshaped(Shape(sizes)).periodicConvolution(with: bump, sizes: sizes).flattened()
    threshold = values.max().item() * 1e-2
  }

  /// The next size of which all factors are 2, 3 and 5.
  private static func fastSize(_ count: Int) -> Int {
    var size = max(count, 8)
    while true {
      var rest = size
      for factor in [2, 3, 5] { while rest % factor == 0 { rest /= factor } }
      if rest == 1 { return size }
      size += 1
    }
  }

  /// The kernel at all distances of grid points, where those in the second half are negative; its sum is its integral.
  private static func bump(
    _ kernel: SmoothingKernel, _ form: KernelForm, reach: Double, step: Double, sizes: [Int]
  ) -> Tensor {
    let distances = sizes.enumerated().map { column, size in
      let index = Tensor.range(size, dtype: .float64)
      let shape = sizes.indices.map { $0 == column ? size : 1 }
      return (minimum(index, Double(size) - index) * step).reshaped(Shape(shape))
    }
    var values: Tensor
    if form == .product && kernel != .gaussian {
      values = distances.dropFirst().reduce(kernel.value(ofSquare: distances[0].squared())) {
        $0 * kernel.value(ofSquare: $1.squared())
      }
    } else {
      let squares = distances.dropFirst().reduce(distances[0].squared()) { $0 + $1.squared() }
      values = kernel.value(ofSquare: squares)
    }
    let farthest = distances.dropFirst().reduce(distances[0]) { maximum($0, $1) }
    values = select(farthest .> reach, 0.0, values)
    let mass = exp(kernel.logMass(form, features: sizes.count)) / pow(step, Double(sizes.count))
    return values * (mass / values.sum().item())
  }

  /// The logarithms of the sums at places `[places, features]`; where they are small, or off the grid, by another way.
  func logSums(at places: Tensor, otherwise exact: (Tensor) -> Tensor) -> Tensor {
    let scaled = (places - origin) / step
    let limit = Tensor(sizes.map { Double($0 - 3) })
    let isInside = ((scaled .>= 1) .& (scaled .< limit)).all(-1)
    let inside = select(isInside.unsqueezed(-1), scaled, 1.0)
    let corners = Self.corners(inside.floor(), inside, sizes: sizes, isLinear: isLinear)
    let sums = corners.reduce(Tensor.zeros([places.size(0)], dtype: .float64)) {
      $0.addingProduct(values.selecting($1.index), $1.share)
    }
    let isSure = isInside .& (sums .> threshold)
    let rest = (.!isSure).nonzero().flattened()
    let logSums = sums.clamped(from: threshold).log()
    guard rest.size(0) > 0 else { return logSums }
    return logSums.masked(.!isSure, with: 0).addingAt(rest, 0, exact(places.selecting(rest)))
  }

  /// The grid points around places, with the share of each: of a row in the grid, or of the grid in an interpolation.
  private static func corners(
    _ cell: Tensor, _ places: Tensor, sizes: [Int], isLinear: Bool
  ) -> [(index: Tensor, share: Tensor)] {
    var corners: [(index: Tensor, share: Tensor)] = []
    for (column, size) in sizes.enumerated() {
      let start = cell[.all, .at(column)].to(.int64)
      let shares = shares(places[.all, .at(column)] - cell[.all, .at(column)], isLinear: isLinear)
      let own = shares.enumerated().map { (index: start + ($0.offset - (isLinear ? 0 : 1)), share: $0.element) }
      corners =
        column == 0
        ? own
        : corners.flatMap { outer in own.map { (outer.index * size + $0.index, outer.share * $0.share) } }
    }
    return corners
  }

  /// The shares of the points 0 and 1, or -1, 0, 1 and 2, at a place between 0 and 1.
  private static func shares(_ t: Tensor, isLinear: Bool) -> [Tensor] {
    let (before, after, far) = (t + 1, 1 - t, 2 - t)
    if isLinear { return [after, t] }
    return [
      t * after * far * (-1.0 / 6), before * after * far * 0.5, before * t * far * 0.5,
      before * t * after * (-1.0 / 6),
    ]
  }
}
