public import Torch

// Closed forms. Where the textbook has a difference, such as log(b/a) + a/b - 1, it is written t - log(1 + t) of the
// relative difference t, which is never negative and loses no digits when the two are alike.

extension StandardNormal: KullbackLeiblerDistribution {
  /// 0: there is one standard normal distribution of a shape.
  public func kullbackLeiblerDivergence(from other: StandardNormal) -> Tensor {
    checkComparable(with: other)
    return (entropy - other.entropy) * 0.0
  }
}

extension Normal: KullbackLeiblerDistribution {
  /// log(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2 for each number, summed over the event.
  public func kullbackLeiblerDivergence(from other: Normal) -> Tensor {
    checkComparable(with: other)
    let spread = (scale - other.scale) / other.scale * ((scale + other.scale) / other.scale)
    let distance = (location - other.location) / other.scale
    let ratio = (scale / other.scale).squared()
    return (0.5 * (spread.minusLogOnePlus(sum: ratio) + distance.squared())).sumTrailing(eventShape.rank)
  }
}

extension LogNormal: KullbackLeiblerDistribution {
  /// That of the logarithms, which are normal.
  public func kullbackLeiblerDivergence(from other: LogNormal) -> Tensor {
    checkComparable(with: other)
    let rank = eventShape.rank
    return Normal(location: location, scale: scale, eventRank: rank)
      .kullbackLeiblerDivergence(from: Normal(location: other.location, scale: other.scale, eventRank: rank))
  }
}

extension MultivariateNormal: KullbackLeiblerDistribution {
  /// (trace(S2^-1 S1) - D - log det(S2^-1 S1) + (m1 - m2)' S2^-1 (m1 - m2)) / 2.
  ///
  /// - Complexity: O(features^3).
  public func kullbackLeiblerDivergence(from other: MultivariateNormal) -> Tensor {
    checkComparable(with: other)
    let batch = Shape.broadcasting(batchShape, other.batchShape) ?? []
    let square = batch + eventShape + eventShape
    let own = scaleTriangle.broadcasted(to: square)
    let others = other.scaleTriangle.broadcasted(to: square)
    // A = L2^-1 L1 is a lower triangle: its squared elements sum to the trace, its diagonal has the determinant.
    let a = others.solvingTriangular(own)
    let (first, second) = (own.diagonal(), others.diagonal())
    let spread = (first - second) / second * ((first + second) / second)
    let distance = others.solvingTriangular(vectors: (location - other.location).broadcasted(to: batch + eventShape))
    let diagonal = spread.minusLogOnePlus(sum: (first / second).squared()).sum(-1)
    return 0.5 * (diagonal + a.lowerTriangle(-1).squared().sum(-2, -1) + distance.squared().sum(-1))
  }
}

extension Laplace: KullbackLeiblerDistribution {
  /// log(s2 / s1) + (s1 exp(-d / s1) + d) / s2 - 1 with d = |m1 - m2|, for each number, summed over the event.
  public func kullbackLeiblerDivergence(from other: Laplace) -> Tensor {
    checkComparable(with: other)
    let ratio = scale / other.scale
    let distance = (location - other.location).absolute() / scale
    let shape = ((scale - other.scale) / other.scale).minusLogOnePlus(sum: ratio)
    return (shape + ratio * ((-distance).expMinusOne() + distance)).sumTrailing(eventShape.rank)
  }
}

extension Exponential: KullbackLeiblerDistribution {
  /// log(r1 / r2) + r2 / r1 - 1 for each number, summed over the event.
  public func kullbackLeiblerDivergence(from other: Exponential) -> Tensor {
    checkComparable(with: other)
    let each = ((other.rate - rate) / rate).minusLogOnePlus(sum: other.rate / rate)
    return each.sumTrailing(eventShape.rank)
  }
}

extension Gamma: KullbackLeiblerDistribution {
  /// (a1 - a2) digamma(a1) - log Gamma(a1) + log Gamma(a2) + a2 log(b1 / b2) + a1 (b2 - b1) / b1 for concentrations a and
  /// rates b, for each number, summed over the event.
  public func kullbackLeiblerDivergence(from other: Gamma) -> Tensor {
    checkComparable(with: other)
    let each = gammaDivergence(concentration, rate, from: other.concentration, other.rate)
    return each.sumTrailing(eventShape.rank)
  }
}

extension InverseGamma: KullbackLeiblerDistribution {
  /// That of the reciprocals, which have a gamma distribution.
  public func kullbackLeiblerDivergence(from other: InverseGamma) -> Tensor {
    checkComparable(with: other)
    let each = gammaDivergence(concentration, scale, from: other.concentration, other.scale)
    return each.sumTrailing(eventShape.rank)
  }
}

/// The divergence of gamma distributions. With w = m1 / m2 - 1 for the means m it is a2 (w - log(1 + w)) plus what of
/// log Gamma's gap is not part of that.
private func gammaDivergence(_ a1: Tensor, _ b1: Tensor, from a2: Tensor, _ b2: Tensor) -> Tensor {
  let ratio = a1 * b2 / (a2 * b1)
  let means = (a1 * b2 - a2 * b1) / (a2 * b1)
  let step = (a2 - a1) / a1
  let shapes =
    0.5 * step.minusLogOnePlus(sum: a2 / a1) + step * (a1 * a1.logMinusDigamma() - 0.5) + a2.stirlingRemainder()
    - a1.stirlingRemainder()
  return a2 * means.minusLogOnePlus(sum: ratio) + shapes
}

extension Beta: KullbackLeiblerDistribution {
  /// log B(a2, b2) - log B(a1, b1) + (a1 - a2) digamma(a1) + (b1 - b2) digamma(b1) + (n2 - n1) digamma(n1) with n = a + b,
  /// for each number, summed over the event.
  public func kullbackLeiblerDivergence(from other: Beta) -> Tensor {
    checkComparable(with: other)
    let total = logGammaGap(from: alpha + beta, to: other.alpha + other.beta)
    let each = logGammaGap(from: alpha, to: other.alpha) + logGammaGap(from: beta, to: other.beta) - total
    return each.sumTrailing(eventShape.rank)
  }
}

extension Dirichlet: KullbackLeiblerDistribution {
  /// The sum over classes of log Gamma's gaps between the concentrations, minus the gap between their sums.
  public func kullbackLeiblerDivergence(from other: Dirichlet) -> Tensor {
    checkComparable(with: other)
    let (a, b) = (concentration.wide, other.concentration.wide)
    let gaps = logGammaGap(from: a, to: b).sum(-1) - logGammaGap(from: a.sum(-1), to: b.sum(-1))
    return gaps.to(concentration.dtype)
  }
}

extension Uniform: KullbackLeiblerDistribution {
  /// The logarithm of the ratio of volumes; infinite where the first box does not lie inside the second.
  public func kullbackLeiblerDivergence(from other: Uniform) -> Tensor {
    checkComparable(with: other)
    let isInside = (lower .>= other.lower) .& (upper .<= other.upper)
    let ratio = ((other.upper - other.lower) / (upper - lower)).log()
    return select(isInside, ratio, Double.infinity).sumTrailing(eventShape.rank)
  }
}
