public import Torch

/// Independent numbers of the logistic distribution, whose distribution function is the sigmoid.
///
/// - Shapes: `location` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Logistic: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The mean, `[*batch, *event]`.
  public let location: Tensor
  /// The scale, `[*batch, *event]`; the standard deviation is pi / sqrt(3) times it.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Logistic numbers of a mean and a scale.
  ///
  /// - Precondition: the shapes broadcast, and no scale is 0 or negative.
  public init(location: Tensor, scale: Tensor, eventRank: Int = 0) {
    (self.location, self.scale) = broadcastParameters("Logistic", location, scale, eventRank: eventRank)
    precondition(!(scale .<= 0).any(), "Logistic: expected positive scales")
    batchShape = self.location.shape.droppingTrailing(eventRank)
    eventShape = self.location.shape.trailing(eventRank)
  }

  /// Standard logistic events of a shape: location 0 and scale 1.
  public static func standard(_ eventShape: Shape, dtype: DType = .float32, device: Device = .cpu) -> Logistic {
    Logistic(
      location: Tensor.zeros(eventShape, dtype: dtype, device: device),
      scale: Tensor.ones(eventShape, dtype: dtype, device: device), eventRank: eventShape.rank)
  }

  /// All real events.
  public var support: Support { .real(eventRank: eventShape.rank) }
  /// The location.
  public var mean: Tensor { location }
  /// pi^2 / 3 times the squared scale.
  public var variance: Tensor { scale.squared() * (Double.pi * Double.pi / 3) }
  /// The entropy of each event in nats: log scale + 2 for each number, `[*batch]`.
  public var entropy: Tensor { (scale.log() + 2.0).sumTrailing(eventShape.rank) }

  /// The log-density in nats, accurate in both tails.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let standardized = (x - location) / scale
    let each = standardized.logSigmoid() + (-standardized).logSigmoid() - scale.log()
    return each.sumTrailing(eventShape.rank)
  }

  /// location + scale * logit(noise).
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.uniform(
      sampleShape + batchShape + eventShape, dtype: location.dtype, device: location.device, using: &rng)
    // Uniform numbers may be 0, of which the logit is infinite.
    let tiny = noise.dtype.ulpOfOne / 4
    return quantile(noise.clamped(from: tiny, to: 1 - noise.dtype.ulpOfOne / 2))
  }

  /// The probability of a value at most `x`, element by element.
  public func cdf(_ x: Tensor) -> Tensor { ((x - location) / scale).sigmoid() }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor { ((x - location) / scale).logSigmoid() }

  /// The probability of a value above `x`, element by element.
  public func survival(_ x: Tensor) -> Tensor { ((location - x) / scale).sigmoid() }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { ((location - x) / scale).logSigmoid() }

  /// The value below which a probability lies, element by element.
  public func quantile(_ probability: Tensor) -> Tensor {
    location.addingProduct(scale, probability.log() - (-probability).logOnePlus())
  }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    location - scale * (probability.log() - (-probability).logOnePlus())
  }
}
