import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@testable import DensityEstimation

/// Cost-complexity pruning against trying every subtree, and its cross-validation against pruning tree by tree.
@Suite struct DensityTreePruningTests {
  private typealias Grown = DensityTreeKernels.GrownTree

  private func grown(_ count: Int, seed: UInt64, folds: Int = 0, least: Double = 2) throws -> [Grown] {
    var rng = RandomGenerator(seed: seed)
    let x = Tensor.normal([count, 2], dtype: .float64, using: &rng)
    return try DensityTreeKernels.grow(
      DensityTreeKernels.Task(
        points: x, weights: nil, folds: folds > 0 ? (0..<count).map { Int32($0 % folds) } : [], foldCount: folds,
        lower: x.min(0).doubles(), upper: x.max(0).doubles(), maximumLeafWeight: least * 2, minimumLeafWeight: least,
        criterion: .squaredError))
  }

  /// The least loss of any subtree below a node for each number of leaves: every subtree is tried.
  private func leastLosses(_ node: Int, _ tree: Grown, _ criterion: DensityTreeEstimator.Criterion) -> [Int: Double] {
    var best = [1: criterion.loss(share: tree.weight[node] / tree.weight[0], logVolume: tree.logVolume[node])]
    guard tree.nodes.column[node] >= 0 else { return best }
    let parts = [node + 1, Int(tree.nodes.upperChild[node])].map { leastLosses($0, tree, criterion) }
    for (leaves, loss) in parts[0] {
      for (others, rest) in parts[1] {
        best[leaves + others] = min(best[leaves + others] ?? .infinity, loss + rest)
      }
    }
    return best
  }

  private func loss(of tree: Grown, prunedTo complexity: Double, _ criterion: DensityTreeEstimator.Criterion) -> (
    Double, Int
  ) {
    let pruned = DensityTreePruning(tree, criterion: criterion).pruned(tree, to: complexity)
    let boxes = LeafBoxes(of: pruned.nodes, lower: lower(tree), upper: upper(tree))
    let whole = zip(lower(tree), upper(tree)).reduce(0) { $0 + log($1.1 - $1.0) }
    var sum = 0.0
    for (leaf, weight) in pruned.leafWeights.enumerated() {
      let logVolume = (0..<2).reduce(-whole) { $0 + log(boxes.upper[2 * leaf + $1] - boxes.lower[2 * leaf + $1]) }
      sum += criterion.loss(share: weight / tree.weight[0], logVolume: logVolume)
    }
    return (sum, pruned.leafWeights.count)
  }

  // Pruning knows shares of the volume only, so any box will do that holds all cuts.
  private func lower(_ tree: Grown) -> [Double] { box(tree).0 }
  private func upper(_ tree: Grown) -> [Double] { box(tree).1 }
  private func box(_ tree: Grown) -> ([Double], [Double]) { bounds[tree.weight[0]] ?? ([0, 0], [1, 1]) }
  private var bounds: [Double: ([Double], [Double])] {
    var all: [Double: ([Double], [Double])] = [:]
    for (count, seed) in [(31, 1), (47, 2), (60, 3)] as [(Int, UInt64)] {
      var rng = RandomGenerator(seed: seed)
      let x = Tensor.normal([count, 2], dtype: .float64, using: &rng)
      all[Double(count)] = (x.min(0).doubles(), x.max(0).doubles())
    }
    return all
  }

  @Test(arguments: [(31, 1), (47, 2), (60, 3)] as [(Int, UInt64)], DensityTreeEstimator.Criterion.allCases)
  func noSubtreeIsBetterAtItsComplexity(_ data: (Int, UInt64), _ criterion: DensityTreeEstimator.Criterion) throws {
    let tree = try grown(data.0, seed: data.1)[0]
    let steps = DensityTreePruning(tree, criterion: criterion).steps
    let best = leastLosses(0, tree, criterion)
    #expect(steps.count > 4 && steps.last?.leafCount == 1)
    for (index, step) in steps.enumerated() {
      let next = index + 1 < steps.count ? steps[index + 1].complexity : step.complexity * 2 + 1
      for complexity in [step.complexity, (step.complexity + next) / 2] {
        let (loss, leaves) = loss(of: tree, prunedTo: complexity, criterion)
        let least = best.map { $1 + complexity * Double($0) }.min() ?? .nan
        #expect(leaves == step.leafCount)
        #expect(abs(loss + complexity * Double(leaves) - least) < 1e-10 * max(1, abs(least)))
      }
    }
  }

