public import Torch

/// Counts of classes in a number of trials whose probabilities are themselves drawn from a Dirichlet distribution.
///
/// Large concentrations go to the multinomial distribution without loss of digits. Events are whole floating-point
/// numbers of the concentrations' type.
///
/// - Shapes: trials `[*batch]`, concentration `[*batch, classes]`; events `[classes]`.
public struct DirichletMultinomial: MomentDistribution {
  /// The number of trials, `[*batch]`.
  public let trials: Tensor
  /// The concentrations, `[*batch, classes]`.
  public let concentration: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[classes]`.
  public let eventShape: Shape

  /// Counts of a number of trials.
  ///
  /// - Precondition: the shapes agree; trials are whole, not negative, and exact numbers of the concentrations' type;
  ///   concentrations are positive and finite.
  public init(trials: Tensor, concentration: Tensor) {
    checkConcentration("DirichletMultinomial", concentration)
    checkTotals("DirichletMultinomial", trials, dtype: concentration.dtype)
    batchShape = commonBatch("DirichletMultinomial", (trials, 0), (concentration, 1))
    eventShape = concentration.shape.trailing(1)
    self.trials = trials.broadcasting(batch: batchShape, keeping: 0)
    self.concentration = concentration.broadcasting(batch: batchShape, keeping: 1)
  }

  /// Counts of one number of trials.
  public init(trials: Int, concentration: Tensor) {
    self.init(trials: Tensor(trials, dtype: .int64, device: concentration.device), concentration: concentration)
  }

  /// Whole counts whose sum is the number of trials.
  public var support: Support { countSupport(total: trials) }
  /// trials * concentration / total.
  public var mean: Tensor { (trials.wide.unsqueezed(-1) * share).to(concentration.dtype) }
  /// The variance of each count.
  public var variance: Tensor { (spread.unsqueezed(-1) * share * (1.0 - share)).to(concentration.dtype) }
  /// The covariance, `[*batch, classes, classes]`.
  public var covariance: Tensor {
    (spread.unsqueezed(-1).unsqueezed(-1) * shareCovariance(share)).to(concentration.dtype)
  }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let counts = x.wide
    let (a, sum, count) = (concentration.wide, total.squeezed(-1), trials.wide)
    // The multinomial probability of the mean shares, times what rising factorials have over powers.
    let powers = counts.xLogY(share) + logGammaRatio(a, adding: counts.clamped(from: 0))
    let logProb =
      logMultinomialCoefficient(total: count, counts) + powers.sum(-1) - logGammaRatio(sum, adding: count)
    return support.restricting(logProb, at: x).to(resultType(x, concentration.dtype))
  }

  /// A multinomial draw for each draw of probabilities.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let shape = sampleShape + batchShape
      let weights = dirichletDraws(concentration.wide.broadcasted(to: shape + eventShape), using: &rng)
      let total = trials.wide.broadcasted(to: shape)
      return multinomialCounts(total: total, weights: weights, using: &rng).to(concentration.dtype)
    }
  }

  private var total: Tensor { concentration.wide.sum(-1, keepingDimensions: true) }
  private var share: Tensor { concentration.wide / total }
  /// n (n + total) / (1 + total).
  private var spread: Tensor {
    let sum = total.squeezed(-1)
    return trials.wide * ((trials.wide + sum) / (sum + 1.0))
  }
}
