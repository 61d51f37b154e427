public import Torch

/// Independent numbers, equally likely between two bounds; boxes of them when the event rank is 1.
///
/// Both bounds belong to the support.
///
/// - Shapes: `lower` and `upper` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Uniform: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The least value, `[*batch, *event]`.
  public let lower: Tensor
  /// The greatest value, `[*batch, *event]`.
  public let upper: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Numbers between two bounds.
  ///
  /// - Precondition: the shapes broadcast, and each upper bound is above its lower bound.
  public init(lower: Tensor, upper: Tensor, eventRank: Int = 0) {
    (self.lower, self.upper) = broadcastParameters("Uniform", lower, upper, eventRank: eventRank)
    precondition(!(upper .<= lower).any(), "Uniform: expected upper bounds above lower bounds")
    batchShape = self.lower.shape.droppingTrailing(eventRank)
    eventShape = self.lower.shape.trailing(eventRank)
  }

  /// The box between the bounds.
  public var support: Support { Support(.interval(lower: lower, upper: upper), eventRank: eventShape.rank) }
  /// The middle.
  public var mean: Tensor { (lower + upper) * 0.5 }
  /// The squared width over 12.
  public var variance: Tensor { (upper - lower).squared() * (1.0 / 12) }
  /// The entropy of each event in nats: the logarithm of the volume, `[*batch]`.
  public var entropy: Tensor { (upper - lower).log().sumTrailing(eventShape.rank) }

  /// Minus the logarithm of the volume inside, minus infinity outside.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let isOutside = (x .< lower) .| (x .> upper)
    // NaN, which is not outside, stays NaN.
    let each = x * 0.0 - (upper - lower).log()
    return select(isOutside, -Double.infinity, each).sumTrailing(eventShape.rank)
  }

  /// lower + (upper - lower) * noise.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.uniform(
      sampleShape + batchShape + eventShape, dtype: lower.dtype, device: lower.device, using: &rng)
    return lower.addingProduct(upper - lower, noise)
  }

  /// The probability of a value at most `x`, element by element.
  public func cdf(_ x: Tensor) -> Tensor { ((x - lower) / (upper - lower)).clamped(from: 0, to: 1) }

  /// The probability of a value above `x`, element by element.
  public func survival(_ x: Tensor) -> Tensor { ((upper - x) / (upper - lower)).clamped(from: 0, to: 1) }

  /// The value below which a probability lies, element by element.
  public func quantile(_ probability: Tensor) -> Tensor {
    lower.addingProduct(upper - lower, probability).defined(for: probability)
  }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    (upper - (upper - lower) * probability).defined(for: probability)
  }
}
