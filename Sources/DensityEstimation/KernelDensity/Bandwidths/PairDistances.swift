import Foundation
import Torch

/// The distances of all pairs of values, in bins: how many pairs are k steps apart.
struct PairDistances {
  /// The width of a bin.
  let step: Double
  /// The number of values.
  let total: Double
  /// The number of pairs k steps apart, `[bins]`, with fractions.
  private let counts: Tensor
  private let lags: Tensor

  /// The pairs of a column; `finest` is a bandwidth that bins must be much finer than, when numerics are not R's.
  init(_ column: KernelSampleColumn, _ numerics: KernelDensityEstimator.Bandwidth.Numerics, finest: Double) {
    total = column.total
    switch numerics {
    case .r:
      step = column.range * 1.01 / 1000
      counts = PairDistances.inBinsOfR(column, step)
    case .converged:
      let bins = min(max(Int((column.range / finest * 200).rounded(.up)), 4096), 1 << 21)
      step = column.range / Double(bins - 1)
      counts = PairDistances.inLinearBins(column, step, bins)
    }
    lags = Tensor.range(counts.size(0), dtype: .float64)
  }

  /// Bins by truncation toward 0, as `bw.ucv` and its kin take them in R.
  private static func inBinsOfR(_ column: KernelSampleColumn, _ step: Double) -> Tensor {
    let bins = column.values.map { ($0 / step).rounded(.towardZero) }
    var weights = [Double](repeating: 0, count: Int(bins[bins.count - 1] - bins[0]) + 1)
    for (bin, weight) in zip(bins, column.weights) { weights[Int(bin - bins[0])] += weight }
    return pairs(Tensor(weights), selfPairs: [column.total])
  }

  /// Linear bins: each value is shared by its two neighbours.
  private static func inLinearBins(_ column: KernelSampleColumn, _ step: Double, _ bins: Int) -> Tensor {
    let weights = Tensor(column.weights)
    let places = (Tensor(column.values) - column.values[0]) / step
    let left = places.floor().clamped(from: 0, to: Double(bins - 2))
    let share = places - left
    let index = left.to(.int64)
    let grid = Tensor.zeros([bins], dtype: .float64).addingAt(index, 0, weights * (1 - share))
      .addingAt(index + 1, 0, weights * share)
    let together = (weights * ((1 - share).squared() + share.squared())).sum().item()
    let apart = (weights * (1 - share) * share).sum().item()
    return pairs(grid, selfPairs: [together, 2 * apart])
  }

  /// Pairs of different values, once each: a value of weight w makes w (w - 1) / 2 pairs with itself.
  private static func pairs(_ weights: Tensor, selfPairs: [Double]) -> Tensor {
    var counts = weights.autocorrelation() * Tensor([0.5] + [Double](repeating: 1, count: weights.size(0) - 1))
    let own = selfPairs.prefix(counts.size(0)).map { $0 / 2 }
    counts = counts - Tensor(own).padded([0, counts.size(0) - own.count], with: 0)
    return counts.clamped(from: 0)
  }

  /// The sum over pairs of a function of (distance / bandwidth)^2, up to 1000.
  func sum(bandwidth: Double, _ function: (Tensor) -> Tensor) -> Double {
    let reach = min(Int((1000.0.squareRoot() * bandwidth / step).rounded(.up)), counts.size(0))
    guard reach > 0 else { return 0 }
    let squares = (lags.narrowed(0, from: 0, length: reach) * (step / bandwidth)).squared()
    return (function(squares) * counts.narrowed(0, from: 0, length: reach)).sum().item()
  }
}
