public import Torch

/// Independent numbers whose reciprocals are gamma: the density is scale^a x^(-a - 1) exp(-scale / x) / Gamma(a) for the
/// concentration a.
///
/// - Shapes: `concentration` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct InverseGamma: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution
{
  /// The distribution of reciprocals, of which the rate is the scale.
  private let gamma: Gamma

  /// Inverse gamma numbers of a concentration and a scale.
  ///
  /// - Precondition: the shapes broadcast, and no parameter is 0 or negative.
  public init(concentration: Tensor, scale: Tensor, eventRank: Int = 0) {
    precondition(
      concentration.isPositive && scale.isPositive, "InverseGamma: expected positive concentrations and scales")
    gamma = Gamma(concentration: concentration, rate: scale, eventRank: eventRank)
  }

  /// The power of the tail, `[*batch, *event]`.
  public var concentration: Tensor { gamma.concentration }
  /// The scale, `[*batch, *event]`.
  public var scale: Tensor { gamma.rate }
  /// The shape of distributions side by side.
  public var batchShape: Shape { gamma.batchShape }
  /// The shape of one draw.
  public var eventShape: Shape { gamma.eventShape }
  /// Numbers from 0 on.
  public var support: Support { gamma.support }

  /// The mean; infinite for concentrations up to 1.
  public var mean: Tensor {
    let isFinite = concentration .> 1
    return select(isFinite, scale / (select(isFinite, concentration, 2.0) - 1.0), Double.infinity)
  }

  /// The variance; infinite for concentrations up to 2.
  public var variance: Tensor {
    let isFinite = concentration .> 2
    let c = select(isFinite, concentration, 3.0)
    return select(isFinite, scale.squared() / ((c - 1.0).squared() * (c - 2.0)), Double.infinity)
  }

  /// The entropy of each event in nats: that of the reciprocals minus twice the mean of their logarithm, `[*batch]`.
  public var entropy: Tensor {
    let meanLogReciprocal = concentration.digamma() - scale.log()
    return (gammaEntropy(concentration) - scale.log() - 2.0 * meanLogReciprocal).sumTrailing(eventShape.rank)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: (x .<= 0) .| (x .== Double.infinity), inside: 1.0)
    let y = scale / points.values
    let each = logGammaDensity(concentration, y) + y.log() - points.values.log()
    return points.logProb(each).sumTrailing(eventShape.rank)
  }

  /// One over gamma draws, with gradients as those of ``Gamma``.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let shape = concentration.to(.float64).broadcasted(to: sampleShape + batchShape + eventShape)
    return (scale * (-logStandardGamma(shape, using: &rng)).exp()).to(concentration.dtype)
  }

  /// The probability of a value at most `x`. Gradients flow to `x`, not to the parameters.
  public func cdf(_ x: Tensor) -> Tensor { gamma.survival(reciprocal(x)) }
  /// The logarithm of the cdf, also where the cdf underflows. Gradients flow to `x`, not to the parameters.
  public func logCDF(_ x: Tensor) -> Tensor { gamma.logSurvival(reciprocal(x)) }
  /// The probability of a value above `x`. Gradients flow to `x`, not to the parameters.
  public func survival(_ x: Tensor) -> Tensor { gamma.cdf(reciprocal(x)) }
  /// The logarithm of the survival function, also where that underflows. Gradients flow to `x`, not to the parameters.
  public func logSurvival(_ x: Tensor) -> Tensor { gamma.logCDF(reciprocal(x)) }

  /// The value below which a probability lies. Gradients flow to `probability` and to the scale.
  public func quantile(_ probability: Tensor) -> Tensor {
    let standard = SpecialFunctions.inverseRegularizedGammaQ(concentration, probability)
    return scale
      / standard.withDerivative(by: probability) { -(-logGammaDensity(concentration, standard)).exp() }
  }

  /// The value above which a probability lies, accurate for small ones. Gradients flow to `probability` and to the
  /// scale.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    let standard = SpecialFunctions.inverseRegularizedGammaP(concentration, probability)
    return scale
      / standard.withDerivative(by: probability) { (-logGammaDensity(concentration, standard)).exp() }
  }

  /// 1 / x, infinite for x up to 0.
  private func reciprocal(_ x: Tensor) -> Tensor { select(x .<= 0, Double.infinity, x.reciprocal()) }
}
