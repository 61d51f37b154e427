import Foundation

/// Weights of draws x of one distribution q that make them stand for another, p: w = p(x) / q(x), as logarithms.
///
/// p may be known up to a constant only. Everything is computed from logarithms in 64 bits, so weights beyond the range of
/// numbers do not matter.
public struct ImportanceWeights: Hashable, Sendable {
  /// log p(x) - log q(x) of each draw; minus infinity where p is 0.
  public let logWeights: [Double]

  /// Weights of draws.
  ///
  /// - Precondition: there is at least one.
  public init(logWeights: [Double]) {
    precondition(!logWeights.isEmpty, "ImportanceWeights: expected at least one weight")
    self.logWeights = logWeights
  }

  /// The number of draws.
  public var count: Int { logWeights.count }

  /// The weights over their sum; NaN when a logarithm is NaN or infinite, or all weights are 0.
  public var normalized: [Double] {
    let scaled = self.scaled
    let sum = scaled.reduce(0, +)
    return scaled.map { $0 / sum }
  }

  /// Kish's effective sample size (sum of w)^2 / (sum of w^2), between 1 and the number of draws; NaN as ``normalized``.
  public var effectiveSampleSize: Double { 1 / normalized.reduce(0) { $0 + $1 * $1 } }

  /// The effective sample size as a share of the draws: 1 when q is p.
  public var effectiveFraction: Double { effectiveSampleSize / Double(count) }

  /// The logarithm of the mean weight, with a standard error by the delta method: s / (mean sqrt(n)).
  ///
  /// For p known up to a constant Z this estimates log Z. The mean weight is unbiased, its logarithm too low on average by
  /// half the squared standard error; with ``paretoShape`` above 0.7 neither can be trusted.
  public var logMean: Estimate {
    let mean = Estimate(meanOf: scaled)
    let largest = logWeights.max() ?? -.infinity
    guard largest > -.infinity else { return Estimate(-.infinity, standardError: .nan) }
    return Estimate(largest + Foundation.log(mean.value), standardError: mean.standardError / mean.value)
  }

  /// The shape of the generalized Pareto distribution of the largest weights: below 0.5 the weights have a variance, above
  /// 0.7 averages over them cannot be trusted whatever the number of draws, and above 1 there is not even a mean.
  ///
  /// NaN for fewer than 25 draws, or when the largest weights are not numbers.
  ///
  /// - Reference: Vehtari, Simpson, Gelman, Yao, Gabry, *Pareto smoothed importance sampling*, 2024, section 3: the fit is
  ///   to the largest min(0.2 S, 3 sqrt(S)) weights.
  public var paretoShape: Double {
    let tail = Int(Foundation.ceil(min(0.2 * Double(count), 3 * Double(count).squareRoot())))
    guard tail >= 5, let largest = logWeights.max(), largest.isFinite else { return .nan }
    let sorted = logWeights.sorted()
    guard sorted.allSatisfy({ !$0.isNaN }) else { return .nan }
    // Below the smallest normal number a weight is as good as 0.
    let threshold = max(Foundation.exp(sorted[count - tail - 1] - largest), .leastNormalMagnitude)
    let exceedances = sorted.suffix(tail).map { Foundation.exp($0 - largest) - threshold }.filter { $0 > 0 }
    // Equal weights have no tail.
    guard exceedances.count > 4 else { return exceedances.isEmpty ? -.infinity : .infinity }
    return GeneralizedPareto.shape(ofSorted: exceedances)
  }

  /// The weights divided by the largest.
  private var scaled: [Double] {
    let largest = logWeights.max() ?? 0
    return logWeights.map { Foundation.exp($0 - largest) }
  }
}

/// The generalized Pareto distribution of exceedances.
enum GeneralizedPareto {
  /// The shape, by the posterior mean over a profile likelihood with a weak prior towards 0.5.
  ///
  /// - Reference: Zhang, Stephens, *A new and efficient estimation method for the generalized Pareto distribution*, 2009,
  ///   section 2; the prior of ten observations at 0.5 is that of Vehtari and others (2024), appendix G.
  static func shape(ofSorted x: [Double]) -> Double {
    let count = x.count
    let points = 30 + Int(Double(count).squareRoot())
    let quartile = x[max(Int(Double(count) / 4 + 0.5) - 1, 0)]
    let b = (1...points).map { index in
      (1 - (Double(points) / (Double(index) - 0.5)).squareRoot()) / (3 * quartile) + 1 / x[count - 1]
    }
    let shapes = b.map { b in x.reduce(0) { $0 + Foundation.log1p(-b * $1) } / Double(count) }
    let profile = zip(b, shapes).map { b, k in Double(count) * (Foundation.log(-(b / k)) - k - 1) }
    let largest = profile.max() ?? 0
    let weights = profile.map { Foundation.exp($0 - largest) }
    let total = weights.reduce(0, +)
    let mean = zip(b, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    let shape = x.reduce(0) { $0 + Foundation.log1p(-mean * $1) } / Double(count)
    return (Double(count) * shape + 10 * 0.5) / Double(count + 10)
  }
}
