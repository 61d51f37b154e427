import Foundation
import Torch

/// The multiple of a bandwidth with which the rows, each under the density of all others, are most likely.
struct LeaveOneOutSearch {
  let estimator: KernelDensityEstimator
  let sample: KernelSample
  let triangle: Tensor

  /// - Throws: `DensityEstimationError.degenerate` when the likelihood grows without bound as the bandwidth shrinks.
  func multiplier() throws(DensityEstimationError) -> Double {
    let likelihood = { (logarithm: Double) in self.meanLogLikelihood(exp(logarithm)) }
    let logarithms = (0...24).map { log(0.02) + Double($0) / 24 * log(5 / 0.02) }
    var grid = logarithms.map { ($0, likelihood($0)) }
    // Far outliers, or kernels that end, ask for wider bandwidths.
    while let last = grid.last, grid.count < 80, grid.dropLast().allSatisfy({ $0.1 < last.1 || $0.1 == -.infinity }) {
      grid.append((last.0 + 0.5, likelihood(last.0 + 0.5)))
    }
    let best = grid.indices.max { grid[$0].1 < grid[$1].1 } ?? 0
    guard best > 0, grid[best].1 > -.infinity else {
      throw .degenerate(
        reason: "the likelihood of the rows is greatest with a bandwidth of 0, as where rows are rounded or repeated "
          + "(a weight of 2 repeats a row); dequantize the columns, or use the silverman rule")
    }
    let (low, high) = (grid[best - 1].0, grid[min(best + 1, grid.count - 1)].0)
    // An isolated row under a kernel that ends has no density; a number keeps the parabolas finite.
    return exp(BrentSearch.minimum(of: { -max(likelihood($0), -1e6) }, from: low, to: high, tolerance: 1e-7))
  }

  /// The mean over rows of the logarithm of the density of the other rows.
  func meanLogLikelihood(_ multiplier: Double) -> Double {
    let scaled = triangle * multiplier
    let centred = sample.rows - (sample.rows * sample.shares.unsqueezed(1)).sum(0)
    let points = scaled.solvingTriangular(centred.transposed()).transposed()
    let sums = KernelRows(
      points: points, logCoefficients: sample.counts.log(), scales: nil, profile: estimator.kernel.profile,
      isProduct: estimator.form == .product)
    let order = Tensor(sums.order.map(Int.init))
    let own = sums.order.indices.map(Int64.init)
    let others = sums.logSums(
      at: points.selecting(order), leavingOut: own,
      tolerance: estimator.evaluation.tolerance(rows: sums.count, features: sums.features, kernel: estimator.kernel))
    // A row of weight w leaves w - 1 of itself among the others.
    let counts = sample.counts.selecting(order)
    let logSums = others.logAddExp((counts - 1).clamped(from: 0).log())
    let constant =
      log(sample.total - 1) + estimator.kernel.logMass(estimator.form, features: sums.features)
      + scaled.diagonal().log().sum().item()
    return ((logSums * counts).sum() / sample.total).item() - constant
  }
}
