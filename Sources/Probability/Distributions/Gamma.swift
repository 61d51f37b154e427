public import Torch

/// Independent numbers of the gamma distribution: the density is rate^a x^(a - 1) exp(-rate * x) / Gamma(a) for the
/// concentration a.
///
/// Gradients flow through draws to both parameters, by implicit differentiation of the cdf (Figurnov, Mohamed, Mnih,
/// *Implicit reparameterization gradients*, 2018); they are first derivatives.
///
/// - Shapes: `concentration` and `rate` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Gamma: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The shape parameter, `[*batch, *event]`.
  public let concentration: Tensor
  /// One over the scale, `[*batch, *event]`.
  public let rate: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Gamma numbers of a concentration and a rate.
  ///
  /// - Precondition: the shapes broadcast, and no parameter is 0 or negative.
  public init(concentration: Tensor, rate: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Gamma", [concentration, rate], eventRank: eventRank)
    precondition(concentration.isPositive && rate.isPositive, "Gamma: expected positive concentrations and rates")
    (self.concentration, self.rate) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// Numbers from 0 on.
  public var support: Support { .nonnegative(eventRank: eventShape.rank) }
  /// concentration / rate.
  public var mean: Tensor { concentration / rate }
  /// concentration / rate^2.
  public var variance: Tensor { concentration / rate.squared() }
  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor { (gammaEntropy(concentration) - rate.log()).sumTrailing(eventShape.rank) }

  /// The log-density in nats; infinite at 0 for concentrations below 1.
  public func logProb(unchecked x: Tensor) -> Tensor { logDensity(x).sumTrailing(eventShape.rank) }

  private func logDensity(_ x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: (x .< 0) .| (x .== Double.infinity), inside: 1.0)
    return points.logProb(logGammaDensity(concentration, rate * points.values) + rate.log())
  }

  /// Draws of Marsaglia and Tsang's method, divided by the rate.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let shape = concentration.to(.float64).broadcasted(to: sampleShape + batchShape + eventShape)
    return (standardGamma(shape, using: &rng) / rate).to(concentration.dtype)
  }

  /// The probability of a value at most `x`. Gradients flow to `x`, not to the parameters.
  public func cdf(_ x: Tensor) -> Tensor {
    SpecialFunctions.regularizedGammaP(concentration, rate * x).withDerivative(by: x) { logDensity(x).exp() }
  }

  /// The logarithm of the cdf, also where the cdf underflows. Gradients flow to `x`, not to the parameters.
  public func logCDF(_ x: Tensor) -> Tensor {
    let value = SpecialFunctions.logRegularizedGammaP(concentration, rate * x)
    return value.withDerivative(by: x) { (logDensity(x) - value).exp() }
  }

  /// The probability of a value above `x`. Gradients flow to `x`, not to the parameters.
  public func survival(_ x: Tensor) -> Tensor {
    SpecialFunctions.regularizedGammaQ(concentration, rate * x).withDerivative(by: x) { -logDensity(x).exp() }
  }

  /// The logarithm of the survival function, also where that underflows. Gradients flow to `x`, not to the parameters.
  public func logSurvival(_ x: Tensor) -> Tensor {
    let value = SpecialFunctions.logRegularizedGammaQ(concentration, rate * x)
    return value.withDerivative(by: x) { -(logDensity(x) - value).exp() }
  }

  /// The value below which a probability lies. Gradients flow to `probability` and to the rate.
  public func quantile(_ probability: Tensor) -> Tensor {
    let standard = SpecialFunctions.inverseRegularizedGammaP(concentration, probability)
    return standard.withDerivative(by: probability) { (-logGammaDensity(concentration, standard)).exp() } / rate
  }

  /// The value above which a probability lies, accurate for small ones. Gradients flow to `probability` and to the rate.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    let standard = SpecialFunctions.inverseRegularizedGammaQ(concentration, probability)
    return standard.withDerivative(by: probability) { -(-logGammaDensity(concentration, standard)).exp() } / rate
  }
}

/// Gamma draws with rate 1 of each 64-bit shape, through which gradients flow to the shape.
func standardGamma(_ shape: Tensor, using rng: inout RandomGenerator) -> Tensor {
  let draws = Tensor.standardGamma(shape, using: &rng)
  return draws.withDerivative(by: shape) { SpecialFunctions.gammaQuantileSlope(shape, draws) }
}

/// Logarithms of gamma draws with rate 1 of each 64-bit shape, which do not underflow for small shapes; gradients flow to
/// the shape.
func logStandardGamma(_ shape: Tensor, using rng: inout RandomGenerator) -> Tensor {
  // A gamma draw of shape a is one of shape a + 1 times a uniform number to the power 1/a.
  let noise = Tensor.openUniform(shape.shape, device: shape.device, using: &rng)
  return standardGamma(shape + 1.0, using: &rng).log() + noise.log() / shape
}

/// The entropy of the gamma distribution with rate 1: a + log Gamma(a) + (1 - a) digamma(a) without cancellation.
func gammaEntropy(_ a: Tensor) -> Tensor {
  let leading = 0.5 * a.log() + 0.918_938_533_204_672_74 + a.stirlingRemainder()
  return leading + (a - 1.0) * a.logMinusDigamma()
}
