public import Torch

/// Independent counts of successes in a number of trials.
///
/// - Shapes: `trials` and `probability` broadcast to `[*batch, *event]`, of which the last `eventRank` are the event.
public struct Binomial: MomentDistribution, EntropyDistribution, DiscreteDistribution {
  /// The number of trials, `[*batch, *event]`.
  public let trials: Tensor
  /// The probability of a success, `[*batch, *event]`.
  public let probability: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape

  /// Counts of successes.
  ///
  /// - Precondition: the shapes broadcast; trials are whole numbers of 0 or above, probabilities lie in [0, 1].
  public init(trials: Tensor, probability: Tensor, eventRank: Int = 0) {
    let trials = trials.dtype.isFloatingPoint ? trials : trials.to(probability.dtype)
    let parameters = BroadcastParameters("Binomial", [trials, probability], eventRank: eventRank)
    precondition(
      !((trials .< 0) .| (trials .!= trials.floor())).any(), "Binomial: expected whole numbers of trials")
    precondition(probability.isProbability, "Binomial: expected probabilities from 0 to 1")
    (self.trials, self.probability) = (parameters.values[0], parameters.values[1])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
  }

  /// The numbers 0, ..., trials.
  public var support: Support {
    Support(.integers(lower: Tensor(0.0), upper: trials), eventRank: eventShape.rank)
  }
  /// trials * probability.
  public var mean: Tensor { trials * probability }
  /// trials * probability * (1 - probability).
  public var variance: Tensor { mean * (1.0 - probability) }
  /// The entropy of each event in nats, `[*batch]`, as a sum to full precision; outside the gradient graph.
  public var entropy: Tensor { SpecialFunctions.binomialEntropy(trials, probability).sumTrailing(eventShape.rank) }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = SafePoints(counts: x, to: trials, like: probability)
    // The beta density of the two counts plus 1, at the probability, over trials + 1.
    let (successes, failures) = (points.values + 1.0, trials - points.values + 1.0)
    let each = logBetaDensity(successes, failures, probability, 1.0 - probability) - (trials + 1.0).log()
    return points.logProb(each).sumTrailing(eventShape.rank)
  }

  /// Independent draws.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let shape = sampleShape + batchShape + eventShape
    let counts = trials.to(.float64).broadcasted(to: shape).contiguous()
    let chances = probability.to(.float64).broadcasted(to: shape).contiguous()
    return Tensor.binomial(counts, chances, using: &rng).to(probability.dtype)
  }

  /// The probability of a count of at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { pick(x, 0, 1, SpecialFunctions.regularizedBetaComplement) }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor {
    pick(x, -.infinity, 0, SpecialFunctions.logRegularizedBetaComplement)
  }

  /// The probability of a count above `x`.
  public func survival(_ x: Tensor) -> Tensor { pick(x, 1, 0, SpecialFunctions.regularizedBeta) }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { pick(x, 0, -.infinity, SpecialFunctions.logRegularizedBeta) }

  /// The smallest count up to which at least a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor {
    SpecialFunctions.binomialQuantile(trials, self.probability, probability)
  }

  /// A function of floor(x) + 1 and trials - floor(x) between 0 and the number of trials, constants elsewhere.
  private func pick(
    _ x: Tensor, _ below: Double, _ above: Double, _ function: (Tensor, Tensor, Tensor) -> Tensor
  ) -> Tensor {
    let x = x.dtype.isFloatingPoint ? x : x.to(probability.dtype)
    let (isBelow, isAbove) = (x .< 0, x .>= trials)
    let k = select(isBelow .| isAbove, 0.0, x).floor()
    let failures = select(isBelow .| isAbove, 1.0, trials - k)
    return select(isBelow, below, select(isAbove, above, function(k + 1.0, failures, probability)))
  }
}
