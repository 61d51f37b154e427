import Foundation
public import Torch

/// A table over the leaves of a binary tree of questions about the given columns, grown while the data are better explained.
///
/// A leaf is split where the probability of its rows, with the unknown masses integrated out under a Dirichlet prior, rises
/// by more than the number of splits to choose from. So columns that do not matter are not asked about, and memory
/// does not grow with the power of their number. Discrete given columns are asked about like numbers.
///
/// - Reference: Friedman, Goldszmidt, *Learning Bayesian networks with local structure*, 1996; Chickering, Heckerman, Meek,
///   *A Bayesian approach to learning Bayesian networks with local structure*, 1997, equation 2.
public struct ConditionalTreeEstimator: ConditionalDensityEstimator, Hashable, Sendable, Codable {
  /// Bins of the column itself, when it is continuous; nil for twice the cube root of the number of rows, up to 256.
  public var bins: Int?
  /// The most leaves.
  public var leaves: Int
  /// The count by which each value or bin is thought to have been seen in addition, spread like the column by itself.
  public var smoothing: Double

  /// A tree of at most 256 leaves.
  public init(bins: Int? = nil, leaves: Int = 256, smoothing: Double = 0.5) {
    self.bins = bins
    self.leaves = leaves
    self.smoothing = smoothing
  }

  /// The tree of the rows.
  ///
  /// - Throws: `DensityEstimationError.invalidSetting`.
  /// - Complexity: rows x given columns for each level of the tree.
  public func fit(
    _ data: ConditionalData, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> ConditionalTable {
    try DensityEstimationError.requirePositive("smoothing", smoothing)
    try DensityEstimationError.require("leaves", leaves, in: 1...65536)
    let cells = try ConditionalTable.targetCells(data, bins: bins)
    let growth = TreeGrowth(data, cells: cells, smoothing: smoothing)
    let tree = TreePartition(growth.grown(leaves: leaves))
    let counts = ConditionalTable.counts(
      tree.cells(of: data.given), cells.indices(of: data.target), weights: data.weights, rows: tree.count,
      columns: cells.count)
    return ConditionalTable(
      target: data.targetKind, given: data.givenKinds, partition: .tree(tree), cells: cells,
      logMasses: ConditionalTable.logMasses(counts, marginal: counts.sum(0), smoothing: smoothing))
  }
}

extension ConditionalTreeEstimator {
  private enum CodingKeys: String, CodingKey { case bins, leaves, smoothing }

  /// Reads the settings; those that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let (settings, standard) = (try decoder.container(keyedBy: CodingKeys.self), Self())
    self.init(
      bins: try settings.decodeIfPresent(Int.self, forKey: .bins),
      leaves: try settings.decodeIfPresent(Int.self, forKey: .leaves) ?? standard.leaves,
      smoothing: try settings.decodeIfPresent(Double.self, forKey: .smoothing) ?? standard.smoothing)
  }

  /// Writes all settings, also those that are nil, so that a list of settings shows them.
  public func encode(to encoder: any Encoder) throws {
    var settings = encoder.container(keyedBy: CodingKeys.self)
    try settings.encode(bins, forKey: .bins)
    try settings.encode(leaves, forKey: .leaves)
    try settings.encode(smoothing, forKey: .smoothing)
  }
}

/// The search for the questions of a tree, over bins of the given columns.
private struct TreeGrowth {
  /// The bin of each row in each given column, `[count, columns]`.
  let places: Tensor
  /// What separates the bins of each column.
  let thresholds: [[Double]]
  /// The row's value or bin of the column that is modelled, `[count]`.
  let target: Tensor
  let weights: Tensor
  /// The prior's counts, `[values]`.
  let prior: Tensor
  /// The most bins of a given column.
  let bins: Int

  private static var candidates: Int { 32 }

