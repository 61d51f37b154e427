import Foundation
import Torch

/// The bandwidth of one column that makes an estimate of the integrated squared error least, for the Gaussian kernel.
///
/// Reference: Scott, Terrell, *Biased and unbiased cross-validation in density estimation*, 1987.
struct CrossValidationBandwidth {
  private let pairs: PairDistances
  private let numerics: KernelDensityEstimator.Bandwidth.Numerics
  private let largest: Double
  private let column: Int

  init(_ sample: KernelSampleColumn, _ numerics: KernelDensityEstimator.Bandwidth.Numerics, _ column: Int) {
    self.numerics = numerics
    self.column = column
    // The bandwidth is never best above this (Scott and Terrell, equation 3.3).
    largest = 1.144 * sample.standardDeviation * pow(sample.total, -1.0 / 5)
    pairs = PairDistances(sample, numerics, finest: largest / 10)
  }

  /// - Throws: `DensityEstimationError.degenerate` when the estimate is least at 0.
  func unbiased() throws(DensityEstimationError) -> Double {
    try least("unbiased cross-validation") { h in
      let sum = pairs.sum(bandwidth: h) { ($0 * -0.25).exp() - ($0 * -0.5).exp() * 8.0.squareRoot() }
      return (0.5 + sum / pairs.total) / (pairs.total * h * Double.pi.squareRoot())
    }
  }

  /// - Throws: `DensityEstimationError.degenerate` when the estimate is least at 0.
  func biased() throws(DensityEstimationError) -> Double {
    try least("biased cross-validation") { h in
      let sum = pairs.sum(bandwidth: h) { ($0 * -0.25).exp() * ($0 * $0 - $0 * 12 + 12) }
      return (1 + sum / (32 * pairs.total)) / (2 * pairs.total * h * Double.pi.squareRoot())
    }
  }

  private func least(_ rule: String, _ error: (Double) -> Double) throws(DensityEstimationError) -> Double {
    if numerics == .r {
      return BrentSearch.minimum(of: error, from: 0.1 * largest, to: largest, tolerance: 0.01 * largest)
    }
    // The estimate has several minima at times: the least of a grid, and the minimum beside it.
    let grid = (0...40).map { largest * pow(0.02, 1 - Double($0) / 40) }
    let errors = grid.map(error)
    let best = errors.indices.min { errors[$0] < errors[$1] } ?? 0
    guard best > 0 else { throw .noBandwidth(rule, column: column) }
    return BrentSearch.minimum(
      of: error, from: grid[best - 1], to: grid[min(best + 1, 40)], tolerance: 1e-8 * largest)
  }
}
