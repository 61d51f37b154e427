import Foundation
public import Torch

/// Counts rows in the cells of a grid.
///
///     let histogram = try HistogramEstimator(bins: .freedmanDiaconis).fit(x, using: &rng)    // x: [count]
///     let grid = try HistogramEstimator(bins: .fixed(count: 20)).fit(y, using: &rng)         // y: [count, features]
///
/// A weight counts how often its row is there, also in the rules that look at the number of rows.
///
/// - Complexity: sorting each column, where the rule looks at quartiles; then a binary search for each cell of data.
public struct HistogramEstimator: DensityEstimator, Hashable, Sendable, Codable {
  /// How each column is cut into bins.
  public var bins: Bins
  /// The most cells that a grid may have; most of more would be empty, and the density 0 there.
  public var maximumCells: Int

  /// The rule of Freedman and Diaconis and up to 2^24 cells, unless told otherwise.
  public init(bins: Bins = .freedmanDiaconis, maximumCells: Int = 16_777_216) {
    self.bins = bins
    self.maximumCells = maximumCells
  }

  /// The most cells that can be told apart.
  static let mostCells = 0x1p53

  /// The histogram of data.
  ///
  /// - Parameters:
  ///   - data: numbers, `[count]`, or rows, `[count, features]`.
  ///   - weights: how often each row counts, `[count]`; nil for once.
  ///   - rng: left alone.
  /// - Returns: a histogram of numbers for data of rank 1, of vectors otherwise.
  /// - Throws: `DensityEstimationError` when a cell is not finite, a column that a rule must cut has one value, a row
  ///   lies outside given edges, or there are too many cells.
  public func fit(
    _ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> Histogram {
    try validate()
    let rows = try WeightedRows(data, weights: weights, atLeast: bins.leastRows)
    if bins.dependsOnCount { try rows.requireTotalWeight(atLeast: 2) }
    let edges = try edges(of: rows)
    try requireFewCells(edges)
    let (codes, sums) = try counted(rows, in: edges)
    return Histogram(edges: edges, codes: codes, weights: sums, isOfNumbers: rows.isOfNumbers)
  }

  private func edges(of rows: WeightedRows) throws(DensityEstimationError) -> [[Double]] {
    if case .given(let edges) = bins {
      guard edges.count == rows.columns else {
        throw .invalidSetting(
          name: "bins.given.edges", value: "for \(edges.count) columns", rule: "for \(rows.columns)")
      }
      return edges
    }
    var all: [[Double]] = []
    for index in 0..<rows.columns { all.append(try bins.edges(of: WeightedColumn(rows, index), limit: maximumCells)) }
    return all
  }

  private func requireFewCells(_ edges: [[Double]]) throws(DensityEstimationError) {
    let counts = edges.map { $0.count - 1 }
    let cells = counts.reduce(1.0) { $0 * Double($1) }
    guard cells > Double(maximumCells) else { return }
    let product =
      Set(counts).count == 1 && counts.count > 1
      ? "\(counts[0])^\(counts.count)" : counts.map(String.init).joined(separator: " x ")
    throw .tooLarge(
      reason:
        "a grid of \(product) = \(String(format: "%.3g", cells)) cells is above maximumCells, \(maximumCells), and "
        + "nearly all would be empty: use fewer bins or columns, or a density tree, whose boxes follow the data")
  }

  /// The occupied cells, ascending, and the weights in them.
  private func counted(
    _ rows: WeightedRows, in edges: [[Double]]
  ) throws(DensityEstimationError) -> (codes: [Int], weights: [Double]) {
    var code = Tensor.zeros([rows.count], dtype: .int64)
    for (column, edges) in edges.enumerated() {
      let values = rows.points[.all, .at(column)].contiguous()
      let isInside = (values .>= edges[0]) .& (values .<= edges[edges.count - 1])
      guard isInside.all() else {
        let row = isInside.to(.uint8).argMin(0).integerItem()
        throw .degenerate(
          reason: "a number in column \(column + 1), \(values[.at(row)].item()), lies outside the given edges, "
            + "\(edges[0]) to \(edges[edges.count - 1]): widen them or leave the row out")
      }
      code = code * (edges.count - 1) + Histogram.bins(of: values, in: edges)
    }
    let cells = edges.reduce(1) { $0 * ($1.count - 1) }
    return cells <= 4 * rows.count + 65_536 ? summed(code, rows, cells: cells) : gathered(code, rows)
  }

  /// The weights of cells, where there is room for all of them.
  private func summed(_ code: Tensor, _ rows: WeightedRows, cells: Int) -> (codes: [Int], weights: [Double]) {
    let weights = rows.weights ?? Tensor.ones([rows.count], dtype: .float64)
    let sums = Tensor.zeros([cells], dtype: .float64).addingAt(code, 0, weights).doubles()
    let codes = sums.indices.filter { sums[$0] > 0 }
    return (codes, codes.map { sums[$0] })
  }

  /// The weights of cells that are far more than the rows.
  private func gathered(_ code: Tensor, _ rows: WeightedRows) -> (codes: [Int], weights: [Double]) {
    let (sorted, order) = code.sorted()
    let weights = rows.weights?.selecting(order).doubles()
    var (codes, sums) = ([Int](), [Double]())
    for (place, code) in sorted.scalars(as: Int.self).enumerated() {
      if codes.last != code {
        codes.append(code)
        sums.append(0)
      }
      sums[sums.count - 1] += weights?[place] ?? 1
    }
    return (codes, sums)
  }

  private func validate() throws(DensityEstimationError) {
    guard maximumCells > 0 && Double(maximumCells) <= Self.mostCells else {
      throw .invalidSetting(name: "maximumCells", value: "\(maximumCells)", rule: "from 1 to 2^53")
    }
    try bins.validate()
  }

  /// Whether edges are finite and ascend.
  static func ascend(_ edges: [Double]) -> Bool {
    edges.count > 1 && edges.allSatisfy(\.isFinite) && zip(edges, edges.dropFirst()).allSatisfy(<)
      && (edges[edges.count - 1] - edges[0]).isFinite
  }
}