  init(_ data: ConditionalData, cells: Cells, smoothing: Double) {
    target = cells.indices(of: data.target)
    weights = data.weights
    let seen = Tensor.zeros([cells.count], dtype: .float64).addingAt(target, 0, weights)
    let strength = smoothing * Double(cells.count)
    prior = (seen + smoothing) * strength / (seen.sum() + strength)
    let edges = data.given.unbound(1).map { column in
      TreeGrowth.separations(column.contiguous(), weights: data.weights)
    }
    thresholds = edges.map { $0.doubles() }
    let columns = zip(edges, data.given.unbound(1)).map { $0.searchSorted($1.contiguous()) }
    places = columns.isEmpty ? Tensor.zeros([data.count, 0], dtype: .int64) : Tensor.stacking(columns, 1)
    bins = (thresholds.map(\.count).max() ?? 0) + 1
  }

  /// Numbers between the values of a column, which leave about equal weight between them.
  private static func separations(_ column: Tensor, weights: Tensor) -> Tensor {
    let values = distinctValues(column)
    guard values.elementCount > candidates else { return (values[.slice(from: 1)] + values[.slice(to: -1)]) * 0.5 }
    return Cells.quantiles(of: column, weights: weights, count: candidates).numbers[.slice(from: 1, to: -1)]
  }

  /// The nodes of the tree, the best split first.
  func grown(leaves: Int) -> [TreePartition.Node] {
    var nodes = [TreePartition.Node()]
    var open = [0: candidate(Tensor.range(target.elementCount))]
    while open.count < leaves, let best = open.max(by: { ($0.value.gain, -$0.key) < ($1.value.gain, -$1.key) }),
      best.value.gain > 0
    {
      open[best.key] = nil
      let (column, bin, rows) = (best.value.column, best.value.bin, best.value.rows)
      let isAbove = places[.all, .at(column)][.indices(rows)] .> bin
      let first = nodes.count
      nodes[best.key] = TreePartition.Node(column: column, threshold: thresholds[column][bin], next: first)
      nodes += [TreePartition.Node(), TreePartition.Node()]
      open[first] = candidate(rows.selecting(where: .!isAbove))
      open[first + 1] = candidate(rows.selecting(where: isAbove))
    }
    var leaf = 0
    for index in nodes.indices where nodes[index].column < 0 {
      nodes[index].next = leaf
      leaf += 1
    }
    return nodes
  }

  private struct Candidate {
    let rows: Tensor
    let column, bin: Int
    /// What the split adds to the log-probability of the rows, less the price of the choice.
    let gain: Double
  }

  /// The best split of some rows.
  private func candidate(_ rows: Tensor) -> Candidate {
    let none = Candidate(rows: rows, column: 0, bin: 0, gain: -Double.infinity)
    let columns = places.size(1)
    guard columns > 0, bins > 1, rows.elementCount > 1 else { return none }
    let (values, size) = (prior.elementCount, places[.indices(rows)])
    let offsets = Tensor.range(columns) * (bins * values)
    let flat = size * values + offsets + target[.indices(rows)].unsqueezed(1)
    let each = weights[.indices(rows)].unsqueezed(1).broadcasted(to: flat.shape)
    let counts = Tensor.zeros([columns * bins * values], dtype: .float64)
      .addingAt(flat.flattened(), 0, each.flattened()).reshaped([columns, bins, values])
    let below = counts.cumulativeSum(1)
    let total = below[.all, .at(-1)].unsqueezed(1)
    let (first, second) = (below[.all, .slice(to: -1)], total - below[.all, .slice(to: -1)])
    let gains = evidence(first) + evidence(second) - evidence(total)
    let least = total.sum(-1) * 1e-9
    let isSplit = (first.sum(-1) .> least) .& (second.sum(-1) .> least)
    let possible = isSplit.nonzeroCount()
    guard possible > 0 else { return none }
    let best = select(isSplit, gains, -Double.infinity).flattened()
    let position = best.argMax(0).integerItem()
    return Candidate(
      rows: rows, column: position / (bins - 1), bin: position % (bins - 1),
      gain: best[.at(position)].item() - log(Double(possible)))
  }

  /// The log-probability of counts of values with the masses integrated out, `[*, values]` to `[*]`.
  private func evidence(_ counts: Tensor) -> Tensor {
    let strength = prior.sum()
    return ((counts + prior).logGamma() - prior.logGamma()).sum(-1) + strength.logGamma()
      - (counts.sum(-1) + strength).logGamma()
  }
}
