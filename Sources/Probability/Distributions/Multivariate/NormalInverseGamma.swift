import Foundation
public import Torch

/// A mean and a variance drawn together: the variance from the inverse gamma distribution, then the mean from the normal
/// distribution with that variance over `precisionFactor`. The conjugate prior of a normal's mean and variance.
///
/// - Shapes: the parameters broadcast to `[*batch]`; events `[2]`, the mean first, then the variance.
public struct NormalInverseGamma: ReparameterizedDistribution, MomentDistribution {
  /// The centre of the mean, mu.
  public let location: Tensor
  /// How many observations the belief about the mean is worth, lambda.
  public let precisionFactor: Tensor
  /// The shape of the inverse gamma distribution, a.
  public let concentration: Tensor
  /// The scale of the inverse gamma distribution, b.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[2]`.
  public var eventShape: Shape { [2] }

  /// Pairs of a mean and a variance.
  ///
  /// - Precondition: the shapes broadcast, and all but the location are positive.
  public init(location: Tensor, precisionFactor: Tensor, concentration: Tensor, scale: Tensor) {
    let batch = commonBatch(
      "NormalInverseGamma", (location, 0), (precisionFactor, 0), (concentration, 0), (scale, 0))
    precondition(
      (precisionFactor .> 0).all() && (concentration .> 0).all() && (scale .> 0).all(),
      "NormalInverseGamma: expected a positive precision factor, concentration and scale")
    batchShape = batch
    self.location = location.broadcasted(to: batch)
    self.precisionFactor = precisionFactor.broadcasted(to: batch)
    self.concentration = concentration.broadcasted(to: batch)
    self.scale = scale.broadcasted(to: batch)
  }

  /// Pairs of which the second is positive.
  public var support: Support {
    .joint(eventRank: 1) { x in
      let (mean, variance) = pair(x)
      return mean.isFinite() .& (variance .> 0) .& variance.isFinite()
    }
  }

  /// The location, and scale / (concentration - 1); NaN where the concentration is up to 1.
  public var mean: Tensor {
    let excess = select(concentration.wide .<= 1, Double.nan, concentration.wide - 1.0)
    return paired(location.wide + excess * 0.0, scale.wide / excess)
  }
  /// The variances of the two; NaN where the concentration is up to 1, and up to 2 for the second.
  public var variance: Tensor {
    let excess = select(concentration.wide .<= 1, Double.nan, concentration.wide - 1.0)
    let second = select(excess .<= 1, Double.nan, excess - 1.0)
    return paired(scale.wide / (excess * precisionFactor.wide), (scale.wide / excess).squared() / second)
  }
  /// The location, and scale / (concentration + 3/2).
  public var mode: Tensor { paired(location.wide, scale.wide / (concentration.wide + 1.5)) }

  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor {
    let (a, b) = (concentration.wide, scale.wide)
    let ofVariance = a + b.log() + a.logGamma() - (a + 1.0) * a.digamma()
    let ofMean = (b.log() - a.digamma() - precisionFactor.wide.log() + (1 + Foundation.log(2 * Double.pi))) * 0.5
    return (ofVariance + ofMean).to(location.dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let (mean, given) = pair(x.wide)
    let variance = select(given .> 0, given, 1.0)
    let (a, b, factor) = (concentration.wide, scale.wide, precisionFactor.wide)
    let ofMean =
      ((factor / (2 * Double.pi)).log() - variance.log() - factor * (mean - location.wide).squared() / variance)
    let ofVariance = a * b.log() - a.logGamma() - (a + 1.0) * variance.log() - b / variance
    return support.restricting(ofMean * 0.5 + ofVariance, at: x).to(resultType(x, location.dtype))
  }

  /// The variance scale / gamma, and location + sqrt(variance / precisionFactor) * noise.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let shape = sampleShape + batchShape
    let variance = scale.wide / standardGamma(concentration.wide.broadcasted(to: shape), using: &rng)
    let noise = Tensor.normal(shape, dtype: .float64, device: location.device, using: &rng)
    return paired(location.wide + (variance / precisionFactor.wide).squareRoot() * noise, variance)
  }

  private func pair(_ x: Tensor) -> (Tensor, Tensor) { (x[.ellipsis, .at(0)], x[.ellipsis, .at(1)]) }

  private func paired(_ mean: Tensor, _ variance: Tensor) -> Tensor {
    Tensor.stacking([mean, variance], -1).to(location.dtype)
  }
}
