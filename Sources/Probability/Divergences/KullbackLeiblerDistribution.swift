public import Torch

/// A distribution whose Kullback-Leibler divergence from another one of its family has a closed form.
///
/// The forward divergence KL[p* || p], whose minimum is the maximum of the likelihood, is the true distribution's from the
/// model: `truth.kullbackLeiblerDivergence(from: model)`; the reverse one is the model's from the truth. They differ.
/// Distributions of different families, or of one without a closed form, are for ``KullbackLeibler``.
///
/// To implement one: write each term as one that is never negative, so that divergences of near neighbours keep their
/// digits, and add a row to `KullbackLeiblerReferenceTests`.
public protocol KullbackLeiblerDistribution: Distribution {
  /// KL[self || other] = E[log self(x) - log other(x)] for x from this distribution, in nats, `[*batch]`; infinite where
  /// this distribution has mass that the other lacks.
  ///
  /// - Precondition: events have the same shape, and batches broadcast.
  func kullbackLeiblerDivergence(from other: Self) -> Tensor
}

extension KullbackLeiblerDistribution {
  /// Stops unless the events are of one shape and the batches broadcast.
  func checkComparable(with other: Self) {
    precondition(
      eventShape == other.eventShape && Shape.broadcasting(batchShape, other.batchShape) != nil,
      "kullbackLeiblerDivergence: expected events \(eventShape) and a batch that broadcasts with \(batchShape), got "
        + "\(other.eventShape) and \(other.batchShape)")
  }
}

/// p log(p / q) - p + q for numbers of 0 and above: the term of a divergence that is never negative, also in rounding.
///
/// With t = (q - p) / p it is p (t - log(1 + t)), which keeps its digits where p and q are near. Infinite where only q is 0.
func divergenceTerm(_ p: Tensor, _ q: Tensor) -> Tensor {
  let isZero = p .== 0
  let safe = select(isZero, 1.0, p)
  let ratio = q / safe
  return select(isZero, q, safe * ((q - p) / safe).minusLogOnePlus(sum: ratio))
}

/// log Gamma(b) - log Gamma(a) - (b - a) digamma(a) for positive numbers: how far log Gamma lies above its tangent.
///
/// Stirling's leading terms are taken together, so that nothing large cancels.
func logGammaGap(from a: Tensor, to b: Tensor) -> Tensor {
  let step = (b - a) / a
  let leading = b * ((a - b) / b).minusLogOnePlus(sum: a / b)
  let rest = 0.5 * step.minusLogOnePlus(sum: b / a) + step * (a * a.logMinusDigamma() - 0.5)
  return leading + rest + b.stirlingRemainder() - a.stirlingRemainder()
}
