import Foundation
public import Torch

/// Counts of classes in a number of independent trials.
///
/// Events are whole floating-point numbers of the probabilities' type.
///
/// - Shapes: trials `[*batch]`, probabilities `[*batch, classes]`; events `[classes]`.
public struct Multinomial: MomentDistribution {
  /// The number of trials, `[*batch]`.
  public let trials: Tensor
  /// The probability of each class, `[*batch, classes]`, of sum 1.
  public let probabilities: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[classes]`.
  public let eventShape: Shape

  /// Counts of a number of trials; probabilities are divided by their sum.
  ///
  /// - Precondition: the shapes agree; trials are whole, not negative, and exact numbers of the probabilities' type;
  ///   probabilities are finite and not negative, with a positive sum.
  public init(trials: Tensor, probabilities: Tensor) {
    precondition(
      probabilities.rank >= 1 && probabilities.size(-1) > 0
        && ((probabilities .>= 0) .& probabilities.isFinite()).all() && (probabilities.wide.sum(-1) .> 0).all(),
      "Multinomial: expected [*batch, classes] probabilities, finite and not negative, of positive sum")
    checkTotals("Multinomial", trials, dtype: probabilities.dtype)
    batchShape = commonBatch("Multinomial", (trials, 0), (probabilities, 1))
    eventShape = probabilities.shape.trailing(1)
    self.trials = trials.broadcasting(batch: batchShape, keeping: 0)
    let wide = probabilities.wide
    share = (wide / wide.sum(-1, keepingDimensions: true)).broadcasting(batch: batchShape, keeping: 1)
    self.probabilities = share.to(probabilities.dtype)
  }

  /// Counts of one number of trials.
  public init(trials: Int, probabilities: Tensor) {
    self.init(trials: Tensor(trials, dtype: .int64, device: probabilities.device), probabilities: probabilities)
  }

  /// Whole counts whose sum is the number of trials.
  public var support: Support { countSupport(total: trials) }
  /// trials * probabilities.
  public var mean: Tensor { (trials.wide.unsqueezed(-1) * share).to(probabilities.dtype) }
  /// trials * p * (1 - p).
  public var variance: Tensor { (trials.wide.unsqueezed(-1) * share * (1.0 - share)).to(probabilities.dtype) }
  /// The covariance, `[*batch, classes, classes]`.
  public var covariance: Tensor {
    (trials.wide.unsqueezed(-1).unsqueezed(-1) * shareCovariance(share)).to(probabilities.dtype)
  }

  /// The entropy in nats, `[*batch]`.
  ///
  /// - Complexity: O(trials * classes): sums the expected log-factorials of the counts.
  public var entropy: Tensor {
    let total = trials.wide
    let surprise = total * share.xLogY(share).sum(-1)
    return (expectedLogFactorials - (total + 1.0).logGamma() - surprise).to(probabilities.dtype)
  }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let counts = x.wide
    let powers = counts.xLogY(share).sum(-1)
    return support.restricting(logMultinomialCoefficient(total: trials.wide, counts) + powers, at: x)
      .to(resultType(x, probabilities.dtype))
  }

  /// Exact counts by binomial draws, whatever the number of trials.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      multinomialCounts(
        total: trials.wide.broadcasted(to: sampleShape + batchShape),
        weights: share.broadcasted(to: sampleShape + batchShape + eventShape), using: &rng
      ).to(probabilities.dtype)
    }
  }

  /// The probabilities in 64 bits.
  private let share: Tensor

  /// The sum over classes of the expectation of log(count!), of which each is binomial: `[*batch]`.
  ///
  /// It is counted from the log-factorial of the mean count, and over the sum of the probabilities, so that their
  /// rounding does not meet the large log-factorials.
  private var expectedLogFactorials: Tensor {
    let most = trials.wide.elementCount == 0 ? 0 : Int(trials.wide.max().item())
    let (p, total) = (share.unsqueezed(-1), trials.wide.unsqueezed(-1).unsqueezed(-1))
    let center = (total * p + 1.0).logGamma()
    let pieceSize = max(1, (1 << 20) / max(share.elementCount, 1))
    var (sum, weight) = (Tensor.zeros(like: share), Tensor.zeros(like: share))
    for start in stride(from: 0, through: most, by: pieceSize) {
      let range = Tensor.range(min(pieceSize, most + 1 - start), dtype: .float64, device: share.device) + Double(start)
      let count = minimum(range, total)
      let logMass = logBinomial(total, choosing: count) + count.xLogY(p) + (total - count).xLogY(1.0 - p)
      let mass = select(range .<= total, logMass.exp(), 0.0)
      sum += (mass * ((count + 1.0).logGamma() - center)).sum(-1)
      weight += mass.sum(-1)
    }
    return (center.squeezed(-1) + sum / weight).sum(-1)
  }
}
