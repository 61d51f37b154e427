import Foundation
public import Torch

/// The Jensen-Shannon divergence JS[p, q] = (KL[p || m] + KL[q || m]) / 2 with the mixture m = (p + q) / 2.
///
/// Symmetric, 0 for equal distributions, log(2) for such that never meet; its square root is a metric. It is finite
/// whatever the supports.
///
/// - Reference: Lin, *Divergence measures based on the Shannon entropy*, 1991, equation 3.1.
public enum JensenShannon {
  /// The greatest value, log(2), in nats.
  public static let maximum = Foundation.log(2.0)

  /// The divergence in nats, with its standard error, from draws of both.
  ///
  /// The two terms are means of numbers of at most log(2), so the estimate cannot exceed it; it may fall below 0 by noise
  /// and is not clipped.
  ///
  /// - Parameters:
  ///   - p: a distribution.
  ///   - q: another one of the same events.
  ///   - draws: the number of draws of each.
  ///   - chunkSize: the most draws at a time, which bounds the memory.
  ///   - rng: the source of random numbers.
  /// - Returns: the mean of both terms.
  public static func estimate(
    _ p: some Distribution, _ q: some Distribution, draws: Int = 10_000, chunkSize: Int = 8192,
    using rng: inout RandomGenerator
  ) -> Estimate {
    let ofP = half(p, q, draws, chunkSize, &rng)
    let ofQ = half(q, p, draws, chunkSize, &rng)
    let error = (ofP.standardError * ofP.standardError + ofQ.standardError * ofQ.standardError).squareRoot() / 2
    return Estimate((ofP.value + ofQ.value) / 2, standardError: error)
  }

  /// KL[p || m]: the mean of log 2 - log(1 + q/p).
  private static func half(
    _ p: some Distribution, _ q: some Distribution, _ draws: Int, _ chunkSize: Int, _ rng: inout RandomGenerator
  ) -> Estimate {
    let densities = LogDensities(drawnFrom: p, and: q, draws: draws, chunkSize: chunkSize, using: &rng)
    return Estimate(meanOf: densities.logRatios.map { maximum - softplus(-$0) })
  }

  /// log(1 + exp(t)) without overflow.
  private static func softplus(_ t: Double) -> Double { max(t, 0) + Foundation.log1p(Foundation.exp(-abs(t))) }
}
