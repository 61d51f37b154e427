import Foundation
public import Torch

/// The families of divergences with an order alpha, by Monte Carlo in the log domain.
///
/// Both are functions of the integral I = E[(q(x) / p(x))^(1 - alpha)] for x from p, that is, of p^alpha q^(1 - alpha):
///
/// - Renyi: log(I) / (alpha - 1); 0 for alpha = 0 on a common support, KL[p || q] for alpha = 1, minus twice the logarithm
///   of the Bhattacharyya coefficient for alpha = 1/2.
/// - Amari: (I - 1) / (alpha (alpha - 1)); KL[p || q] for alpha = 1, KL[q || p] for alpha = 0, twice the squared
///   Hellinger distance, 2 integral (sqrt p - sqrt q)^2, for alpha = 1/2.
///
/// For an order above 1 the terms (p/q)^(alpha - 1) have heavy tails: look at ``effectiveFraction`` and
/// ``paretoShape`` before trusting the value.
///
/// - Reference: Renyi, *On measures of entropy and information*, 1961; Amari, *Differential-geometrical methods in
///   statistics*, 1985, in the order of Cichocki and Amari, *Families of alpha- beta- and gamma-divergences*, 2010,
///   equation 5; Li and Turner, *Renyi divergence variational inference*, 2016.
public struct AlphaDivergence: Hashable, Sendable {
  /// The order.
  public let alpha: Double
  /// Renyi's divergence in nats, with its standard error by the delta method.
  public let renyi: Estimate
  /// Amari's divergence, with its standard error.
  public let amari: Estimate
  /// The share of the draws that carry the estimate: the effective sample size of the terms over their number. Near 0, a
  /// few draws decide.
  public let effectiveFraction: Double
  /// The tail of the terms, as in ``ImportanceWeights/paretoShape``: above 0.7 the estimate cannot be trusted.
  public let paretoShape: Double

  /// The divergences of p from q, from draws of p.
  ///
  /// Infinite for an order of 1 or above when q is 0 at a draw. Below 1 such draws add nothing.
  ///
  /// - Parameters:
  ///   - p: the distribution to draw from.
  ///   - q: the other one, of the same events.
  ///   - alpha: the order: any finite number for Amari's, where Renyi's is meant for positive ones. At 1 both are the
  ///     Kullback-Leibler divergence; at 0 Amari's is the reverse one, KL[q || p].
  ///   - draws: the number of draws.
  ///   - chunkSize: the most draws at a time, which bounds the memory.
  ///   - rng: the source of random numbers.
  public init(
    of p: some Distribution, from q: some Distribution, alpha: Double, draws: Int = 10_000, chunkSize: Int = 8192,
    using rng: inout RandomGenerator
  ) {
    precondition(alpha.isFinite, "AlphaDivergence: expected a finite order, got \(alpha)")
    let ratios = LogDensities(drawnFrom: p, and: q, draws: draws, chunkSize: chunkSize, using: &rng).logRatios
    self.init(logRatios: ratios, alpha: alpha)
  }

  /// The divergences from log p(x) - log q(x) at draws x of p.
  init(logRatios: [Double], alpha: Double) {
    self.alpha = alpha
    let terms = ImportanceWeights(logWeights: logRatios.map { alpha == 1 ? 0 : (alpha - 1) * $0 })
    effectiveFraction = terms.effectiveFraction
    paretoShape = terms.paretoShape
    guard alpha != 1 else {
      (renyi, amari) = (Estimate(meanOf: logRatios), Estimate(meanOf: logRatios))
      return
    }
    let isInfinite = alpha > 1 && logRatios.contains(.infinity)
    let integral = terms.logMean
    renyi =
      isInfinite
      ? Estimate(.infinity, standardError: .nan)
      : Estimate(integral.value / (alpha - 1), standardError: integral.standardError / abs(alpha - 1))
    amari = isInfinite ? renyi : AlphaDivergence.amari(logRatios, alpha)
  }

  /// (r^(alpha - 1) - 1) / (alpha (alpha - 1)) on average, r = p/q.
  private static func amari(_ logRatios: [Double], _ alpha: Double) -> Estimate {
    // At alpha = 0 the limit is r^-1 log(r^-1), the term of KL[q || p].
    guard alpha != 0 else {
      return Estimate(meanOf: logRatios.map { $0 == .infinity ? 0 : -$0 * Foundation.exp(-$0) })
    }
    let terms = logRatios.map { Foundation.expm1((alpha - 1) * $0) / (alpha * (alpha - 1)) }
    return Estimate(meanOf: terms)
  }
}
