import Foundation
import Torch

/// One column of rows, for rules of widths: statistics in which a weight counts how often a value is there.
struct WeightedColumn {
  /// The column's position.
  let index: Int
  /// The number of all columns.
  let columns: Int
  /// The values in ascending order.
  let sorted: Tensor
  /// The weights of the values so far, each value's own included.
  let cumulative: Tensor
  /// The number of rows, as weights count them.
  let totalWeight: Double
  private let weights: Tensor?

  init(_ rows: WeightedRows, _ index: Int) {
    self.index = index
    columns = rows.columns
    let order: Tensor
    (sorted, order) = rows.points[.all, .at(index)].sorted()
    weights = rows.weights?.selecting(order)
    cumulative = weights?.cumulativeSum(0) ?? Tensor.range(rows.count, dtype: .float64) + 1.0
    totalWeight = cumulative[.at(-1)].item()
  }

  /// The least value.
  var least: Double { sorted[.at(0)].item() }
  /// The greatest value.
  var greatest: Double { sorted[.at(-1)].item() }
  /// Their distance.
  var range: Double { greatest - least }

  /// The standard deviation, with the number of rows as divisor.
  var standardDeviation: Double {
    guard let weights else { return sorted.standardDeviation(correction: 0).item() }
    let mean = (weights * sorted).sum() / totalWeight
    return ((weights * (sorted - mean).squared()).sum() / totalWeight).squareRoot().item()
  }

  /// The distance of the quartiles.
  var interquartileRange: Double { quantile(0.75) - quantile(0.25) }

  /// A quantile, linear between order statistics (type 7 of Hyndman and Fan, the rule of NumPy and R).
  func quantile(_ probability: Double) -> Double {
    let rank = (totalWeight - 1) * probability
    let low = rank.rounded(.down)
    let (first, second) = (value(atRank: low), value(atRank: low + 1))
    return first + (second - first) * (rank - low)
  }

  /// The value of a rank, counted from 0.
  private func value(atRank rank: Double) -> Double {
    let place = cumulative.searchSorted(Tensor([rank]), right: true).integerItem()
    return sorted[.at(min(place, sorted.size(0) - 1))].item()
  }

  /// The number of rows to the power that the best width of a grid of so many columns shrinks with.
  private var shrinkage: Double { pow(totalWeight, -1 / Double(columns + 2)) }

  /// Scott's width.
  var scottWidth: Double { cbrt(24 * Double.pi.squareRoot()) * standardDeviation * shrinkage }
  /// The width of Freedman and Diaconis.
  var freedmanDiaconisWidth: Double { 2 * interquartileRange * shrinkage }
}

/// The number of bins of greatest posterior probability.
enum KnuthBins {
  static func count(for column: WeightedColumn) -> Int {
    let most = max(64, Int(min(8 * cbrt(column.totalWeight), 10_000)))
    return (1...most).map { ($0, logPosterior(of: $0, column)) }.max { $0.1 < $1.1 }?.0 ?? 1
  }

  /// The logarithm of the posterior probability of a number of bins, up to a constant: Knuth, equation 31.
  private static func logPosterior(of bins: Int, _ column: WeightedColumn) -> Double {
    let edges = Tensor.linear(from: column.least, to: column.greatest, count: bins + 1, dtype: .float64)
    let inner = column.sorted.searchSorted(edges[.slice(from: 1, to: -1)])
    let below = Tensor.concatenating([Tensor.zeros([1], dtype: .float64), column.cumulative])
    let ends = Tensor.concatenating([
      Tensor.zeros([1], dtype: .float64), below.selecting(inner), column.cumulative[.slice(from: -1)],
    ])
    let counts = ends[.slice(from: 1)] - ends[.slice(to: -1)]
    let (m, n) = (Double(bins), column.totalWeight)
    return n * log(m) + lgamma(m / 2) - m * lgamma(0.5) - lgamma(n + m / 2) + (counts + 0.5).logGamma().sum().item()
  }
}
