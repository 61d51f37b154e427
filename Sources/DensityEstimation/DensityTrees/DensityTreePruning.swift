import Foundation
import Torch

/// One subtree of the nested sequence that cost-complexity pruning gives.
public struct PruningStep: Hashable, Sendable, Codable {
  /// The loss that one leaf more must save for the subtree to be worth its leaves. Losses are relative to the whole box:
  /// of the integrated squared error times the box's volume, or of minus the mean log-likelihood in nats.
  public let complexity: Double
  /// The number of leaves.
  public let leafCount: Int
  /// The mean loss on rows that were held out; nil without cross-validation.
  public var heldOutLoss: Double?
}

/// Cost-complexity pruning of a grown tree: for each complexity, which cuts are worth their leaves.
///
/// The subtree of a complexity a minimizes loss + a * leaves. Seen from a node upward, a cut of gain g is worth it below
/// a = g; a cut above whose gain is less is worth it together with those below, so the two are pooled to the mean gain of
/// a cut. Every node so keeps the cuts below it in descending order of complexity and pools with the largest until its own
/// is the largest. Nothing is subtracted, and the whole sequence costs sorting the cuts, however deep the tree is.
///
/// - Reference: Breiman, Friedman, Olshen, Stone, *Classification and Regression Trees*, 1984, section 3.3; for density
///   trees Ram, Gray, 2011, section 3.3.
struct DensityTreePruning {
  /// For each node, the complexity from which on its subtree is one leaf; infinite for leaves.
  let collapse: [Double]
  /// The nested subtrees from all leaves to one.
  let steps: [PruningStep]

  init(_ tree: DensityTreeKernels.GrownTree, criterion: DensityTreeEstimator.Criterion) {
    let count = tree.nodes.column.count
    var cuts = CutHeap(count: count)
    var collapse = [Double](repeating: .infinity, count: count)
    var heaps = [Int](repeating: -1, count: count)
    for node in (0..<count).reversed() where tree.nodes.column[node] >= 0 {
      var rest = cuts.merged(heaps[node + 1], heaps[Int(tree.nodes.upperChild[node])])
      var (gain, leaves) = (criterion.gain(of: node, in: tree), 1.0)
      while rest >= 0, cuts.complexity[rest] >= gain / leaves {
        gain += cuts.gain[rest]
        leaves += cuts.leaves[rest]
        rest = cuts.withoutTop(rest)
      }
      collapse[node] = gain / leaves
      cuts.set(node, gain: gain, leaves: leaves)
      heaps[node] = cuts.merged(node, rest)
    }
    self.collapse = collapse
    steps = Self.steps(cuts.descending(from: heaps[0]).reversed(), leaves: (count + 1) / 2)
  }

  private static func steps(_ cuts: some Sequence<(complexity: Double, leaves: Double)>, leaves: Int) -> [PruningStep] {
    var steps = [PruningStep(complexity: 0, leafCount: leaves)]
    for cut in cuts {
      let left = steps[steps.count - 1].leafCount - Int(cut.leaves)
      if cut.complexity == steps[steps.count - 1].complexity { steps.removeLast() }
      steps.append(PruningStep(complexity: cut.complexity, leafCount: left))
    }
    return steps
  }

  /// The subtree of a complexity, and the weights of its leaves.
  func pruned(
    _ tree: DensityTreeKernels.GrownTree, to complexity: Double
  ) -> (nodes: DensityTreeKernels.Nodes, leafWeights: [Double]) {
    var nodes = DensityTreeKernels.Nodes(column: [], threshold: [], upperChild: [])
    var weights: [Double] = []
    var waiting = [(node: 0, parent: -1)]
    while let (node, parent) = waiting.popLast() {
      let position = nodes.column.count
      if parent >= 0 { nodes.upperChild[parent] = Int32(position) }
      let isLeaf = tree.nodes.column[node] < 0 || collapse[node] <= complexity
      nodes.column.append(isLeaf ? -1 : tree.nodes.column[node])
      nodes.threshold.append(isLeaf ? 0 : tree.nodes.threshold[node])
      nodes.upperChild.append(-1)
      if isLeaf {
        weights.append(tree.weight[node])
      } else {
        waiting += [(Int(tree.nodes.upperChild[node]), position), (node + 1, -1)]
      }
    }
    return (nodes, weights)
  }
}

/// Mergeable heaps of cuts, the largest complexity on top: leftist trees over the positions of nodes.
private struct CutHeap {
  private(set) var complexity, gain, leaves: [Double]
  private var first, second: [Int]
  private var rank: [Int]

  init(count: Int) {
    complexity = [Double](repeating: 0, count: count)
    (gain, leaves) = (complexity, complexity)
    first = [Int](repeating: -1, count: count)
    (second, rank) = (first, [Int](repeating: 1, count: count))
  }

  mutating func set(_ cut: Int, gain: Double, leaves: Double) {
    (self.gain[cut], self.leaves[cut], complexity[cut]) = (gain, leaves, gain / leaves)
  }

  /// The top of both heaps together; -1 is an empty heap. The way down is logarithmic.
  mutating func merged(_ left: Int, _ right: Int) -> Int {
    if left < 0 { return right }
    if right < 0 { return left }
    let (top, other) = complexity[left] >= complexity[right] ? (left, right) : (right, left)
    let below = merged(second[top], other)
    if first[top] < 0 || rank[first[top]] < rank[below] {
      (first[top], second[top]) = (below, first[top])
    } else {
      second[top] = below
    }
    rank[top] = second[top] < 0 ? 1 : rank[second[top]] + 1
    return top
  }

  mutating func withoutTop(_ top: Int) -> Int { merged(first[top], second[top]) }

  func descending(from top: Int) -> [(complexity: Double, leaves: Double)] {
    var (waiting, cuts) = ([top], [(complexity: Double, leaves: Double)]())
    while let cut = waiting.popLast() {
      guard cut >= 0 else { continue }
      cuts.append((complexity[cut], leaves[cut]))
      waiting += [first[cut], second[cut]]
    }
    return cuts.sorted { $0.complexity > $1.complexity }
  }
}
