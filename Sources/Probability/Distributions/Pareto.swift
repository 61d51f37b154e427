import Foundation
public import Torch

/// Independent numbers above a least one whose survival function is a power: (scale / x)^concentration.
///
/// - Shapes: `concentration` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Pareto: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The power, `[*batch, *event]`.
  public let concentration: Tensor
  /// The least value, `[*batch, *event]`.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Pareto numbers of a power and a least value.
  ///
  /// - Precondition: the shapes broadcast, and no parameter is 0 or negative.
  public init(concentration: Tensor, scale: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Pareto", [concentration, scale], eventRank: eventRank)
    precondition(concentration.isPositive && scale.isPositive, "Pareto: expected positive concentrations and scales")
    (self.concentration, self.scale) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// Numbers from the scale on.
  public var support: Support {
    Support(.interval(lower: scale, upper: Tensor(Double.infinity)), eventRank: eventShape.rank)
  }

  /// The mean; infinite for concentrations up to 1.
  public var mean: Tensor {
    let isFinite = concentration .> 1
    let c = select(isFinite, concentration, 2.0)
    return select(isFinite, scale * c / (c - 1.0), Double.infinity)
  }

  /// The variance; infinite for concentrations up to 2.
  public var variance: Tensor {
    let isFinite = concentration .> 2
    let c = select(isFinite, concentration, 3.0)
    return select(isFinite, scale.squared() * c / ((c - 1.0).squared() * (c - 2.0)), Double.infinity)
  }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    (scale.log() - concentration.log() + concentration.reciprocal() + 1.0).sumTrailing(eventShape.rank)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: x .< scale, inside: scale)
    let each = concentration.log() - scale.log() - (concentration + 1.0) * logQuotient(points.values)
    return points.logProb(each).sumTrailing(eventShape.rank)
  }

  /// scale * (1 - noise)^(-1 / concentration).
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    inverseTransformSample(sampleShape, like: scale, using: &rng)
  }

  /// The probability of a value at most `x`, accurate near the scale.
  public func cdf(_ x: Tensor) -> Tensor { -logSurvival(x).expMinusOne() }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { logSurvival(x).exp() }

  /// concentration * log(scale / x).
  public func logSurvival(_ x: Tensor) -> Tensor {
    // A comparison with NaN is false, so that it stays.
    -concentration * logQuotient(select(x .< scale, scale, x))
  }

  /// scale * (1 - probability)^(-1 / concentration).
  public func quantile(_ probability: Tensor) -> Tensor {
    (scale * (-(-probability).logOnePlus() / concentration).exp()).defined(for: probability)
  }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    (scale * (-probability.log() / concentration).exp()).defined(for: probability)
  }

  /// log(x / scale), accurate near the scale.
  private func logQuotient(_ x: Tensor) -> Tensor { ((x - scale) / scale).logOnePlus() }
}
