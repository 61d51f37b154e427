import Foundation
public import Torch

/// Independent absolute values of normal numbers with mean 0.
///
/// - Shapes: `scale` is `[*batch, *event]`, of which the last `eventRank` are the event.
public struct HalfNormal: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The standard deviation of the normal numbers, `[*batch, *event]`.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Absolute values of normal numbers of a standard deviation.
  ///
  /// - Precondition: no scale is 0 or negative.
  public init(scale: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("HalfNormal", [scale], eventRank: eventRank)
    precondition(scale.isPositive, "HalfNormal: expected positive scales")
    self.scale = scale
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// Numbers from 0 on.
  public var support: Support { .nonnegative(eventRank: eventShape.rank) }
  /// scale * sqrt(2 / pi).
  public var mean: Tensor { scale * (2 / Double.pi).squareRoot() }
  /// (1 - 2 / pi) scale^2.
  public var variance: Tensor { scale.squared() * (1 - 2 / Double.pi) }
  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    (scale.log() + 0.5 * (1 + Foundation.log(Double.pi / 2))).sumTrailing(eventShape.rank)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: x .< 0, inside: 0.0)
    let each = (points.values / scale).squared() * -0.5 - scale.log() + 0.5 * Foundation.log(2 / Double.pi)
    return points.logProb(each).sumTrailing(eventShape.rank)
  }

  /// scale * |noise|.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.normal(
      sampleShape + batchShape + eventShape, dtype: scale.dtype, device: scale.device, using: &rng)
    return scale * noise.absolute()
  }

  /// The probability of a value at most `x`, accurate near 0.
  public func cdf(_ x: Tensor) -> Tensor { (x.relu() / (scale * 2.0.squareRoot())).erf() }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { (x.relu() / (scale * 2.0.squareRoot())).erfc() }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { (-x.relu() / scale).normalLogCDF() + Foundation.log(2.0) }

  /// The value below which a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor {
    let isLower = probability .< 0.5
    let lower = select(isLower, probability, 0.25).erfInverse() * 2.0.squareRoot()
    let upper = -((1.0 - select(isLower, 0.5, probability)) * 0.5).normalQuantile()
    return (scale * select(isLower, lower, upper)).defined(for: probability)
  }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    -scale * (probability.defined(for: probability) * 0.5).normalQuantile()
  }
}
