public import Torch

/// Counts of classes among objects drawn without replacement.
///
/// Events are whole floating-point numbers of the populations' type, 64-bit where populations are integers.
///
/// - Shapes: populations `[*batch, classes]`, draws `[*batch]`; events `[classes]`.
public struct MultivariateHypergeometric: MomentDistribution {
  /// The number of objects of each class, `[*batch, classes]`.
  public let populations: Tensor
  /// The number of objects drawn, `[*batch]`.
  public let draws: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[classes]`.
  public let eventShape: Shape
  private let dtype: DType

  /// Counts of a number of draws.
  ///
  /// - Precondition: the shapes agree; populations and draws are whole, not negative, and exact numbers of the
  ///   populations' type; no more are drawn than there are.
  public init(populations: Tensor, draws: Tensor) {
    precondition(
      populations.rank >= 1 && populations.size(-1) > 0 && isCount(populations.wide).all(),
      "MultivariateHypergeometric: expected [*batch, classes] populations, whole and not negative")
    dtype = populations.dtype.isFloatingPoint ? populations.dtype : .float64
    checkTotals("MultivariateHypergeometric", populations.wide.sum(-1), dtype: dtype)
    checkTotals("MultivariateHypergeometric", draws, dtype: dtype)
    batchShape = commonBatch("MultivariateHypergeometric", (populations, 1), (draws, 0))
    eventShape = populations.shape.trailing(1)
    self.populations = populations.broadcasting(batch: batchShape, keeping: 1)
    self.draws = draws.broadcasting(batch: batchShape, keeping: 0)
    precondition(
      (self.draws.wide .<= self.populations.wide.sum(-1)).all(),
      "MultivariateHypergeometric: expected no more draws than there are objects")
  }

  /// Counts of one number of draws.
  public init(populations: Tensor, draws: Int) {
    self.init(populations: populations, draws: Tensor(draws, dtype: .int64, device: populations.device))
  }

  /// Whole counts up to the populations whose sum is the number of draws.
  public var support: Support {
    .joint(eventRank: 1) { x in
      countSupport(total: draws).contains(x) .& (x.wide .<= populations.wide).all(-1)
    }
  }

  /// draws times the share of each class.
  public var mean: Tensor { (draws.wide.unsqueezed(-1) * share).to(dtype) }
  /// The variance of each count.
  public var variance: Tensor { (spread.unsqueezed(-1) * share * (1.0 - share)).to(dtype) }
  /// The covariance, `[*batch, classes, classes]`.
  public var covariance: Tensor { (spread.unsqueezed(-1).unsqueezed(-1) * shareCovariance(share)).to(dtype) }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let counts = minimum(x.wide.clamped(from: 0), populations.wide)
    let ways = logBinomial(populations.wide, choosing: counts).sum(-1)
    let all = logBinomial(total, choosing: draws.wide)
    return support.restricting(ways - all, at: x).to(resultType(x, dtype))
  }

  /// One hypergeometric draw for each class, given the ones before; on the processor, one event after the other.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let (classes, rows) = (eventShape[0], batchShape.elementCount)
    let (all, chosen) = (integers(populations), integers(draws))
    let totals = integers(total)
    let sampler = HypergeometricSampler(population: totals.max() ?? 0)
    var result = [Double](repeating: 0, count: sampleShape.elementCount * rows * classes)
    for event in 0..<(sampleShape.elementCount * rows) {
      let row = event % rows
      var (left, toDraw) = (totals[row], chosen[row])
      for item in 0..<classes where toDraw > 0 {
        let marked = all[row * classes + item]
        let count = sampler.draw(marked: marked, population: left, draws: toDraw, using: &rng)
        result[event * classes + item] = Double(count)
        left -= marked
        toDraw -= count
      }
    }
    return Tensor(result, shape: sampleShape + batchShape + eventShape).to(dtype, populations.device)
  }

  private var total: Tensor { populations.wide.sum(-1) }
  private var share: Tensor { populations.wide / total.clamped(from: 1).unsqueezed(-1) }
  /// draws (N - draws) / (N - 1), which is 0 for populations of one object or none.
  private var spread: Tensor { draws.wide * (total - draws.wide) / (total - 1.0).clamped(from: 1) }
}