  @Test func aChainOfCutsIsPrunedWithoutRecursion() {
    // Each cut splits off one row of 20,000 from the lower end.
    let cuts = 20_000
    var nodes = DensityTreeKernels.Nodes(column: [], threshold: [], upperChild: [])
    var (weight, logVolume) = ([Double](), [Double]())
    for cut in 0..<cuts {
      nodes.column += [0, -1]
      nodes.threshold += [Double(cut + 1), 0]
      nodes.upperChild += [Int32(2 * cut + 2), -1]
      weight += [Double(cuts + 1 - cut), 1]
      logVolume += [log(Double(cuts + 1 - cut)), 0].map { $0 - log(Double(cuts + 1)) }
    }
    (nodes.column, nodes.threshold, nodes.upperChild) = (
      nodes.column + [-1], nodes.threshold + [0], nodes.upperChild + [-1]
    )
    let tree = Grown(nodes: nodes, weight: weight + [1], heldOut: [], logVolume: logVolume + [-log(Double(cuts + 1))])
    let steps = DensityTreePruning(tree, criterion: .squaredError).steps
    #expect(steps[0].leafCount <= cuts + 1 && steps.last?.leafCount == 1)
    var linked = nodes
    linked.upperChild = linked.upperChild.map { _ in -1 }
    #expect(linked.linkUpperChildren() && linked.upperChild == nodes.upperChild)
    #expect(nodes.cutsLieInside(lower: [0], upper: [Double(cuts + 1)]))
  }

  @Test(arguments: DensityTreeEstimator.Criterion.allCases)
  func crossValidationIsPruningTreeByTree(_ criterion: DensityTreeEstimator.Criterion) throws {
    let trees = try grown(60, seed: 3, folds: 4)
    let steps = DensityTreePruning(trees[0], criterion: criterion).steps
    var validation = DensityTreeCrossValidation(of: steps, criterion: criterion)
    for tree in trees.dropFirst() { validation.add(tree) }
    let losses = validation.heldOutLosses
    #expect(losses.count == steps.count)
    for index in steps.indices {
      let complexity =
        index + 1 < steps.count ? (steps[index].complexity * steps[index + 1].complexity).squareRoot() : Double.infinity
      var expected = 0.0
      for (fold, tree) in trees.dropFirst().enumerated() {
        expected += try heldOutLoss(tree, fold, complexity, criterion) / 4
      }
      #expect(abs(losses[index] - expected) < 1e-10 * max(1, abs(expected)), "step \(index)")
    }
  }

  /// The estimated error of a pruned tree on the rows of a fold, by its density there. Boxes have the volume 1.
  private func heldOutLoss(
    _ tree: Grown, _ fold: Int, _ complexity: Double, _ criterion: DensityTreeEstimator.Criterion
  ) throws -> Double {
    var rng = RandomGenerator(seed: 3)
    let x = Tensor.normal([60, 2], dtype: .float64, using: &rng)
    let (lower, upper) = (x.min(0).doubles(), x.max(0).doubles())
    let pruned = DensityTreePruning(tree, criterion: criterion).pruned(tree, to: complexity)
    let density = DensityTree(nodes: pruned.nodes, leafWeights: pruned.leafWeights, lower: lower, upper: upper)
    let whole = zip(lower, upper).reduce(0) { $0 + log($1.1 - $1.0) }
    let logProb = density.logProb(x.selecting(Tensor((0..<60).filter { $0 % 4 == fold }))) + whole
    switch criterion {
    case .squaredError:
      let square = (density.leafMasses * (density.leafLogDensities + whole).exp()).sum().item()
      return square - 2 * logProb.exp().mean().item()
    case .likelihood: return -logProb.mean().item()
    }
  }
}
