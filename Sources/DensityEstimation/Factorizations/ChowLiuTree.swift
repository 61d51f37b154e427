public import Torch

/// A distribution of rows in which each column depends on one other at most, along the tree that explains the data best.
///
/// Of all trees, the one whose edges have the greatest sum of mutual information gives the rows the greatest likelihood.
///
/// - Reference: Chow, Liu, *Approximating discrete probability distributions with dependence trees*, 1968.
public struct ChowLiuTree: FactorizedDistribution {
  /// The parts, each with one parent but the root.
  public let factorization: Factorization

  init(_ factorization: Factorization) { self.factorization = factorization }

  /// The column that depends on no other.
  public var root: Int { order[0] }
  /// Pairs of a column and the one that depends on it, in the order in which they are drawn.
  public var edges: [(parent: Int, child: Int)] {
    factorization.factors.compactMap { factor in factor.parents.first.map { ($0, factor.column) } }
  }

  /// The tree of stored tensors; see ``Factorization/init(tensors:families:)``.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when the tensors cannot be those of a tree.
  public init(tensors: [String: Tensor]) throws(DensityEstimationError) {
    let factorization = try Factorization(tensors: tensors)
    try CheckedTensors(tensors, of: "Chow-Liu tree").check(
      factorization.factors.dropFirst().allSatisfy { $0.parents.count == 1 }, "the columns are no tree")
    self.init(factorization)
  }
}

/// Finds the tree by the mutual information of all pairs of columns, and fits each column given its parent.
public struct ChowLiuTreeEstimator: DensityEstimator, Hashable, Sendable, Codable {
  /// The count by which each value is thought to have been seen in addition, for mutual information and for masses, spread
  /// like the column by itself (a Dirichlet prior).
  public var smoothing: Double
  /// How continuous columns are treated: `gaussian` gives linear regression, and logistic regression of a discrete column on a
  /// continuous one; `{bins: {count: 10}}` gives tables.
  public var continuous: ContinuousDependence
  /// The column that depends on no other. For discrete columns the likelihood hardly depends on it.
  public var root: Int
  /// The kinds of the columns; nil to tell them from the values.
  public var columns: [ColumnKind]?

  /// A tree from the first column on.
  public init(
    smoothing: Double = 0.5, continuous: ContinuousDependence = .gaussian, root: Int = 0,
    columns: [ColumnKind]? = nil
  ) {
    self.smoothing = smoothing
    self.continuous = continuous
    self.root = root
    self.columns = columns
  }

  /// The tree of rows.
  ///
  /// - Throws: `DensityEstimationError` when a setting is out of range, or the rows do not make a density in a column.
  /// - Complexity: that of ``mutualInformation(of:weights:columns:continuous:smoothing:)``, and features^2.
  public func fit(
    _ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> ChowLiuTree {
    let (rows, kinds) = try WeightedRows.table(data, weights: weights, kinds: columns)
    try DensityEstimationError.require("root", root, in: 0...(kinds.count - 1))
    let information = try PairStatistics(rows, kinds: kinds, continuous: continuous)
      .mutualInformation(smoothing: smoothing)
    let tree = maximumSpanningTree(information, root: root)
    return ChowLiuTree(
      try Factorization(
        fitting: rows, kinds: kinds, order: tree.order,
        parents: tree.parents.map { $0.map { [$0] } ?? [] },
        with: { column, _ in estimator(of: column, given: tree.parents[column], kinds) }, using: &rng))
  }

  private func estimator(
    of column: Int, given parent: Int?, _ kinds: [ColumnKind]
  ) -> any ConditionalDensityEstimator {
    if case .bins(let count) = continuous {
      return ConditionalTableEstimator(bins: count, givenBins: count, smoothing: smoothing)
    }
    guard kinds[column].isDiscrete else { return LinearGaussianEstimator() }
    guard let parent, !kinds[parent].isDiscrete else { return ConditionalTableEstimator(smoothing: smoothing) }
    return MultinomialLogisticEstimator(smoothing: smoothing)
  }
}

/// The spanning tree of greatest weight, grown from a root by the heaviest edge at a time (Prim); of equal edges the first.
/// Weights `[nodes, nodes]` are symmetric. Nodes come in the order in which they were reached, with the parent of each.
func maximumSpanningTree(_ weights: Tensor, root: Int) -> (order: [Int], parents: [Int?]) {
  let count = weights.size(0)
  let flat = weights.doubles()
  var parents = [Int?](repeating: nil, count: count)
  var best = [Double](repeating: -Double.infinity, count: count)
  var order = [root]
  var left = Set(0..<count).subtracting([root])
  var last = root
  while !left.isEmpty {
    for node in left where flat[last * count + node] > best[node] {
      best[node] = flat[last * count + node]
      parents[node] = last
    }
    guard let next = left.min(by: { (-best[$0], $0) < (-best[$1], $1) }) else { break }
    left.remove(next)
    order.append(next)
    last = next
  }
  return (order, parents)
}
