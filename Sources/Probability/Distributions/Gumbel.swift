import Foundation
public import Torch

/// Independent numbers of the Gumbel distribution of largest values: the cdf is exp(-exp(-(x - location) / scale)).
///
/// - Shapes: `location` and `scale` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Gumbel: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// The mode, `[*batch, *event]`.
  public let location: Tensor
  /// The scale, `[*batch, *event]`.
  public let scale: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Gumbel numbers of a mode and a scale.
  ///
  /// - Precondition: the shapes broadcast, and no scale is 0 or negative.
  public init(location: Tensor, scale: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters("Gumbel", [location, scale], eventRank: eventRank)
    precondition(scale.isPositive, "Gumbel: expected positive scales")
    (self.location, self.scale) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// All real events.
  public var support: Support { .real(eventRank: eventShape.rank) }
  /// The location plus Euler's constant times the scale.
  public var mean: Tensor { location.adding(scale, times: eulerConstant) }
  /// pi^2 / 6 times the squared scale.
  public var variance: Tensor { scale.squared() * (Double.pi * Double.pi / 6) }
  /// The entropy of each event in nats: log scale + Euler's constant + 1 for each number, `[*batch]`.
  public var entropy: Tensor { (scale.log() + (eulerConstant + 1)).sumTrailing(eventShape.rank) }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let z = standardized(x)
    // At plus and minus infinity both terms are infinite, and the density is 0.
    let points = SafePoints(z, isOutside: z.isInfinite(), inside: 0.0)
    let each = points.logProb(-points.values - (-points.values).exp() - scale.log())
    return each.sumTrailing(eventShape.rank)
  }

  /// location - scale * log(-log(noise)).
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    inverseTransformSample(sampleShape, like: scale, using: &rng)
  }

  /// The probability of a value at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { logCDF(x).exp() }

  /// -exp(-z) for z = (x - location) / scale.
  public func logCDF(_ x: Tensor) -> Tensor { -(-standardized(x)).exp() }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { -logCDF(x).expMinusOne() }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { (-standardized(x)).logComplementOfExpExp() }

  /// location - scale * log(-log(probability)).
  public func quantile(_ probability: Tensor) -> Tensor {
    (location - scale * (-probability.log()).log()).defined(for: probability)
  }

  /// The value above which a probability lies, accurate for small ones.
  public func survivalQuantile(_ probability: Tensor) -> Tensor {
    (location - scale * (-(-probability).logOnePlus()).log()).defined(for: probability)
  }

  private func standardized(_ x: Tensor) -> Tensor { (x - location) / scale }
}

/// The limit of 1 + 1/2 + ... + 1/n - log n.
let eulerConstant = 0.577_215_664_901_532_860_6

extension Tensor {
  /// log(1 - exp(-exp(y))), also where exp(y) underflows, and where the result is next to 0.
  func logComplementOfExpExp() -> Tensor {
    let (isSmall, isLarge) = (self .< -40, self .> 0)
    let middle = (-(-select(isSmall .| isLarge, 0.0, self).exp()).expMinusOne()).log()
    let large = (-(-select(isLarge, self, 0.0).exp()).exp()).logOnePlus()
    return select(isSmall, self, select(isLarge, large, middle))
  }
}
