public import Torch

/// Independent waiting times at a constant rate: the density is rate * exp(-rate * x) for x >= 0.
///
/// - Shapes: `rate` is `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Exponential: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution
{
  /// One over the mean, `[*batch, *event]`.
  public let rate: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Waiting times of a rate.
  ///
  /// - Precondition: no rate is 0 or negative.
  public init(rate: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Exponential", [rate], eventRank: eventRank)
    precondition(rate.isPositive, "Exponential: expected positive rates")
    self.rate = rate
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// Numbers from 0 on.
  public var support: Support { .nonnegative(eventRank: eventShape.rank) }
  /// One over the rate.
  public var mean: Tensor { rate.reciprocal() }
  /// The square of the mean.
  public var variance: Tensor { rate.squared().reciprocal() }
  /// The entropy of each event in nats: 1 - log rate for each number, `[*batch]`.
  public var entropy: Tensor { (1.0 - rate.log()).sumTrailing(eventShape.rank) }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: x .< 0, inside: 0.0)
    return points.logProb(rate.log() - rate * points.values).sumTrailing(eventShape.rank)
  }

  /// -log(1 - noise) / rate.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    inverseTransformSample(sampleShape, like: rate, using: &rng)
  }

  /// 1 - exp(-rate * x), accurate near 0.
  public func cdf(_ x: Tensor) -> Tensor { -(rate * -x.relu()).expMinusOne() }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { logSurvival(x).exp() }

  /// -rate * x.
  public func logSurvival(_ x: Tensor) -> Tensor { rate * -x.relu() }

  /// -log(1 - probability) / rate.
  public func quantile(_ probability: Tensor) -> Tensor {
    (-(-probability).logOnePlus() / rate).defined(for: probability)
  }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    (-probability.log() / rate).defined(for: probability)
  }
}
