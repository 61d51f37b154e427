import Foundation
import Torch

/// Rows and weights as the rules for bandwidths take them.
struct KernelSample {
  /// `[count, features]`, finite, 64-bit.
  let rows: Tensor
  /// What each row counts, `[count]`, positive.
  let counts: Tensor
  private let weighted: WeightedRows

  /// - Throws: `DensityEstimationError` for data that are not finite and weights that cannot be.
  init(_ data: Tensor, weights: Tensor?) throws(DensityEstimationError) {
    weighted = try WeightedRows(data, weights: weights, atLeast: 1)
    rows = weighted.points
    counts = weighted.weights ?? Tensor.ones([rows.size(0)], dtype: .float64)
  }

  var features: Int { rows.size(1) }

  /// The sum of the counts: the number of rows, where a row of weight 2 counts as two.
  var total: Double { weighted.totalWeight }

  /// The weights, which sum to 1.
  var shares: Tensor { counts / total }

  /// A column for the rules that look at one.
  ///
  /// - Throws: `DensityEstimationError` when it has one value, or the rows do not count as two at least.
  func column(_ index: Int) throws(DensityEstimationError) -> KernelSampleColumn {
    guard rows.size(0) >= 2 else { throw .tooFewRows(available: rows.size(0), needed: 2) }
    try weighted.requireTotalWeight(atLeast: 2)
    let column = KernelSampleColumn(values: rows[.all, .at(index)], weights: counts)
    guard column.standardDeviation > 0 else { throw .constantColumn(column: index) }
    return column
  }

  /// The correlation of the columns, `[features, features]`.
  func correlation() -> Tensor {
    let share = shares.unsqueezed(1)
    let centred = rows - (rows * share).sum(0)
    let covariance = (centred * share).transposed().matmul(centred)
    let scale = covariance.diagonal().squareRoot()
    return covariance / scale.unsqueezed(0) / scale.unsqueezed(1)
  }
}

/// One column, ascending, where a weight counts as so many values.
struct KernelSampleColumn {
  /// Ascending.
  let values: [Double]
  let weights: [Double]
  let total: Double
  /// With divisor n - 1.
  let standardDeviation: Double
  private let cumulative: [Double]

  init(values: Tensor, weights: Tensor) {
    let (sorted, order) = values.sorted()
    let counts = weights.selecting(order)
    self.values = sorted.doubles()
    self.weights = counts.doubles()
    cumulative = counts.cumulativeSum(0).doubles()
    total = counts.sum().item()
    let mean = (sorted * counts).sum() / total
    standardDeviation = (((sorted - mean).squared() * counts).sum().item() / (total - 1)).squareRoot()
  }

  var range: Double { values[values.count - 1] - values[0] }

  /// The quantile of the values repeated as often as they count, by linear interpolation of order statistics (R's type 7).
  func quantile(_ probability: Double) -> Double {
    let place = (total - 1) * probability
    let whole = place.rounded(.down)
    return value(at: whole) + (place - whole) * (value(at: whole + 1) - value(at: whole))
  }

  /// The value at a place, from 0 on, of the repeated values.
  private func value(at place: Double) -> Double {
    var (low, high) = (0, values.count - 1)
    while low < high {
      let middle = (low + high) / 2
      // Sums of weights are rounded; a whole place lies between them.
      if cumulative[middle] > place + 1e-9 * total { high = middle } else { low = middle + 1 }
    }
    return values[low]
  }

  var interquartileRange: Double { quantile(0.75) - quantile(0.25) }

  /// The lesser of the standard deviation and the interquartile range over a divisor; the standard deviation where half of
  /// the values are the same.
  func spread(divisor: Double) -> Double {
    let robust = interquartileRange / divisor
    return robust > 0 ? min(standardDeviation, robust) : standardDeviation
  }
}
