import Torch

/// Data in rising order, equal numbers as one, with the sums of their weights.
struct SortedData {
  /// The different numbers, rising.
  let values: [Double]
  /// The weight of each, positive.
  let weights: [Double]
  /// Running sums of the weights, with 0 in front.
  let totals: [Double]

  /// - Precondition: data and weights are vectors of one length.
  init(_ data: Tensor, weights: Tensor?, _ name: String) throws(DistributionError) {
    precondition(
      data.rank == 1 && (weights.map { $0.shape == data.shape } ?? true),
      "\(name): expected vectors of one length, got \(data.shape) and weights \(String(describing: weights?.shape))")
    let numbers = data.to(.float64)
    guard data.size(0) > 0 else { throw .noData }
    try SortedData.check(numbers, "the data")
    if let weights {
      try SortedData.check(weights.to(.float64), "a weight")
      if (weights .< 0).any() { throw .badWeights(reason: "a weight is negative") }
      if !(weights .> 0).any() { throw .badWeights(reason: "no weight is positive") }
    }
    let (sorted, order) = numbers.sorted()
    let sortedWeights = weights.map { $0.to(.float64).selecting(order).doubles() }
    (values, self.weights) = SortedData.merge(sorted.doubles(), sortedWeights)
    totals = self.weights.reduce(into: [0.0]) { sums, weight in sums.append(sums[sums.count - 1] + weight) }
  }

  /// The sum of all weights.
  var total: Double { totals[totals.count - 1] }

  private static func check(_ column: Tensor, _ name: String) throws(DistributionError) {
    guard !column.isFinite().all() else { return }
    let values = column.doubles()
    let row = values.firstIndex { !$0.isFinite } ?? 0
    throw .notFinite(column: name, row: row, value: "\(values[row])")
  }

  private static func merge(_ sorted: [Double], _ weights: [Double]?) -> (values: [Double], weights: [Double]) {
    var values: [Double] = []
    var sums: [Double] = []
    values.reserveCapacity(sorted.count)
    sums.reserveCapacity(sorted.count)
    for (row, value) in sorted.enumerated() {
      let weight = weights?[row] ?? 1
      if weight == 0 { continue }
      if values.last == value {
        sums[sums.count - 1] += weight
      } else {
        values.append(value)
        sums.append(weight)
      }
    }
    return (values, sums)
  }
}
