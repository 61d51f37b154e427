import Foundation
import Torch

/// The plug-in bandwidths of Sheather and Jones for one column and the Gaussian kernel, as in R's `bw.SJ`.
///
/// Reference: Sheather, Jones, *A reliable data-based bandwidth selection method for kernel density estimation*, 1991.
struct SheatherJonesBandwidth {
  private let pairs: PairDistances
  private let numerics: KernelDensityEstimator.Bandwidth.Numerics
  private let scale: Double
  private let count: Double
  private let column: Int

  init(_ sample: KernelSampleColumn, _ numerics: KernelDensityEstimator.Bandwidth.Numerics, _ column: Int) {
    self.numerics = numerics
    self.column = column
    count = sample.total
    scale = sample.spread(divisor: 1.349)
    pairs = PairDistances(sample, numerics, finest: 0.1144 * scale * pow(count, -1.0 / 5))
  }

  /// The bandwidth that solves h = (R / (n S(alpha(h))))^(1/5) (equation 12).
  ///
  /// - Throws: `DensityEstimationError.degenerate` when there is none.
  func solved() throws(DensityEstimationError) -> Double {
    let third = try thirdDerivative()
    let ratio = 1.357 * pow(secondDerivative(1.24 * scale * pow(count, -1.0 / 7)) / third, 1.0 / 7)
    guard ratio.isFinite else { throw .noBandwidth("the rule of Sheather and Jones", column: column) }
    let equation = { (h: Double) in self.best(self.secondDerivative(ratio * pow(h, 5.0 / 7))) - h }
    let largest = 1.144 * scale * pow(count, -1.0 / 5)
    var (low, high) = (0.1 * largest, largest)
    let tolerance = numerics == .r ? 0.1 * low : 1e-10 * low
    var tries = 1
    while !(equation(low) * equation(high) <= 0) {
      guard tries < 100 else { throw .noBandwidth("the rule of Sheather and Jones", column: column) }
      if tries % 2 == 1 { high *= 1.2 } else { low /= 1.2 }
      tries += 1
    }
    return BrentSearch.root(of: equation, from: low, to: high, tolerance: tolerance)
  }

  /// The direct plug-in bandwidth (equation 9 with the pilot of section 3).
  ///
  /// - Throws: `DensityEstimationError.degenerate` when there is none.
  func pluggedIn() throws(DensityEstimationError) -> Double {
    let third = try thirdDerivative()
    let bandwidth = best(secondDerivative(pow(2.394 / (count * third), 1.0 / 7)))
    guard bandwidth.isFinite, bandwidth > 0 else {
      throw .noBandwidth("the rule of Sheather and Jones", column: column)
    }
    return bandwidth
  }

  /// The best bandwidth for an integral of the squared second derivative.
  private func best(_ roughness: Double) -> Double {
    pow(1 / (2 * Double.pi.squareRoot() * count * roughness), 1.0 / 5)
  }

  /// The estimate of the integral of f f'''' with bandwidth h.
  private func secondDerivative(_ h: Double) -> Double {
    let sum = pairs.sum(bandwidth: h) { ($0 * -0.5).exp() * ($0 * $0 - $0 * 6 + 3) }
    return (2 * sum + 3 * count) / (count * (count - 1) * pow(h, 5) * (2 * Double.pi).squareRoot())
  }

  /// Minus the estimate of the integral of f times its sixth derivative.
  private func thirdDerivative() throws(DensityEstimationError) -> Double {
    let h = 1.23 * scale * pow(count, -1.0 / 9)
    let sum = pairs.sum(bandwidth: h) { ($0 * -0.5).exp() * ((($0 - 15) * $0 + 45) * $0 - 15) }
    let value = -(2 * sum - 15 * count) / (count * (count - 1) * pow(h, 7) * (2 * Double.pi).squareRoot())
    guard value > 0, value.isFinite else { throw .noBandwidth("the rule of Sheather and Jones", column: column) }
    return value
  }
}
