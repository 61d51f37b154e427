public import Torch

/// Tables of counts with given sums of rows and columns, as they arise from independent features: the null distribution
/// of Fisher's exact test.
///
/// Events are whole floating-point numbers of the row sums' type, 64-bit where those are integers.
///
/// - Shapes: rowSums `[*batch, rows]`, columnSums `[*batch, columns]`; events `[rows, columns]`.
/// - Complexity: O(rows columns) for each density and draw.
/// - Reference: Patefield, *Algorithm AS 159: an efficient method of generating r x c tables with given row and column
///   totals*, 1981: each cell given the ones before, here by rejection.
public struct RandomTable: MomentDistribution {
  /// The sum of each row, `[*batch, rows]`.
  public let rowSums: Tensor
  /// The sum of each column, `[*batch, columns]`.
  public let columnSums: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[rows, columns]`.
  public let eventShape: Shape
  private let dtype: DType

  /// Tables of given sums.
  ///
  /// - Precondition: the sums are whole, not negative, exact numbers of their type, and have the same total.
  public init(rowSums: Tensor, columnSums: Tensor) {
    precondition(
      rowSums.rank >= 1 && columnSums.rank >= 1 && rowSums.size(-1) > 0 && columnSums.size(-1) > 0
        && isCount(rowSums.wide).all() && isCount(columnSums.wide).all(),
      "RandomTable: expected sums of rows and of columns, whole and not negative")
    dtype = rowSums.dtype.isFloatingPoint ? rowSums.dtype : .float64
    checkTotals("RandomTable", rowSums.wide.sum(-1), dtype: dtype)
    batchShape = commonBatch("RandomTable", (rowSums, 1), (columnSums, 1))
    eventShape = rowSums.shape.trailing(1) + columnSums.shape.trailing(1)
    self.rowSums = rowSums.broadcasting(batch: batchShape, keeping: 1)
    self.columnSums = columnSums.broadcasting(batch: batchShape, keeping: 1)
    precondition(
      (self.rowSums.wide.sum(-1) .== self.columnSums.wide.sum(-1)).all(),
      "RandomTable: expected rows and columns of the same total")
  }

  /// Whole counts with the given sums.
  public var support: Support {
    .joint(eventRank: 2) { x in
      let wide = x.wide
      let hasRows = (wide.sum(-1) .== rowSums.wide).all(-1)
      return isCount(wide).all(-1).all(-1) .& hasRows .& (wide.sum(-2) .== columnSums.wide).all(-1)
    }
  }

  /// row sum * column sum / total.
  public var mean: Tensor { (rows * columns / total.clamped(from: 1)).to(dtype) }
  /// The variance of each cell, which is hypergeometric.
  public var variance: Tensor {
    let scale = total.clamped(from: 1).squared() * (total - 1.0).clamped(from: 1)
    return (rows * columns * (total - rows) * (total - columns) / scale).to(dtype)
  }

  /// The log-probability in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let sums = (rowSums.wide + 1.0).logGamma().sum(-1) + (columnSums.wide + 1.0).logGamma().sum(-1)
    let cells = (x.wide.clamped(from: 0) + 1.0).logGamma().sum(-1, -2)
    let logProb = sums - (rowSums.wide.sum(-1) + 1.0).logGamma() - cells
    return support.restricting(logProb, at: x).to(resultType(x, dtype))
  }

  /// One hypergeometric draw for each cell, given the ones before; on the processor, one table after the other.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let (tables, cells) = (batchShape.elementCount, eventShape.elementCount)
    let (allRows, allColumns) = (integers(rowSums), integers(columnSums))
    let (height, width) = (eventShape[0], eventShape[1])
    let sampler = HypergeometricSampler(population: tables == 0 ? 0 : Int(rowSums.wide.sum(-1).max().item()))
    var result = [Double](repeating: 0, count: sampleShape.elementCount * tables * cells)
    for event in 0..<(sampleShape.elementCount * tables) {
      let table = event % tables
      var left = Array(allColumns[(table * width)..<((table + 1) * width)])
      for row in 0..<height {
        var (population, toDraw) = (left.reduce(0, +), allRows[table * height + row])
        for column in 0..<width where toDraw > 0 {
          let marked = left[column]
          let count = sampler.draw(marked: marked, population: population, draws: toDraw, using: &rng)
          result[event * cells + row * width + column] = Double(count)
          population -= marked
          toDraw -= count
          left[column] -= count
        }
      }
    }
    return Tensor(result, shape: sampleShape + batchShape + eventShape).to(dtype, rowSums.device)
  }

  private var rows: Tensor { rowSums.wide.unsqueezed(-1) }
  private var columns: Tensor { columnSums.wide.unsqueezed(-2) }
  private var total: Tensor { rowSums.wide.sum(-1).unsqueezed(-1).unsqueezed(-1) }
}
