import Foundation
public import Torch

/// Independent numbers of the Cauchy distribution, whose tails are so heavy that it has neither mean nor variance.
///
/// - Shapes: `location` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Cauchy: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The median, `[*batch, *event]`.
  public let location: Tensor
  /// Half the distance between the quartiles, `[*batch, *event]`.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Cauchy numbers of a median and a scale.
  ///
  /// - Precondition: the shapes broadcast, and no scale is 0 or negative.
  public init(location: Tensor, scale: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Cauchy", [location, scale], eventRank: eventRank)
    precondition(scale.isPositive, "Cauchy: expected positive scales")
    (self.location, self.scale) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// All real events.
  public var support: Support { .real(eventRank: eventShape.rank) }
  /// NaN: there is none.
  public var mean: Tensor { location * Double.nan }
  /// NaN: there is none.
  public var variance: Tensor { location * Double.nan }
  /// The entropy of each event in nats: log(4 pi scale) for each number, `[*batch]`.
  public var entropy: Tensor { (scale.log() + Foundation.log(4 * Double.pi)).sumTrailing(eventShape.rank) }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let each = -standardized(x).logOnePlusSquare() - scale.log() - Foundation.log(Double.pi)
    return each.sumTrailing(eventShape.rank)
  }

  /// The quantile function of noise.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    inverseTransformSample(sampleShape, like: scale, using: &rng)
  }

  /// The probability of a value at most `x`, accurate in both tails.
  public func cdf(_ x: Tensor) -> Tensor { below(standardized(x)) }

  /// The probability of a value above `x`, accurate in both tails.
  public func survival(_ x: Tensor) -> Tensor { below(-standardized(x)) }

  /// The logarithm of the cdf.
  public func logCDF(_ x: Tensor) -> Tensor { logBelow(standardized(x)) }

  /// The logarithm of the survival function.
  public func logSurvival(_ x: Tensor) -> Tensor { logBelow(-standardized(x)) }

  /// The value below which a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor {
    // -1/tan(pi p) in the tails, tan(pi (p - 1/2)) between: each far from the other's poles.
    let (isLower, isUpper) = (probability .< 0.25, probability .> 0.75)
    let tail = select(isLower, probability, select(isUpper, 1.0 - probability, 0.25))
    let far = (tail * Double.pi).tan().reciprocal()
    let middle = ((select(isLower .| isUpper, 0.5, probability) - 0.5) * Double.pi).tan()
    let each = select(isLower, -far, select(isUpper, far, middle))
    return location.addingProduct(scale, each).defined(for: probability)
  }

  /// The value above which a probability lies, accurate for small ones: by symmetry.
  public func survivalQuantile(_ probability: Tensor) -> Tensor { location * 2.0 - quantile(probability) }

  private func standardized(_ x: Tensor) -> Tensor { (x - location) / scale }

  private func below(_ z: Tensor) -> Tensor { Tensor.ones(like: z).atan2(-z) * (1 / Double.pi) }

  private func logBelow(_ z: Tensor) -> Tensor {
    let isLower = z .< 0
    let near = below(select(isLower, z, -1.0)).log()
    return select(isLower, near, (-below(select(isLower, -1.0, -z))).logOnePlus())
  }
}

extension Tensor {
  /// log(1 + z^2), also where the square overflows.
  func logOnePlusSquare() -> Tensor {
    let isFar = absolute() .> 1e8
    let far = select(isFar, absolute(), 1.0).log() * 2.0
    return select(isFar, far, select(isFar, 0.0, self).squared().logOnePlus())
  }
}
