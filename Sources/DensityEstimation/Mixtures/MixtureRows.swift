import Torch

/// Rows over which EM passes.
protocol MixtureRows {
  /// The sums of an EM step under parameters.
  func statistics(_ parameters: MixtureParameters) throws -> MixtureStatistics
}

/// Rows without missing cells, in memory.
struct CompleteRows: MixtureRows {
  let rows: Tensor
  let weights: Tensor?
  let center: [Double]

  func statistics(_ parameters: MixtureParameters) throws -> MixtureStatistics {
    MixtureStatistics(try parameters.kernel(center: center).sums(rows, weights: weights))
  }
}

/// Rows that are read in blocks in every pass.
struct BlockRows: MixtureRows {
  let blocks: RowBlocks
  let center: [Double]
  let fitsSinglePrecision: Bool

  func statistics(_ parameters: MixtureParameters) throws -> MixtureStatistics {
    let kernel = try parameters.kernel(center: center)
    var sum: MixtureStatistics?
    try blocks.forEach { rows, weights in
      let block = try UsableRows(rows, weights, position: 0, allowsMissing: true)
      guard block.rows.size(0) > 0 else { return }
      let part =
        block.hasMissing
        ? try IncompleteRows(block, center: center).statistics(parameters)
        : MixtureStatistics(
          kernel.sums(fitsSinglePrecision ? block.rows : block.rows.to(.float64), weights: block.weights))
      sum = sum.map { $0 + part } ?? part
    }
    guard let sum else { throw DensityEstimationError.tooFewRows(available: 0, needed: 2) }
    return sum
  }
}

extension UsableRows {
  /// The rows for EM: fused where nothing is missing.
  func forEM(_ summary: RowSummary) -> any MixtureRows {
    let center = summary.means.doubles()
    guard !hasMissing else { return IncompleteRows(self, center: center) }
    return CompleteRows(rows: summary.fitsSinglePrecision ? rows : rows.to(.float64), weights: weights, center: center)
  }
}
