public import Torch

/// Independent counts of failures before the first success: 0, 1, 2, ...
///
/// Differs from `scipy.stats.geom`, which counts the trials up to the first success: one more.
///
/// - Shapes: `probability` is `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Geometric: MomentDistribution, EntropyDistribution, DiscreteDistribution {
  /// The probability of a success, `[*batch, *event]`.
  public let probability: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Counts of failures before the first success.
  ///
  /// - Precondition: probabilities lie in (0, 1].
  public init(probability: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Geometric", [probability], eventRank: eventRank)
    precondition(
      probability.isProbability && probability.isPositive, "Geometric: expected probabilities above 0, up to 1")
    self.probability = probability
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// The numbers 0, 1, 2, ...
  public var support: Support { .counts(eventRank: eventShape.rank) }
  /// (1 - probability) / probability.
  public var mean: Tensor { (1.0 - probability) / probability }
  /// (1 - probability) / probability^2.
  public var variance: Tensor { mean / probability }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    let failure = (1.0 - probability).xLogOnePlusY(-probability)
    return (-(probability.log() + failure / probability)).sumTrailing(eventShape.rank)
  }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(counts: x, like: probability)
    let each = points.values.xLogOnePlusY(-probability) + probability.log()
    return points.logProb(each).sumTrailing(eventShape.rank)
  }

  /// Independent draws: floor(log(noise) / log(1 - probability)).
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.openUniform(sampleShape + batchShape + eventShape, device: probability.device, using: &rng)
    return (noise.log() / (-probability.detached().to(.float64)).logOnePlus()).floor().to(probability.dtype)
  }

  /// The probability of a count of at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { -logSurvival(x).expMinusOne() }

  /// The probability of a count above `x`.
  public func survival(_ x: Tensor) -> Tensor { logSurvival(x).exp() }

  /// (floor(x) + 1) log(1 - probability); 0 below 0.
  public func logSurvival(_ x: Tensor) -> Tensor {
    let x = x.dtype.isFloatingPoint ? x : x.to(probability.dtype)
    return ((x.floor() + 1.0).relu()).xLogOnePlusY(-probability)
  }

  /// The smallest count up to which at least a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor {
    withoutGradient {
      let guess = ((-probability).logOnePlus() / (-self.probability).logOnePlus()).ceil() - 1.0
      let k = select(self.probability .== 1, 0.0, guess.relu())
      // Rounding of the quotient may be off by one either way.
      let lower = select(cdf(k - 1.0) .>= probability, k - 1.0, k).relu()
      return select(cdf(lower) .< probability, lower + 1.0, lower).defined(for: probability)
    }
  }
}
