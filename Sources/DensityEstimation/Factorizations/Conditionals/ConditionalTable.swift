import Foundation
public import Probability
public import Torch

/// A table of masses: rows of given values fall into cells, and each cell has a histogram of the column, or the masses of
/// its values.
///
/// The cells are those of a grid (``ConditionalTableEstimator``) or the leaves of a tree (``ConditionalTreeEstimator``).
/// A continuous column has the same bins in all of them, between its least and its greatest value; outside, the density is
/// 0.
public struct ConditionalTable: StoredConditionalDensity {
  /// `table`.
  public static var family: String { "table" }
  /// The kind of the column.
  public let target: ColumnKind
  /// The kinds of the given columns.
  public let given: [ColumnKind]
  let partition: Partition
  let cells: Cells
  /// Logarithms of masses, `[cells of given values, values or bins]`.
  public let logMasses: Tensor

  /// How rows of given values fall into cells.
  enum Partition {
    case grid(GridPartition)
    case tree(TreePartition)

    var count: Int {
      switch self {
      case .grid(let grid): grid.count
      case .tree(let tree): tree.count
      }
    }

    func cells(of rows: Tensor) -> Tensor {
      switch self {
      case .grid(let grid): grid.cells(of: rows)
      case .tree(let tree): tree.cells(of: rows)
      }
    }

    var tensors: [String: Tensor] {
      switch self {
      case .grid(let grid): grid.tensors
      case .tree(let tree): tree.tensors
      }
    }
  }

  init(target: ColumnKind, given: [ColumnKind], partition: Partition, cells: Cells, logMasses: Tensor) {
    self.target = target
    self.given = given
    self.partition = partition
    self.cells = cells
    self.logMasses = logMasses
  }

  /// A table of masses of values, for each combination of the given columns' values.
  ///
  ///     // p(alarm | burglary, earthquake); the last dimension is the alarm's values
  ///     ConditionalTable(
  ///       values: [0, 1], given: [[0, 1], [0, 1]],
  ///       masses: Tensor([0.999, 0.001, 0.71, 0.29, 0.06, 0.94, 0.05, 0.95], shape: [2, 2, 2]))
  ///
  /// - Parameters:
  ///   - values: the values of the column, rising.
  ///   - given: the values of each given column, rising.
  ///   - masses: `[given values..., values]`, not negative, each row with a positive sum.
  /// - Precondition: the shapes agree. Values that a given column does not have get the mean of all rows.
  public init(values: [Double], given: [[Double]], masses: Tensor) {
    let target = ColumnKind.discrete(values: values)
    let kinds = given.map { ColumnKind.discrete(values: $0) }
    precondition(
      masses.shape == Shape(given.map(\.count) + [values.count]) && target.isValid && kinds.allSatisfy(\.isValid),
      "ConditionalTable: expected rising values and masses of shape \(given.map(\.count) + [values.count]), got "
        + "\(masses.shape)")
    let rows = masses.to(.float64).reshaped([-1, values.count])
    let sums = rows.sum(-1, keepingDimensions: true)
    precondition(
      !(rows .< 0).any() && !(sums .<= 0).any(),
      "ConditionalTable: expected masses of which each row has a positive sum")
    let shares = rows / sums
    self.init(
      target: target, given: kinds, partition: .grid(GridPartition(values: given)), cells: .values(Tensor(values)),
      logMasses: Tensor.concatenating([shares, shares.mean(0, keepingDimensions: true)]).log())
  }

  /// From the least to the greatest value.
  public var support: Support {
    Support(.interval(lower: cells.bounds.lower, upper: cells.bounds.upper), eventRank: 0)
  }

  /// The number of cells of given values, with the one for all that were never seen.
  public var cellCount: Int { partition.count }

  /// The histograms, or the masses, of the cells of rows `[*batch, given]`.
  public func conditioned(on rows: Tensor) -> TabulatedDistribution {
    TabulatedDistribution(cells, table: logMasses, rows: partition.cells(of: rows))
  }

  // MARK: Files

  /// `logMasses`; `bins` of a continuous column; `seen` and `edges.0`, ... of a grid, `column`, `threshold` and `next` of
  /// a tree.
  public var tensors: [String: Tensor] {
    var result = partition.tensors
    result["logMasses"] = logMasses
    if case .intervals(let edges) = cells { result["bins"] = edges }
    return result
  }

  /// The table of stored numbers.
  ///
  /// - Throws: `DensityEstimationError.degenerate` for wrong shapes, bins that do not rise, masses that do not sum to 1
  ///   and nodes that are no tree.
  public init(
    target: ColumnKind, given: [ColumnKind], tensors: [String: Tensor]
  ) throws(DensityEstimationError) {
    let stored = CheckedTensors(tensors, of: "table")
    let partition: Partition =
      stored.contains("next")
      ? .tree(try TreePartition(given: given, stored)) : .grid(try GridPartition(given: given, stored))
    let cells: Cells
    if target.isDiscrete {
      cells = .values(Tensor(target.values))
    } else {
      let edges = try stored.numbers("bins", [nil])
      try stored.check(Cells.areValid(edges, atLeast: 2), "'bins' do not rise")
      cells = .intervals(edges: edges)
    }
    let logMasses = try stored.numbers("logMasses", [partition.count, cells.count], allowingMinusInfinity: true)
    try stored.check(
      !(logMasses.logSumExp(-1).absolute() .> 1e-9).any(), "the masses of a cell do not sum to 1")
    self.init(target: target, given: given, partition: partition, cells: cells, logMasses: logMasses)
  }
}

extension ConditionalTable {
  /// The values of a discrete column, or bins of about equal weight of a continuous one: nil for twice the cube root of the
  /// number of rows, up to 256.
  static func targetCells(_ data: ConditionalData, bins: Int?) throws(DensityEstimationError) -> Cells {
    guard !data.targetKind.isDiscrete else { return .values(Tensor(data.targetKind.values)) }
    if let bins { try DensityEstimationError.require("bins", bins, in: 1...65536) }
    let rule = min(256, max(1, Int((2 * cbrt(Double(data.count))).rounded())))
    return .quantiles(of: data.target, weights: data.weights, count: bins ?? rule)
  }

  /// The weight of rows for each pair of a cell of given values and a cell of the column, `[rows, columns]`.
  static func counts(_ first: Tensor, _ second: Tensor, weights: Tensor, rows: Int, columns: Int) -> Tensor {
    Tensor.zeros([rows * columns], dtype: .float64, device: weights.device)
      .addingAt(first * columns + second, 0, weights).reshaped([rows, columns])
  }

  /// The expected masses of counts `[rows, values]` under a Dirichlet prior around the column's own masses:
  /// (n + smoothing * K * q) / (N + smoothing * K), with q the masses (n + smoothing) / (N + smoothing * K) of the column by
  /// itself.
  ///
  /// - Reference: Friedman, Geiger, Goldszmidt, *Bayesian network classifiers*, 1997, section 3.2.
  static func logMasses(_ counts: Tensor, marginal: Tensor, smoothing: Double) -> Tensor {
    let strength = smoothing * Double(counts.size(-1))
    let own = ((marginal + smoothing) / (marginal.sum() + strength))
    return ((counts + own * strength) / (counts.sum(-1, keepingDimensions: true) + strength)).log()
  }
}
