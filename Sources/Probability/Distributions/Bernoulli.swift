public import Torch

/// Independent numbers that are 1 with a probability and 0 otherwise; vectors of them when the event rank is 1.
///
/// ``Atoms/signs(probability:)`` is the same with the values +1 and -1.
///
/// - Shapes: the parameter is `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Bernoulli: MomentDistribution, EntropyDistribution, DiscreteDistribution {
  /// The probability of 1, `[*batch, *event]`.
  public let probability: Tensor
  /// log(probability / (1 - probability)), `[*batch, *event]`.
  public let logits: Tensor
  /// The probability of 0.
  private let complement: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Numbers that are 1 with a probability.
  ///
  /// - Precondition: each probability lies in [0, 1].
  public init(probability: Tensor, eventRank: Int = 0) {
    precondition(probability.isProbability, "Bernoulli: expected probabilities from 0 to 1")
    self.init(
      probability: probability, complement: 1.0 - probability,
      logits: probability.log() - (-probability).logOnePlus(), eventRank)
  }

  /// Numbers that are 1 with probability sigmoid(logits): the form to learn, accurate for probabilities near 0 and 1.
  public init(logits: Tensor, eventRank: Int = 0) {
    self.init(probability: logits.sigmoid(), complement: (-logits).sigmoid(), logits: logits, eventRank)
  }

  private init(probability: Tensor, complement: Tensor, logits: Tensor, _ eventRank: Int) {
    let parameters = BroadcastParameters("Bernoulli", [probability, complement, logits], eventRank: eventRank)
    (self.probability, self.complement, self.logits) = (probability, complement, logits)
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// 0 and 1.
  public var support: Support {
    Support(.integers(lower: Tensor(0.0), upper: Tensor(1.0)), eventRank: eventShape.rank)
  }
  /// The probability.
  public var mean: Tensor { probability }
  /// The product of the probabilities of 1 and 0.
  public var variance: Tensor { probability * complement }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    -(probability.xLogY(probability) + complement.xLogY(complement)).sumTrailing(eventShape.rank)
  }

  /// The log-probability in nats; minus infinity for all numbers but 0 and 1.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let counts = SafePoints(counts: x, to: Tensor.ones(like: probability), like: probability)
    let each = select(counts.values .> 0, logits.logSigmoid(), (-logits).logSigmoid()) + counts.values * 0.0
    return counts.logProb(each).sumTrailing(eventShape.rank)
  }

  /// Independent draws.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.uniform(
      sampleShape + batchShape + eventShape, dtype: .float64, device: probability.device, using: &rng)
    return (noise .< probability.detached()).to(probability.dtype)
  }

  /// 0 below 0, the probability of 0 below 1, then 1.
  public func cdf(_ x: Tensor) -> Tensor {
    select(x .< 0, 0.0, select(x .>= 1, 1.0, complement + x * 0.0))
  }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor {
    select(x .< 0, 1.0, select(x .>= 1, 0.0, probability + x * 0.0))
  }

  /// 0 up to the probability of 0, then 1.
  public func quantile(_ probability: Tensor) -> Tensor {
    let isOne = probability .> complement
    return isOne.to(self.probability.dtype).adding(probability, times: 0.0).defined(for: probability)
  }
}
