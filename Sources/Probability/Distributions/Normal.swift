import Foundation
public import Torch

/// Independent normal numbers, or vectors of them when the event rank is 1 (a diagonal covariance).
///
/// - Shapes: `location` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Normal: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The mean, `[*batch, *event]`.
  public let location: Tensor
  /// The standard deviation, `[*batch, *event]`.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Normal numbers of a mean and a standard deviation.
  ///
  /// - Precondition: the shapes broadcast, and no scale is 0 or negative.
  public init(location: Tensor, scale: Tensor, eventRank: Int = 0) {
    (self.location, self.scale) = broadcastParameters("Normal", location, scale, eventRank: eventRank)
    precondition(!(scale .<= 0).any(), "Normal: expected positive scales")
    batchShape = self.location.shape.droppingTrailing(eventRank)
    eventShape = self.location.shape.trailing(eventRank)
  }

  /// All real events.
  public var support: Support { .real(eventRank: eventShape.rank) }
  /// The location.
  public var mean: Tensor { location }
  /// The square of the scale.
  public var variance: Tensor { scale.squared() }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    (scale.log() + 0.5 * (1 + Foundation.log(2 * Double.pi))).sumTrailing(eventShape.rank)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let standardized = (x - location) / scale
    let each = standardized.squared() * -0.5 - scale.log() - 0.5 * Foundation.log(2 * Double.pi)
    return each.sumTrailing(eventShape.rank)
  }

  /// location + scale * noise.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.normal(
      sampleShape + batchShape + eventShape, dtype: location.dtype, device: location.device, using: &rng)
    return location.addingProduct(scale, noise)
  }

  /// The probability of a value at most `x`, element by element.
  public func cdf(_ x: Tensor) -> Tensor { ((x - location) / scale).normalCDF() }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor { ((x - location) / scale).normalLogCDF() }

  /// The probability of a value above `x`, element by element.
  public func survival(_ x: Tensor) -> Tensor { ((location - x) / scale).normalCDF() }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { ((location - x) / scale).normalLogCDF() }

  /// The value below which a probability lies, element by element.
  public func quantile(_ probability: Tensor) -> Tensor {
    location.addingProduct(scale, probability.normalQuantile())
  }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    location - scale * probability.normalQuantile()
  }
}
