import Foundation
import Torch

/// Chooses how far to prune by how trees of part of the rows do on the others.
struct DensityTreeCrossValidation {
  /// The complexities at which trees are compared: between those of neighbouring subtrees, as Breiman et al. have it.
  private let complexities: [Double]
  private let criterion: DensityTreeEstimator.Criterion
  private var losses: [CompensatedSum]
  private var totalHeldOut = 0.0

  init(of steps: [PruningStep], criterion: DensityTreeEstimator.Criterion) {
    self.criterion = criterion
    complexities = steps.indices.map { index in
      guard index + 1 < steps.count else { return .infinity }
      return steps[index].complexity.squareRoot() * steps[index + 1].complexity.squareRoot()
    }
    losses = [CompensatedSum](repeating: CompensatedSum(), count: steps.count + 1)
  }

  /// Adds what a tree that a fold was left out of loses on the fold, for all complexities at once: a node is a leaf of
  /// the pruned tree from its own collapse to its parent's, and adds its loss there.
  ///
  /// Differs from Ram and Gray: the integral of the squared density is of the tree that is judged, not of the one of all
  /// rows, so that the two parts of the error belong together.
  mutating func add(_ tree: DensityTreeKernels.GrownTree) {
    let heldOut = tree.heldOut[0]
    guard heldOut > 0 else { return }
    let collapse = DensityTreePruning(tree, criterion: criterion).collapse
    // The complexity from which on a node is inside a leaf above it.
    var absorbed = [Double](repeating: .infinity, count: collapse.count)
    for node in collapse.indices {
      let isLeaf = tree.nodes.column[node] < 0
      let end = absorbed[node]
      if !isLeaf {
        absorbed[node + 1] = min(end, collapse[node])
        absorbed[Int(tree.nodes.upperChild[node])] = min(end, collapse[node])
      }
      let from = isLeaf ? 0 : firstIndex(atLeast: collapse[node])
      let to = node == 0 ? complexities.count : firstIndex(atLeast: end)
      guard from < to else { continue }
      let loss =
        heldOut
        * criterion.heldOutLoss(
          heldOut: tree.heldOut[node] / heldOut, share: tree.weight[node] / tree.weight[0],
          logVolume: tree.logVolume[node])
      losses[from].add(loss)
      losses[to].add(-loss)
    }
    totalHeldOut += heldOut
  }

  private func firstIndex(atLeast complexity: Double) -> Int {
    var (low, high) = (0, complexities.count)
    while low < high {
      let middle = (low + high) / 2
      if complexities[middle] < complexity { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The mean loss of each subtree on held-out rows.
  var heldOutLosses: [Double] {
    var sum = CompensatedSum()
    return complexities.indices.map { index in
      sum.add(losses[index])
      return sum.value / totalHeldOut
    }
  }
}

/// A sum that carries what rounding lost, so that large terms that cancel leave small ones intact.
private struct CompensatedSum {
  private var sum = 0.0
  private var lost = 0.0

  var value: Double { sum + lost }

  mutating func add(_ term: Double) {
    let total = sum + term
    let part = total - sum
    lost += (sum - (total - part)) + (term - part)
    sum = total
  }

  mutating func add(_ other: CompensatedSum) {
    add(other.sum)
    add(other.lost)
  }
}
