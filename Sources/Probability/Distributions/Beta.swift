public import Torch

/// Independent numbers between 0 and 1 of the beta distribution: the density is x^(a - 1) (1 - x)^(b - 1) / B(a, b).
///
/// - Shapes: `alpha` and `beta` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Beta: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// a, the weight of 1, `[*batch, *event]`.
  public let alpha: Tensor
  /// b, the weight of 0, `[*batch, *event]`.
  public let beta: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Beta numbers of two weights.
  ///
  /// - Precondition: the shapes broadcast, and no weight is 0 or negative.
  public init(alpha: Tensor, beta: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Beta", [alpha, beta], eventRank: eventRank)
    precondition(alpha.isPositive && beta.isPositive, "Beta: expected positive weights")
    (self.alpha, self.beta) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// Numbers from 0 to 1.
  public var support: Support {
    Support(.interval(lower: Tensor(0.0), upper: Tensor(1.0)), eventRank: eventShape.rank)
  }
  /// a / (a + b).
  public var mean: Tensor { alpha / (alpha + beta) }
  /// a b / ((a + b)^2 (a + b + 1)).
  public var variance: Tensor {
    let total = alpha + beta
    return (alpha / total) * (beta / total) / (total + 1.0)
  }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    let total = alpha + beta
    // log B(a, b) - (a - 1) digamma(a) - (b - 1) digamma(b) + (a + b - 2) digamma(a + b) with Stirling's terms taken out.
    let leading = 0.5 * (alpha.log() + beta.log()) - 1.5 * total.log() + 0.918_938_533_204_672_74
    let remainders = alpha.stirlingRemainder() + beta.stirlingRemainder() - total.stirlingRemainder()
    let slopes =
      (alpha - 1.0) * alpha.logMinusDigamma() + (beta - 1.0) * beta.logMinusDigamma()
      - (total - 2.0) * total.logMinusDigamma()
    return (leading + remainders + slopes).sumTrailing(eventShape.rank)
  }

  /// The log-density in nats; infinite at an end whose weight is below 1.
  public func logProb(unchecked x: Tensor) -> Tensor { logDensity(x).sumTrailing(eventShape.rank) }

  private func logDensity(_ x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: (x .< 0) .| (x .> 1), inside: 0.5)
    return points.logProb(logBetaDensity(alpha, beta, points.values, 1.0 - points.values))
  }

  /// The quotient of gamma draws g(a) / (g(a) + g(b)), with gradients as those of ``Gamma``.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let shape = sampleShape + batchShape + eventShape
    let first = logStandardGamma(alpha.to(.float64).broadcasted(to: shape), using: &rng)
    let second = logStandardGamma(beta.to(.float64).broadcasted(to: shape), using: &rng)
    return (first - second).sigmoid().to(alpha.dtype)
  }

  /// The probability of a value at most `x`. Gradients flow to `x`, not to the parameters.
  public func cdf(_ x: Tensor) -> Tensor {
    SpecialFunctions.regularizedBeta(alpha, beta, x).withDerivative(by: x) { logDensity(x).exp() }
  }

  /// The logarithm of the cdf, also where the cdf underflows. Gradients flow to `x`, not to the parameters.
  public func logCDF(_ x: Tensor) -> Tensor {
    let value = SpecialFunctions.logRegularizedBeta(alpha, beta, x)
    return value.withDerivative(by: x) { (logDensity(x) - value).exp() }
  }

  /// The probability of a value above `x`. Gradients flow to `x`, not to the parameters.
  public func survival(_ x: Tensor) -> Tensor {
    SpecialFunctions.regularizedBetaComplement(alpha, beta, x).withDerivative(by: x) { -logDensity(x).exp() }
  }

  /// The logarithm of the survival function, also where that underflows. Gradients flow to `x`, not to the parameters.
  public func logSurvival(_ x: Tensor) -> Tensor {
    let value = SpecialFunctions.logRegularizedBetaComplement(alpha, beta, x)
    return value.withDerivative(by: x) { -(logDensity(x) - value).exp() }
  }

  /// The value below which a probability lies. Gradients flow to `probability`, not to the parameters.
  public func quantile(_ probability: Tensor) -> Tensor {
    let value = SpecialFunctions.inverseRegularizedBeta(alpha, beta, probability)
    return value.withDerivative(by: probability) { (-logDensity(value)).exp() }
  }

  /// The value above which a probability lies, accurate for small ones. Gradients flow to `probability`.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    let value = SpecialFunctions.inverseRegularizedBetaComplement(alpha, beta, probability)
    return value.withDerivative(by: probability) { -(-logDensity(value)).exp() }
  }
}
