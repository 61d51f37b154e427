public import Torch

/// Learns a ``DensityTree``: a box is cut in two again and again where this makes the estimated error smallest, then cuts
/// that are not worth their leaves are taken back.
///
///     let tree = try DensityTreeEstimator().fit(x, using: &rng)
///     let (paper, steps) = try DensityTreeEstimator(criterion: .squaredError).fitWithSteps(x, using: &rng)
///
/// Cuts lie in the middle between different neighbouring numbers of a column, so a column of few values is cut between
/// them and rows that are alike stay together. Cross-validation grows a tree without each fold of the rows, drawn at
/// random, and takes the subtree of all rows whose complexity does best on the folds.
///
/// A weight counts how often its row is there, in the sizes of leaves too; with cross-validation the copies of a row lie
/// in one fold.
///
/// - Complexity: rows times columns for each level and fold, after sorting each column once; the folds are grown on all
///   threads. Choosing among all subtrees costs no more than sorting the leaves.
/// - Reference: Ram, Gray, *Density Estimation Trees*, KDD 2011. https://doi.org/10.1145/2020408.2020507
public struct DensityTreeEstimator: DensityEstimator, Hashable, Sendable, Codable {
  /// What cuts make small and pruning is judged by.
  public var criterion: Criterion
  /// Boxes with up to so many rows stay whole.
  public var maximumLeafSize: Int
  /// No box has fewer rows.
  public var minimumLeafSize: Int
  /// How far cuts are taken back.
  public var pruning: Pruning
  /// How far the box reaches beyond the data.
  public var margin: Margin

  /// The likelihood, leaves of 5 to 10 rows before pruning, ten folds and the bounding box, unless told otherwise.
  public init(
    criterion: Criterion = .likelihood, maximumLeafSize: Int = 10, minimumLeafSize: Int = 5,
    pruning: Pruning = .crossValidation(folds: 10), margin: Margin = .none
  ) {
    self.criterion = criterion
    self.maximumLeafSize = maximumLeafSize
    self.minimumLeafSize = minimumLeafSize
    self.pruning = pruning
    self.margin = margin
  }

  /// The tree of data.
  ///
  /// - Parameters:
  ///   - data: rows, `[count, features]`.
  ///   - weights: how often each row counts, `[count]`; nil for once.
  ///   - rng: the source of the folds; left alone without cross-validation.
  /// - Returns: the pruned tree.
  /// - Throws: `DensityEstimationError` when a setting is out of its range, a cell is not finite, a column has one value,
  ///   or there are fewer rows than two or than folds.
  public func fit(
    _ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> DensityTree {
    try fitWithSteps(data, weights: weights, using: &rng).tree
  }

  /// The tree of data, and the nested subtrees from which it was chosen, largest first.
  ///
  /// - Parameters:
  ///   - data: rows, `[count, features]`.
  ///   - weights: how often each row counts, `[count]`; nil for once.
  ///   - rng: the source of the folds; left alone without cross-validation.
  /// - Returns: the pruned tree and the steps.
  /// - Throws: what ``fit(_:weights:using:)`` throws.
  public func fitWithSteps(
    _ data: Tensor, weights: Tensor? = nil, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> (tree: DensityTree, steps: [PruningStep]) {
    precondition(data.rank == 2, "DensityTreeEstimator: expected rows [count, features], got \(data.shape)")
    try validate()
    let rows = try WeightedRows(data, weights: weights, atLeast: max(2, pruning.folds))
    try rows.requireTotalWeight(atLeast: Double(max(2, minimumLeafSize)))
    guard rows.count <= Int(Int32.max) else {
      throw .tooLarge(
        reason: "a density tree takes up to \(Int32.max) rows, and there are \(rows.count): fit a part of them")
    }
    let box = try margin.widened(try rows.box(), of: rows)
    let trees = try grow(rows, box: box, using: &rng)
    let full = DensityTreePruning(trees[0], criterion: criterion)
    var steps = full.steps
    if pruning.folds > 0 {
      var validation = DensityTreeCrossValidation(of: steps, criterion: criterion)
      for tree in trees.dropFirst() { validation.add(tree) }
      for (index, loss) in validation.heldOutLosses.enumerated() { steps[index].heldOutLoss = loss }
    }
    let (nodes, leafWeights) = full.pruned(trees[0], to: chosen(among: steps))
    return (DensityTree(nodes: nodes, leafWeights: leafWeights, lower: box.lower, upper: box.upper), steps)
  }

  private func grow(
    _ rows: WeightedRows, box: (lower: [Double], upper: [Double]), using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> [DensityTreeKernels.GrownTree] {
    let folds = pruning.folds
    var foldOfRow = [Int32](repeating: 0, count: folds > 0 ? rows.count : 0)
    if folds > 0 {
      let order = Tensor.permutation(rows.count, using: &rng).scalars(as: Int.self)
      for (place, row) in order.enumerated() { foldOfRow[Int(row)] = Int32(place % folds) }
    }
    do {
      return try DensityTreeKernels.grow(
        DensityTreeKernels.Task(
          points: rows.points, weights: rows.weights, folds: foldOfRow, foldCount: folds, lower: box.lower,
          upper: box.upper, maximumLeafWeight: Double(maximumLeafSize), minimumLeafWeight: Double(minimumLeafSize),
          criterion: criterion.kernel))
    } catch {
      throw .tooLarge(reason: "\(error): fit a part of the rows, or use fewer folds")
    }
  }

  /// The complexity to prune to.
  private func chosen(among steps: [PruningStep]) -> Double {
    switch pruning {
    case .none: -1
    case .complexity(let penalty): penalty
    case .leaves(let most): (steps.first { $0.leafCount <= most } ?? steps[steps.count - 1]).complexity
    case .crossValidation:
      // Of equal losses the fewest leaves.
      steps.reversed().min { ($0.heldOutLoss ?? .infinity) < ($1.heldOutLoss ?? .infinity) }?.complexity ?? 0
    }
  }

  private func validate() throws(DensityEstimationError) {
    guard minimumLeafSize > 0 else {
      throw .invalidSetting(name: "minimumLeafSize", value: "\(minimumLeafSize)", rule: "1 or more")
    }
    guard maximumLeafSize >= minimumLeafSize else {
      throw .invalidSetting(
        name: "maximumLeafSize", value: "\(maximumLeafSize)", rule: "at least minimumLeafSize, \(minimumLeafSize)")
    }
    try pruning.validate()
    try margin.validate()
  }
}
