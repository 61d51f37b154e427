public import Torch

/// The map from data to standard normal codes, z = Phi^-1(cdf(x)), accurate in both tails: its inverse is the quantile
/// function of the normal cdf.
public struct NormalScoreMap<Target: CumulativeDistribution>: MonotoneMap, Bijection {
  /// The distribution of data.
  public let target: Target

  /// The normal scores of a distribution.
  ///
  /// - Precondition: events are numbers.
  public init(_ target: Target) {
    precondition(
      target.eventShape.rank == 0, "NormalScoreMap: expected a distribution of numbers, got \(target.eventShape)")
    self.target = target
  }

  /// The distribution's support.
  public var domain: Support { target.support }
  /// All numbers.
  public var codomain: Support { .real(eventRank: 0) }

  /// Phi^-1(cdf(x)), from the nearer tail.
  public func forward(_ x: Tensor) -> Tensor {
    let (below, above) = (target.logCDF(x), target.logSurvival(x))
    let isLow = below .< above
    let score = SpecialFunctions.normalQuantile(ofLog: select(isLow, below, above))
    let value = select(isLow, score, -score)
    return value.withDerivative(by: x) { logDerivative(x, at: value).exp() }
  }

  /// The score without an atom's own probability.
  public func leftLimit(_ x: Tensor) -> Tensor {
    guard let target = target as? any AtomicDistribution else { return forward(x) }
    return target.cdfBelow(x).normalQuantile()
  }

  /// The quantile function of Phi(z), from the nearer tail.
  public func inverse(_ z: Tensor) -> Tensor {
    let isLow = z .< 0
    let tail = (-z.absolute()).normalCDF()
    return select(isLow, target.quantile(tail), target.survivalQuantile(tail))
  }

  /// The log-density of data minus that of the code.
  public func logDerivative(_ x: Tensor) -> Tensor { logDerivative(x, at: forward(x)) }

  private func logDerivative(_ x: Tensor, at score: Tensor) -> Tensor {
    target.logProb(x) - StandardNormal([], dtype: score.dtype).logProb(score)
  }
}
