public import Torch

/// Independent counts of events that happen at a rate: the probability of k is rate^k exp(-rate) / k!.
///
/// - Shapes: `rate` is `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Poisson: MomentDistribution, EntropyDistribution, DiscreteDistribution {
  /// The mean, `[*batch, *event]`.
  public let rate: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Counts of a mean.
  ///
  /// - Precondition: no rate is negative; at 0 all counts are 0.
  public init(rate: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Poisson", [rate], eventRank: eventRank)
    precondition(!(rate .< 0).any(), "Poisson: expected rates of 0 or above")
    self.rate = rate
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// The numbers 0, 1, 2, ...
  public var support: Support { .counts(eventRank: eventShape.rank) }
  /// The rate.
  public var mean: Tensor { rate }
  /// The rate.
  public var variance: Tensor { rate }
  /// The entropy of each event in nats, `[*batch]`, as a sum to full precision; outside the gradient graph.
  public var entropy: Tensor { SpecialFunctions.poissonEntropy(rate).sumTrailing(eventShape.rank) }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(counts: x, like: rate)
    // The gamma density of shape k + 1, at the rate.
    return points.logProb(logGammaDensity(points.values + 1.0, rate)).sumTrailing(eventShape.rank)
  }

  /// Independent draws.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let rates = rate.to(.float64).broadcasted(to: sampleShape + batchShape + eventShape)
    return Tensor.poisson(rates.contiguous(), using: &rng).to(rate.dtype)
  }

  /// The probability of a count of at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { select(x .< 0, 0.0, SpecialFunctions.regularizedGammaQ(shape(x), rate)) }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor {
    select(x .< 0, -Double.infinity, SpecialFunctions.logRegularizedGammaQ(shape(x), rate))
  }

  /// The probability of a count above `x`.
  public func survival(_ x: Tensor) -> Tensor {
    select(x .< 0, 1.0, SpecialFunctions.regularizedGammaP(shape(x), rate))
  }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor {
    let inside = SpecialFunctions.logRegularizedGammaP(shape(x), rate)
    return select(x .< 0, 0.0, select(x .== Double.infinity, -Double.infinity, inside))
  }

  /// The smallest count up to which at least a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor { SpecialFunctions.poissonQuantile(rate, probability) }

  /// floor(x) + 1, which is 1 below 0.
  private func shape(_ x: Tensor) -> Tensor {
    (x.dtype.isFloatingPoint ? x : x.to(rate.dtype)).relu().clamped(to: 1e37).floor() + 1.0
  }
}
