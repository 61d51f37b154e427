import Foundation
import Torch

/// Sums of kernels over a grid: rows are binned linearly, convolved with the kernel, and interpolated by cubics.
///
/// Linear binning spreads each row by step^2 / 6 of variance; the Gaussian is made narrower by it, which leaves an error
/// of the fourth order in the step.
///
/// Reference: Wand, *Fast computation of multivariate kernel estimators*, 1994.
struct BinnedKernelDensity {
  private let step: Double
  private let origin: Tensor
  private let sizes: [Int]
  /// Sums at the grid's points, row-major.
  private let values: Tensor
  private let threshold: Double

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
    let grid = Self.binned(points, weights, origin: low, step: step, sizes: sizes)
    let bump = Self.bump(kernel, form, reach: reach, step: step, sizes: sizes)
    values = grid.periodicConvolution(with: bump, sizes: sizes).flattened()
    threshold = values.max().item() * 1e-3
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

  /// The weights of rows, each shared by the corners of its cell.
  private static func binned(
    _ points: Tensor, _ weights: Tensor, origin: Tensor, step: Double, sizes: [Int]
  ) -> Tensor {
    let places = (points - origin) / step
    let cell = places.floor()
    let share = places - cell
    var grid = Tensor.zeros([sizes.reduce(1, *)], dtype: .float64)
    for corner in 0..<(1 << sizes.count) {
      var index = Tensor.zeros([points.size(0)], dtype: .int64)
      var part = weights
      for (column, size) in sizes.enumerated() {
        let isUpper = corner >> column & 1
        let own = share[.all, .at(column)]
        index = index * size + cell[.all, .at(column)].to(.int64) + isUpper
        part = part * (isUpper == 1 ? own : 1 - own)
      }
      grid = grid.addingAt(index, 0, part)
    }
    return grid.reshaped(Shape(sizes))
  }

  /// The kernel at all distances of grid points, where those in the second half are negative; its sum is its integral.
  private static func bump(
    _ kernel: SmoothingKernel, _ form: KernelForm, reach: Double, step: Double, sizes: [Int]
  ) -> Tensor {
    let narrowing = kernel == .gaussian ? 1 / (1 - step * step / 6).squareRoot() : 1
    let distances = sizes.enumerated().map { column, size in
      let index = Tensor.range(size, dtype: .float64)
      let shape = sizes.indices.map { $0 == column ? size : 1 }
      return (minimum(index, Double(size) - index) * (step * narrowing)).reshaped(Shape(shape))
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
    let cell = select(isInside.unsqueezed(-1), scaled.floor(), 1.0)
    let sums = interpolated(cell.to(.int64), select(isInside.unsqueezed(-1), scaled - cell, 0.0))
    let isSure = isInside .& (sums .> threshold)
    let rest = (.!isSure).nonzero().flattened()
    let logSums = sums.clamped(from: threshold).log()
    guard rest.size(0) > 0 else { return logSums }
    return logSums.masked(.!isSure, with: 0).addingAt(rest, 0, exact(places.selecting(rest)))
  }

  /// Cubic interpolation from the four nearest points along each column.
  private func interpolated(_ cell: Tensor, _ share: Tensor) -> Tensor {
    let factors = sizes.indices.map { Self.cubicFactors(share[.all, .at($0)]) }
    var sum = Tensor.zeros([cell.size(0)], dtype: .float64)
    for corner in 0..<(1 << (2 * sizes.count)) {
      var index = Tensor.zeros([cell.size(0)], dtype: .int64)
      var part: Tensor?
      for (column, size) in sizes.enumerated() {
        let place = corner >> (2 * column) & 3
        index = index * size + cell[.all, .at(column)] + (place - 1)
        part = part.map { $0 * factors[column][place] } ?? factors[column][place]
      }
      if let part { sum = sum + values.selecting(index) * part }
    }
    return sum
  }

  /// Lagrange's factors of the points -1, 0, 1, 2 at a place between 0 and 1.
  private static func cubicFactors(_ t: Tensor) -> [Tensor] {
    let (before, after, far) = (t + 1, 1 - t, 2 - t)
    return [
      t * after * far * (-1.0 / 6), before * after * far * 0.5, before * t * far * 0.5,
      before * t * after * (-1.0 / 6),
    ]
  }
}
