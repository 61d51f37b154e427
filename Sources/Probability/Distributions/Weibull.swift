public import Torch

/// Independent lifetimes whose hazard is a power of age: the survival function is exp(-(x / scale)^concentration).
///
/// - Shapes: `concentration` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Weibull: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The power, `[*batch, *event]`; 1 gives the exponential distribution.
  public let concentration: Tensor
  /// The 63rd percentile, `[*batch, *event]`.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Lifetimes of a power and a scale.
  ///
  /// - Precondition: the shapes broadcast, and no parameter is 0 or negative.
  public init(concentration: Tensor, scale: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Weibull", [concentration, scale], eventRank: eventRank)
    precondition(
      concentration.isPositive && scale.isPositive, "Weibull: expected positive concentrations and scales")
    (self.concentration, self.scale) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// Numbers from 0 on.
  public var support: Support { .nonnegative(eventRank: eventShape.rank) }

  /// scale * Gamma(1 + 1 / concentration).
  public var mean: Tensor { scale * (concentration.reciprocal() + 1.0).logGamma().exp() }

  /// The squared mean times Gamma(1 + 2/c) / Gamma(1 + 1/c)^2 - 1, without cancellation for large concentrations.
  public var variance: Tensor {
    let isLarge = concentration .>= 20
    let small = select(isLarge, 1.0, concentration).reciprocal()
    let difference = (small * 2.0 + 1.0).logGamma() - (small + 1.0).logGamma() * 2.0
    let logQuotient = select(isLarge, logGammaQuotient(select(isLarge, concentration, 20.0).reciprocal()), difference)
    return mean.squared() * logQuotient.expMinusOne()
  }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    let each = (1.0 - concentration.reciprocal()) * eulerConstant + scale.log() - concentration.log() + 1.0
    return each.sumTrailing(eventShape.rank)
  }

  /// The log-density in nats; infinite at 0 for concentrations below 1.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: (x .< 0) .| (x .== Double.infinity), inside: 1.0)
    let quotient = points.values / scale
    let each =
      (concentration - 1.0).xLogY(quotient) - quotient.pow(concentration) + concentration.log() - scale.log()
    return points.logProb(each).sumTrailing(eventShape.rank)
  }

  /// scale * (-log(1 - noise))^(1 / concentration).
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    inverseTransformSample(sampleShape, like: scale, using: &rng)
  }

  /// The probability of a value at most `x`, accurate near 0.
  public func cdf(_ x: Tensor) -> Tensor { -logSurvival(x).expMinusOne() }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor {
    (concentration * (x.relu() / scale).log()).logComplementOfExpExp()
  }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { logSurvival(x).exp() }

  /// -(x / scale)^concentration.
  public func logSurvival(_ x: Tensor) -> Tensor { -(x.relu() / scale).pow(concentration) }

  /// scale * (-log(1 - probability))^(1 / concentration).
  public func quantile(_ probability: Tensor) -> Tensor {
    (scale * (-(-probability).logOnePlus()).pow(concentration.reciprocal())).defined(for: probability)
  }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    (scale * (-probability.log()).pow(concentration.reciprocal())).defined(for: probability)
  }

  /// log Gamma(1 + 2 u) - 2 log Gamma(1 + u) for small u, from the series of log Gamma(1 + u) at 0:
  /// the sum over j from 2 on of zeta(j) (2^j - 2) (-u)^j / j.
  private func logGammaQuotient(_ u: Tensor) -> Tensor {
    let coefficients = riemannZeta.enumerated().map { offset, zeta in
      let (j, sign) = (Double(offset + 2), offset.isMultiple(of: 2) ? 1.0 : -1.0)
      return sign * zeta * (Double(1 << (offset + 2)) - 2) / j
    }
    return u.squared() * u.polynomial(coefficients)
  }
}

/// zeta(2), zeta(3), ...
private let riemannZeta: [Double] = [
  1.644_934_066_848_226_4, 1.202_056_903_159_594_3, 1.082_323_233_711_138_2, 1.036_927_755_143_369_9,
  1.017_343_061_984_449_1, 1.008_349_277_381_922_8, 1.004_077_356_197_944_3, 1.002_008_392_826_082_2,
  1.000_994_575_127_818_1, 1.000_494_188_604_119_5, 1.000_246_086_553_308, 1.000_122_713_347_578_5,
  1.000_061_248_135_058_7, 1.000_030_588_236_307, 1.000_015_282_259_408_7, 1.000_007_637_197_637_9,
]
