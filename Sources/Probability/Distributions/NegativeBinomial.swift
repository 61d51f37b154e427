public import Torch

/// Independent counts of failures before a number of successes, which need not be whole: a Poisson count whose rate is
/// gamma.
///
/// - Shapes: `successes` and `probability` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct NegativeBinomial: MomentDistribution, EntropyDistribution, DiscreteDistribution {
  /// The number of successes at which counting ends, `[*batch, *event]`; the shape of the gamma rate.
  public let successes: Tensor
  /// The probability of a success, `[*batch, *event]`.
  public let probability: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Counts of failures before a number of successes.
  ///
  /// - Precondition: the shapes broadcast; successes are positive, probabilities lie in (0, 1].
  public init(successes: Tensor, probability: Tensor, eventRank: Int = 0) {
    let successes = successes.dtype.isFloatingPoint ? successes : successes.to(probability.dtype)
    let parameters = BroadcastParameters("NegativeBinomial", [successes, probability], eventRank: eventRank)
    precondition(successes.isPositive, "NegativeBinomial: expected positive numbers of successes")
    precondition(
      probability.isProbability && probability.isPositive,
      "NegativeBinomial: expected probabilities above 0, up to 1")
    (self.successes, self.probability) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// The numbers 0, 1, 2, ...
  public var support: Support { .counts(eventRank: eventShape.rank) }
  /// successes * (1 - probability) / probability.
  public var mean: Tensor { successes * (1.0 - probability) / probability }
  /// The mean over the probability.
  public var variance: Tensor { mean / probability }
  /// The entropy of each event in nats, `[*batch]`, as a sum to full precision; outside the gradient graph.
  public var entropy: Tensor {
    SpecialFunctions.negativeBinomialEntropy(successes, probability).sumTrailing(eventShape.rank)
  }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(counts: x, like: probability)
    let k = points.values
    // The beta density of successes and failures + 1, at the probability, times probability / (successes + failures).
    let each =
      logBetaDensity(successes, k + 1.0, probability, 1.0 - probability) + probability.log() - (successes + k).log()
    return points.logProb(each).sumTrailing(eventShape.rank)
  }

  /// Independent draws: Poisson counts of gamma rates.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let shape = successes.to(.float64).broadcasted(to: sampleShape + batchShape + eventShape)
      let odds = (1.0 - probability.to(.float64)) / probability
      return Tensor.poisson(standardGamma(shape, using: &rng) * odds, using: &rng).to(probability.dtype)
    }
  }

  /// The probability of a count of at most `x`.
  public func cdf(_ x: Tensor) -> Tensor {
    select(x .< 0, 0.0, SpecialFunctions.regularizedBeta(successes, shape(x), probability))
  }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor {
    select(x .< 0, -Double.infinity, SpecialFunctions.logRegularizedBeta(successes, shape(x), probability))
  }

  /// The probability of a count above `x`.
  public func survival(_ x: Tensor) -> Tensor {
    select(x .< 0, 1.0, SpecialFunctions.regularizedBetaComplement(successes, shape(x), probability))
  }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor {
    let inside = SpecialFunctions.logRegularizedBetaComplement(successes, shape(x), probability)
    return select(x .< 0, 0.0, select(x .== Double.infinity, -Double.infinity, inside))
  }

  /// The smallest count up to which at least a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor {
    SpecialFunctions.negativeBinomialQuantile(successes, self.probability, probability)
  }

  /// floor(x) + 1, which is 1 below 0.
  private func shape(_ x: Tensor) -> Tensor {
    (x.dtype.isFloatingPoint ? x : x.to(probability.dtype)).relu().clamped(to: 1e37).floor() + 1.0
  }
}
