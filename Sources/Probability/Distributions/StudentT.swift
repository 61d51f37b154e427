import Foundation
public import Torch

/// Independent numbers of Student's t distribution, with a location and a scale.
///
/// - Shapes: the parameters broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct StudentT: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The power of the tails, `[*batch, *event]`; 1 gives the Cauchy distribution, many give the normal one.
  public let degreesOfFreedom: Tensor
  /// The median, `[*batch, *event]`.
  public let location: Tensor
  /// The scale, `[*batch, *event]`.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// location + scale * t, with t of a number of degrees of freedom.
  ///
  /// - Precondition: the shapes broadcast; no degrees of freedom and no scale are 0 or negative.
  public init(degreesOfFreedom: Tensor, location: Tensor, scale: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("StudentT", [degreesOfFreedom, location, scale], eventRank: eventRank)
    precondition(
      degreesOfFreedom.isPositive && scale.isPositive, "StudentT: expected positive degrees of freedom and scales")
    (self.degreesOfFreedom, self.location) = (parameters.values[0], parameters.values[1])
    self.scale = parameters.values[2]
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// All real events.
  public var support: Support { .real(eventRank: eventShape.rank) }

  /// The location; NaN up to 1 degree of freedom, where there is no mean.
  public var mean: Tensor { select(degreesOfFreedom .<= 1, Double.nan, location) }

  /// The variance; infinite up to 2 degrees of freedom, NaN up to 1.
  public var variance: Tensor {
    let isFinite = degreesOfFreedom .> 2
    let freedom = select(isFinite, degreesOfFreedom, 3.0)
    let value = select(isFinite, scale.squared() * freedom / (freedom - 2.0), Double.infinity)
    return select(degreesOfFreedom .<= 1, Double.nan, value)
  }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    let half = degreesOfFreedom * 0.5
    let each = (half + 0.5) * half.digammaHalfStep() - half.logGammaHalfStep() + scale.log()
    return (each + 0.5 * Foundation.log(2 * Double.pi)).sumTrailing(eventShape.rank)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor { logDensity(x).sumTrailing(eventShape.rank) }

  private func logDensity(_ x: Tensor) -> Tensor {
    let half = degreesOfFreedom * 0.5
    let quotient = standardized(x) / degreesOfFreedom.squareRoot()
    return half.logGammaHalfStep() - (half + 0.5) * quotient.logOnePlusSquare() - scale.log()
      - 0.5 * Foundation.log(2 * Double.pi)
  }

  /// A normal number over the root of a chi-squared one, with gradients as those of ``Gamma``.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let shape = sampleShape + batchShape + eventShape
    let half = (degreesOfFreedom.to(.float64) * 0.5).broadcasted(to: shape)
    let noise = Tensor.normal(shape, dtype: .float64, device: scale.device, using: &rng)
    let stretch = ((half.log() - logStandardGamma(half, using: &rng)) * 0.5).exp()
    return (location + scale * noise * stretch).to(scale.dtype)
  }

  /// The probability of a value at most `x`. Gradients flow to `x`, location and scale.
  public func cdf(_ x: Tensor) -> Tensor { below(standardized(x)) }

  /// The logarithm of the cdf, also where the cdf underflows. Gradients flow to `x`, location and scale.
  public func logCDF(_ x: Tensor) -> Tensor { logBelow(standardized(x)) }

  /// The probability of a value above `x`. Gradients flow to `x`, location and scale.
  public func survival(_ x: Tensor) -> Tensor { below(-standardized(x)) }

  /// The logarithm of the survival function, also where that underflows. Gradients flow to `x`, location and scale.
  public func logSurvival(_ x: Tensor) -> Tensor { logBelow(-standardized(x)) }

  /// The value below which a probability lies. Gradients flow to `probability`, location and scale.
  public func quantile(_ probability: Tensor) -> Tensor {
    let standard = SpecialFunctions.studentTQuantile(degreesOfFreedom, probability)
    let value = standard.withDerivative(by: probability) { (-standardLogDensity(standard)).exp() }
    return location.addingProduct(scale, value)
  }

  /// The value above which a probability lies, accurate for small ones: by symmetry.
  public func survivalQuantile(_ probability: Tensor) -> Tensor { location * 2.0 - quantile(probability) }

  private func standardized(_ x: Tensor) -> Tensor { (x - location) / scale }

  private func standardLogDensity(_ z: Tensor) -> Tensor { logDensity(location.addingProduct(scale, z)) + scale.log() }

  private func below(_ z: Tensor) -> Tensor {
    SpecialFunctions.studentTCDF(degreesOfFreedom, z).withDerivative(by: z) { standardLogDensity(z).exp() }
  }

  private func logBelow(_ z: Tensor) -> Tensor {
    let value = SpecialFunctions.studentTLogCDF(degreesOfFreedom, z)
    return value.withDerivative(by: z) { (standardLogDensity(z) - value).exp() }
  }
}
