import Foundation
public import Probability
public import Torch

/// Numbers of which the masses of finitely many values, or of intervals side by side, are given.
///
/// For values, log-probabilities are log-masses, and minus infinity for all other numbers. For intervals the mass is spread
/// evenly inside each, so the density is a step function.
///
/// The distribution function is that of either kind, and the quantile its generalized inverse, the least number at which
/// the distribution function reaches a probability.
///
/// - Complexity: a log-density takes one look-up, a quantile log2(cells) of them.
public struct TabulatedDistribution: CumulativeDistribution, MomentDistribution {
  /// The shape of distributions side by side.
  public let batchShape: Shape
  let cells: Cells
  /// Logarithms of the masses, `[rows, cells]`; distributions side by side may share a row.
  let table: Tensor
  /// The row of each distribution of the batch, `[*batch]`.
  let rows: Tensor

  /// Values with their masses.
  ///
  /// - Parameters:
  ///   - values: `[count]`, rising.
  ///   - logMasses: `[*batch, count]`, up to a constant in each row.
  public init(values: Tensor, logMasses: Tensor) {
    precondition(
      Cells.areValid(values, atLeast: 1) && logMasses.rank >= 1 && logMasses.size(-1) == values.elementCount,
      "TabulatedDistribution: expected rising values [count] and masses [*batch, count], got \(values.shape), "
        + "\(logMasses.shape)")
    self.init(.values(values), logMasses: logMasses)
  }

  /// Intervals between edges, with their masses.
  ///
  /// - Parameters:
  ///   - edges: `[count + 1]`, rising.
  ///   - logMasses: `[*batch, count]`, up to a constant in each row.
  public init(edges: Tensor, logMasses: Tensor) {
    precondition(
      Cells.areValid(edges, atLeast: 2) && logMasses.rank >= 1 && logMasses.size(-1) == edges.elementCount - 1,
      "TabulatedDistribution: expected rising edges [count + 1] and masses [*batch, count], got \(edges.shape), "
        + "\(logMasses.shape)")
    self.init(.intervals(edges: edges), logMasses: logMasses)
  }

  init(_ cells: Cells, logMasses: Tensor) {
    let batch = logMasses.shape.droppingTrailing(1)
    let flat = logMasses.reshaped([batch.elementCount, cells.count])
    self.init(
      cells, table: flat - flat.logSumExp(-1, keepingDimensions: true),
      rows: Tensor.range(batch.elementCount, device: logMasses.device).reshaped(batch))
  }

  /// Distributions that are rows of a table of normalized masses.
  init(_ cells: Cells, table: Tensor, rows: Tensor) {
    self.cells = cells
    self.table = table
    self.rows = rows
    batchShape = rows.shape
  }

  /// A single number.
  public var eventShape: Shape { [] }
  /// From the least to the greatest number.
  public var support: Support { Support(.interval(lower: cells.bounds.lower, upper: cells.bounds.upper), eventRank: 0) }
  /// The expectation.
  public var mean: Tensor { taking(table.exp().matmul(cells.moments.mean), rows) }
  /// The variance: that of the cells' middles plus the mean of those inside.
  public var variance: Tensor {
    let (middles, inside) = cells.moments
    let masses = table.exp()
    let mean = masses.matmul(middles.unsqueezed(-1))
    return taking((masses * ((middles - mean).squared() + inside)).sum(-1), rows)
  }

  /// The log-mass of a value, or the log-density inside an interval, in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let x = x.to(.float64)
    let indices = cells.indices(of: x)
    let each = entries(table, indices) - taking(cells.logWidths, indices)
    return select(x.isNaN(), x, select(cells.contain(x, at: indices), each, -Double.infinity))
  }

  /// The probability of a value at most `x`, element by element.
  public func cdf(_ x: Tensor) -> Tensor {
    let x = x.to(.float64)
    let share: Tensor
    switch cells {
    case .values(let values): share = entries(cumulative, values.searchSorted(x, right: true))
    case .intervals(let edges):
      let indices = cells.indices(of: x)
      let (left, right) = (taking(edges, indices), taking(edges, indices + 1))
      let fraction = ((x - left) / (right - left)).clamped(from: 0, to: 1)
      let below = entries(cumulative, indices)
      share = below.addingProduct(fraction, entries(cumulative, indices + 1) - below)
    }
    return select(x.isNaN(), x, share)
  }

  /// The least number at which the distribution function reaches a probability, element by element; NaN outside [0, 1].
  public func quantile(_ probability: Tensor) -> Tensor {
    let probability = probability.to(.float64)
    // The least number for probability 0 is the first that has any mass.
    let level = probability.clamped(from: Double.leastNormalMagnitude)
    let cumulative = self.cumulative
    let indices = cellReaching(level, cumulative)
    let x: Tensor
    switch cells {
    case .values(let values): x = taking(values, indices)
    case .intervals(let edges):
      let (left, right) = (taking(edges, indices), taking(edges, indices + 1))
      let (below, above) = (entries(cumulative, indices), entries(cumulative, indices + 1))
      let fraction = ((level - below) / (above - below)).clamped(from: 0, to: 1)
      x = left.addingProduct(right - left, fraction)
    }
    return select((probability .>= 0) .& (probability .<= 1), x, Double.nan)
  }

  /// Quantiles of uniform numbers.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      quantile(Tensor.uniform(sampleShape + batchShape, dtype: .float64, device: table.device, using: &rng))
    }
  }

  // MARK: Look-ups

  /// The mass below each cell and below the end, `[rows, cells + 1]`, from exactly 0 to exactly 1.
  private var cumulative: Tensor {
    let sums = table.exp().cumulativeSum(-1)
    return (sums / sums[.all, .slice(from: -1)]).padded([1, 0], with: 0)
  }

  /// The entries of a table at columns `indices` of each distribution's row; shapes broadcast.
  private func entries(_ table: Tensor, _ indices: Tensor) -> Tensor {
    taking(table.flattened(), rows * table.size(-1) + indices)
  }

  /// The first cell up to the end of which lies a level of mass: a binary search in each row at once.
  private func cellReaching(_ level: Tensor, _ cumulative: Tensor) -> Tensor {
    let last = cells.count - 1
    let shape = Shape.broadcasting(level.shape, rows.shape) ?? level.shape
    var position = Tensor.zeros(shape, dtype: .int64, device: table.device)
    var step = 1
    while step * 2 <= last { step *= 2 }
    while step >= 1 && last > 0 {
      let next = position + step
      let isBelow = entries(cumulative, limiting(next, to: last)) .< level
      position = select((next .<= last) .& isBelow, next, position)
      step /= 2
    }
    return position
  }
}
