import Foundation
public import Torch

/// Independent numbers whose distance from a location is exponential: the density is exp(-|x - location| / scale) /
/// (2 scale).
///
/// - Shapes: `location` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Laplace: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The mean, `[*batch, *event]`.
  public let location: Tensor
  /// The mean distance from the location, `[*batch, *event]`.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Laplace numbers of a location and a scale.
  ///
  /// - Precondition: the shapes broadcast, and no scale is 0 or negative.
  public init(location: Tensor, scale: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Laplace", [location, scale], eventRank: eventRank)
    precondition(scale.isPositive, "Laplace: expected positive scales")
    (self.location, self.scale) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// All real events.
  public var support: Support { .real(eventRank: eventShape.rank) }
  /// The location.
  public var mean: Tensor { location }
  /// Twice the squared scale.
  public var variance: Tensor { scale.squared() * 2.0 }
  /// The entropy of each event in nats: 1 + log(2 scale) for each number, `[*batch]`.
  public var entropy: Tensor { (scale.log() + (1 + Foundation.log(2.0))).sumTrailing(eventShape.rank) }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    (-standardized(x).absolute() - scale.log() - Foundation.log(2.0)).sumTrailing(eventShape.rank)
  }

  /// The quantile function of noise.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    inverseTransformSample(sampleShape, like: scale, using: &rng)
  }

  /// The probability of a value at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { below(standardized(x)) }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor { logBelow(standardized(x)) }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { below(-standardized(x)) }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { logBelow(-standardized(x)) }

  /// The value below which a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor {
    let isLower = probability .< 0.5
    // Logarithms of twice the probability of the nearer tail, each finite where the other is taken.
    let lower = (select(isLower, probability, 0.5) * 2.0).log()
    let upper = ((1.0 - select(isLower, 0.5, probability)) * 2.0).log()
    return location.addingProduct(scale, select(isLower, lower, -upper)).defined(for: probability)
  }

  /// The value above which a probability lies, accurate for small ones: by symmetry.
  public func survivalQuantile(_ probability: Tensor) -> Tensor { location * 2.0 - quantile(probability) }

  private func standardized(_ x: Tensor) -> Tensor { (x - location) / scale }

  private func below(_ z: Tensor) -> Tensor {
    let tail = (-z.absolute()).exp() * 0.5
    return select(z .< 0, tail, 1.0 - tail)
  }

  private func logBelow(_ z: Tensor) -> Tensor {
    let tail = (-z.absolute()).exp() * 0.5
    return select(z .< 0, z - Foundation.log(2.0), (-tail).logOnePlus())
  }
}
