public import Torch

/// One of the numbers 0, ..., count - 1, of given probabilities.
///
/// Draws are 64-bit integers, good as indices; `logProb` takes those, or floating-point numbers.
///
/// - Shapes: parameters `[*batch, count]`; events are numbers.
/// - Complexity: O(count) once, O(log(count)) for each draw and quantile.
public struct Categorical: MomentDistribution, EntropyDistribution, DiscreteDistribution {
  /// The normalized logarithms of the probabilities, `[*batch, count]`.
  public let logProbabilities: Tensor
  /// The probabilities, `[*batch, count]`.
  public let probabilities: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape

  /// Numbers of which the logarithms of the probabilities are given up to a constant.
  ///
  /// - Precondition: there is at least one number.
  public init(logits: Tensor) {
    precondition(
      logits.rank >= 1 && logits.size(-1) > 0 && logits.dtype.isFloatingPoint,
      "Categorical: expected [*batch, count] floating-point numbers, got \(logits.shape) of \(logits.dtype)")
    logProbabilities = logits.logSoftmax(-1)
    probabilities = logProbabilities.exp()
    batchShape = logits.shape.droppingTrailing(1)
  }

  /// Numbers of given probabilities, which are divided by their sum.
  ///
  /// - Precondition: no probability is negative, and one of each row is positive.
  public init(probabilities: Tensor) {
    precondition(
      probabilities.rank >= 1 && probabilities.size(-1) > 0 && probabilities.dtype.isFloatingPoint,
      "Categorical: expected [*batch, count] floating-point numbers, got \(probabilities.shape)")
    let sum = probabilities.sum(-1, keepingDimensions: true)
    precondition(
      !(probabilities .< 0).any() && !(sum .<= 0).any(), "Categorical: expected probabilities with a positive sum")
    self.probabilities = probabilities / sum
    logProbabilities = self.probabilities.log()
    batchShape = probabilities.shape.droppingTrailing(1)
  }

  /// How many numbers there are.
  public var count: Int { probabilities.size(-1) }
  /// A number.
  public var eventShape: Shape { [] }
  /// 0, ..., count - 1.
  public var support: Support {
    Support(.integers(lower: Tensor(0.0), upper: Tensor(Double(count - 1))), eventRank: 0)
  }

  /// The mean of the numbers.
  public var mean: Tensor { (probabilities * numbers).sum(-1) }
  /// The variance of the numbers.
  public var variance: Tensor { (probabilities * (numbers - mean.unsqueezed(-1)).squared()).sum(-1) }
  /// The entropy in nats, `[*batch]`.
  public var entropy: Tensor { -probabilities.xLogY(probabilities).sum(-1) }

  private var numbers: Tensor { Tensor.range(count, dtype: probabilities.dtype, device: probabilities.device) }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let counts = self.counts(x)
    // NaN has no index: it takes any, and is put back.
    let isMissing = counts.values.isNaN()
    let index = select(isMissing, 0.0, counts.values).to(.int64)
    return counts.logProb(select(isMissing, Double.nan, logProbabilities.elements(at: index)))
  }

  private func counts(_ x: Tensor) -> SafePoints {
    SafePoints(counts: x, to: Tensor(Double(count - 1), dtype: .float64, device: x.device), like: probabilities)
  }

  /// Independent draws, 64-bit integers.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.uniform(
      sampleShape + batchShape, dtype: .float64, device: probabilities.device, using: &rng)
    // The first place whose running sum is above the noise: never one of probability 0.
    return noise.places(in: runningSums, right: true)
  }

  /// The probability of a number at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { sums(runningSums, upTo: x) }

  /// The probability of a number above `x`.
  public func survival(_ x: Tensor) -> Tensor {
    let weights = probabilities.detached().to(.float64)
    let above = weights.flipped(-1).cumulativeSum(-1).flipped(-1)
    let zero = Tensor.zeros(like: above[.ellipsis, .slice(to: 1)])
    let rest = Tensor.concatenating([above[.ellipsis, .slice(from: 1)], zero], -1)
    return select(x .< 0, 1.0, sums(rest, upTo: x))
  }

  /// The smallest number up to which at least a probability lies.
  public func quantile(_ probability: Tensor) -> Tensor {
    let isOutside = (probability .< 0) .| (probability .> 1) .| probability.isNaN()
    let place = select(isOutside, 0.0, probability).to(.float64).places(in: runningSums)
    return select(isOutside, Double.nan, place.to(probabilities.dtype))
  }

  /// Running sums in 64 bits, of which the last is 1.
  private var runningSums: Tensor {
    let sums = probabilities.detached().to(.float64).cumulativeSum(-1)
    return sums / sums.narrowed(-1, from: count - 1, length: 1)
  }

  /// Elements of rows at floor(x); 0 below 0, the last one from count - 1 on, NaN for NaN.
  private func sums(_ rows: Tensor, upTo x: Tensor) -> Tensor {
    let x = x.dtype.isFloatingPoint ? x : x.to(probabilities.dtype)
    let isMissing = x.isNaN()
    let index = select(isMissing, 0.0, x).clamped(from: 0, to: Double(count - 1)).floor().to(.int64)
    let each = select(x .< 0, 0.0, rows.elements(at: index).to(probabilities.dtype))
    return select(isMissing, Double.nan, each)
  }
}
