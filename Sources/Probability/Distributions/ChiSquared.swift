public import Torch

/// Independent sums of squares of standard normal numbers: the gamma distribution with concentration freedom / 2 and rate
/// 1/2.
///
/// - Shapes: `degreesOfFreedom` is `[*batch, *event]`, of which the last `eventRank` are the event.
public struct ChiSquared: ReparameterizedDistribution, MomentDistribution, EntropyDistribution, CumulativeDistribution {
  /// How many squares are summed, `[*batch, *event]`; not necessarily whole.
  public let degreesOfFreedom: Tensor
  private let gamma: Gamma

  /// Sums of a number of squares.
  ///
  /// - Precondition: no number is 0 or negative.
  public init(degreesOfFreedom: Tensor, eventRank: Int = 0) {
    precondition(degreesOfFreedom.isPositive, "ChiSquared: expected positive degrees of freedom")
    self.degreesOfFreedom = degreesOfFreedom
    gamma = Gamma(
      concentration: degreesOfFreedom * 0.5, rate: Tensor.full([], 0.5, dtype: degreesOfFreedom.dtype),
      eventRank: eventRank)
  }

  /// The shape of distributions side by side.
  public var batchShape: Shape { gamma.batchShape }
  /// The shape of one draw.
  public var eventShape: Shape { gamma.eventShape }
  /// Numbers from 0 on.
  public var support: Support { gamma.support }
  /// The degrees of freedom.
  public var mean: Tensor { degreesOfFreedom }
  /// Twice the degrees of freedom.
  public var variance: Tensor { degreesOfFreedom * 2.0 }
  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor { gamma.entropy }

  /// The log-density in nats; infinite at 0 below 2 degrees of freedom.
  public func logProb(unchecked x: Tensor) -> Tensor { gamma.logProb(unchecked: x) }

  /// Twice gamma draws, with gradients as those of ``Gamma``.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    gamma.reparameterizedSample(sampleShape, using: &rng)
  }

  /// The probability of a value at most `x`. Gradients flow to `x`, not to the parameter.
  public func cdf(_ x: Tensor) -> Tensor { gamma.cdf(x) }
  /// The logarithm of the cdf, also where the cdf underflows. Gradients flow to `x`, not to the parameter.
  public func logCDF(_ x: Tensor) -> Tensor { gamma.logCDF(x) }
  /// The probability of a value above `x`. Gradients flow to `x`, not to the parameter.
  public func survival(_ x: Tensor) -> Tensor { gamma.survival(x) }
  /// The logarithm of the survival function, also where that underflows. Gradients flow to `x`, not to the parameter.
  public func logSurvival(_ x: Tensor) -> Tensor { gamma.logSurvival(x) }
  /// The value below which a probability lies. Gradients flow to `probability`, not to the parameter.
  public func quantile(_ probability: Tensor) -> Tensor { gamma.quantile(probability) }

  /// The value above which a probability lies, accurate for small ones. Gradients flow to `probability`.
  public func survivalQuantile(_ probability: Tensor) -> Tensor { gamma.survivalQuantile(probability) }
}
