public import Torch

/// Independent positive numbers whose logarithms are normal.
///
/// - Shapes: `location` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct LogNormal: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  private let normal: Normal

  /// Numbers whose logarithms have a mean and a standard deviation.
  ///
  /// - Precondition: the shapes broadcast, and no scale is 0 or negative.
  public init(location: Tensor, scale: Tensor, eventRank: Int = 0) {
    normal = Normal(location: location, scale: scale, eventRank: eventRank)
  }

  /// The mean of the logarithm, `[*batch, *event]`.
  public var location: Tensor { normal.location }
  /// The standard deviation of the logarithm, `[*batch, *event]`.
  public var scale: Tensor { normal.scale }
  /// The shape of distributions side by side.
  public var batchShape: Shape { normal.batchShape }
  /// The shape of one draw.
  public var eventShape: Shape { normal.eventShape }
  /// Numbers from 0 on.
  public var support: Support { .nonnegative(eventRank: eventShape.rank) }
  /// exp(location + scale^2 / 2).
  public var mean: Tensor { location.adding(scale.squared(), times: 0.5).exp() }
  /// (exp(scale^2) - 1) exp(2 location + scale^2).
  public var variance: Tensor {
    scale.squared().expMinusOne() * (location * 2.0 + scale.squared()).exp()
  }
  /// The entropy of each event in nats: that of the logarithms plus their mean, `[*batch]`.
  public var entropy: Tensor { normal.entropy + location.sumTrailing(eventShape.rank) }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: (x .<= 0) .| (x .== Double.infinity), inside: 1.0)
    let logarithm = points.values.log()
    let each = Normal(location: location, scale: scale).logProb(unchecked: logarithm) - logarithm
    return points.logProb(each).sumTrailing(eventShape.rank)
  }

  /// exp(location + scale * noise).
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    normal.reparameterizedSample(sampleShape, using: &rng).exp()
  }

  /// The probability of a value at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { normal.cdf(x.relu().log()) }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor { normal.logCDF(x.relu().log()) }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { normal.survival(x.relu().log()) }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { normal.logSurvival(x.relu().log()) }

  /// exp of the normal quantile.
  public func quantile(_ probability: Tensor) -> Tensor { normal.quantile(probability).exp() }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor { normal.survivalQuantile(probability).exp() }
}
