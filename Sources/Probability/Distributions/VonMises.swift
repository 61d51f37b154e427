import Foundation
public import Torch

/// Independent angles around a location: the density is exp(concentration * cos(x - location)) / (2 pi I0).
///
/// Angles lie from location - pi to location + pi, in radians; other angles are to be brought there first.
///
/// - Shapes: `location` and `concentration` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct VonMises: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The mean direction, `[*batch, *event]`.
  public let location: Tensor
  /// How close angles are to the location, `[*batch, *event]`; 0 gives the uniform distribution.
  public let concentration: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Angles of a mean direction and a concentration.
  ///
  /// - Precondition: the shapes broadcast, and no concentration is negative.
  public init(location: Tensor, concentration: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("VonMises", [location, concentration], eventRank: eventRank)
    precondition(!(concentration .< 0).any(), "VonMises: expected concentrations of 0 or above")
    (self.location, self.concentration) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// Angles up to pi from the location.
  public var support: Support {
    Support(.interval(lower: location - Double.pi, upper: location + Double.pi), eventRank: eventShape.rank)
  }
  /// The location.
  public var mean: Tensor { location }
  /// The mean squared distance from the location, outside the gradient graph; see ``circularVariance`` too.
  public var variance: Tensor { SpecialFunctions.vonMisesVariance(concentration) }

  /// 1 - I1(concentration) / I0(concentration): one minus the length of the mean of unit vectors, `[*batch, *event]`.
  public var circularVariance: Tensor {
    let isLarge = concentration .>= 1000
    let other = select(isLarge, 1.0, concentration)
    let u = select(isLarge, concentration, 1000.0).reciprocal()
    let series = u * u.polynomial([1 / 2, 1 / 8, 1 / 8, 25 / 128, 13 / 32, 1073 / 1024])
    return select(isLarge, series, 1.0 - other.scaledBesselI1() / other.scaledBesselI0())
  }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    let each = concentration.scaledBesselI0().log() + concentration * circularVariance
    return (each + Foundation.log(2 * Double.pi)).sumTrailing(eventShape.rank)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor { logDensity(x - location).sumTrailing(eventShape.rank) }

  private func logDensity(_ angle: Tensor) -> Tensor {
    // Rounding may carry an end of the support outside of it.
    let bound = Double.pi * (1 + 4 * angle.dtype.ulpOfOne)
    let points = SafePoints(angle, isOutside: angle.absolute() .> bound, inside: 0.0)
    let each =
      concentration * -2.0 * (points.values * 0.5).sin().squared() - concentration.scaledBesselI0().log()
      - Foundation.log(2 * Double.pi)
    return points.logProb(each)
  }

  /// Draws through which gradients flow, to the concentration by implicit differentiation of the cdf.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let spread = concentration.to(.float64).broadcasted(to: sampleShape + batchShape + eventShape)
    let angles = VonMisesSampler(concentration: spread.detached()).sample(using: &rng)
    let moving = angles.withDerivative(by: spread) { SpecialFunctions.vonMisesQuantileSlope(spread, angles) }
    return (location + moving).to(location.dtype)
  }

  /// The probability of a value at most `x`. Gradients flow to `x` and the location.
  public func cdf(_ x: Tensor) -> Tensor { below(x - location) }

  /// The logarithm of the cdf, also where the cdf underflows. Gradients flow to `x` and the location.
  public func logCDF(_ x: Tensor) -> Tensor { logBelow(x - location) }

  /// The probability of a value above `x`. Gradients flow to `x` and the location.
  public func survival(_ x: Tensor) -> Tensor { below(location - x) }

  /// The logarithm of the survival function, also where that underflows. Gradients flow to `x` and the location.
  public func logSurvival(_ x: Tensor) -> Tensor { logBelow(location - x) }

  /// The value below which a probability lies. Gradients flow to `probability` and the location.
  public func quantile(_ probability: Tensor) -> Tensor {
    let angle = SpecialFunctions.vonMisesQuantile(concentration, probability)
    return location + angle.withDerivative(by: probability) { (-logDensity(angle)).exp() }
  }

  /// The value above which a probability lies, accurate for small ones: by symmetry.
  public func survivalQuantile(_ probability: Tensor) -> Tensor { location * 2.0 - quantile(probability) }

  private func below(_ angle: Tensor) -> Tensor {
    SpecialFunctions.vonMisesCDF(concentration, angle).withDerivative(by: angle) { logDensity(angle).exp() }
  }

  private func logBelow(_ angle: Tensor) -> Tensor {
    let value = SpecialFunctions.vonMisesLogCDF(concentration, angle)
    return value.withDerivative(by: angle) { (logDensity(angle) - value).exp() }
  }
}
