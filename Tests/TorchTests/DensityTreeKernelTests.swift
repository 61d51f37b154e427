import Foundation
import Testing
import Torch

/// The growing of density trees against the rule that it follows, tried on every cut of every box.
@Suite(.serialized) struct DensityTreeKernelTests {
  private typealias Kernels = DensityTreeKernels

  struct Case: Sendable, CustomTestStringConvertible {
    var rows: Int
    var columns: Int
    var leaf: (most: Double, least: Double)
    var isWeighted = false
    /// How many different values a column has; nil for all.
    var values: Double?
    var testDescription: String {
      "\(rows) x \(columns), leaves \(leaf.least) to \(leaf.most)\(isWeighted ? ", weighted" : "")"
    }

    static let all = [
      Case(rows: 1, columns: 1, leaf: (1, 1)), Case(rows: 2, columns: 1, leaf: (1, 1)),
      Case(rows: 37, columns: 2, leaf: (1, 1)), Case(rows: 101, columns: 3, leaf: (10, 5)),
      Case(rows: 64, columns: 4, leaf: (8, 8)), Case(rows: 150, columns: 2, leaf: (4, 2), values: 5),
      Case(rows: 90, columns: 3, leaf: (6, 2.5), isWeighted: true),
      Case(rows: 80, columns: 2, leaf: (3, 1), isWeighted: true, values: 7),
    ]
  }

  private func task(_ row: Case, _ criterion: Kernels.Criterion, folds: Int = 0) -> Kernels.Task {
    var rng = RandomGenerator(seed: UInt64(row.rows))
    var points = Tensor.normal([row.rows, row.columns], dtype: .float64, using: &rng)
    if let values = row.values { points = (points * (values / 4)).rounded() }
    let weights = Tensor.uniform([row.rows], dtype: .float64, using: &rng) * 2.0 + 0.1
    return Kernels.Task(
      points: points, weights: row.isWeighted ? weights : nil,
      folds: folds > 0 ? (0..<row.rows).map { Int32($0 % folds) } : [], foldCount: folds,
      lower: (points.min(0) - 0.25).doubles(), upper: (points.max(0) + 0.5).doubles(),
      maximumLeafWeight: row.leaf.most, minimumLeafWeight: row.leaf.least, criterion: criterion)
  }

  @Test(arguments: InstructionSet.available, [Kernels.Criterion.squaredError, .likelihood])
  func everyCutIsTheBest(_ set: InstructionSet, _ criterion: DensityTreeKernels.Criterion) throws {
    let before = InstructionSet.current
    set.use()
    defer { before.use() }
    for row in Case.all {
      let task = task(row, criterion)
      let tree = try Kernels.grow(task)[0]
      #expect(tree.heldOut.allSatisfy { $0 == 0 })
      var reference = TreeCheck(task, tree)
      reference.check("\(row.testDescription), \(set)")
      #expect(reference.nodesSeen == tree.nodes.column.count)
    }
  }

  @Test func treesOfFoldsAreTreesOfTheirRows() throws {
    let row = Case(rows: 120, columns: 3, leaf: (10, 5), isWeighted: true)
    let task = task(row, .squaredError, folds: 3)
    let trees = try Kernels.grow(task)
    #expect(trees.count == 4)
    for fold in 0..<3 {
      let rest = (0..<row.rows).filter { $0 % 3 != fold }
      var alone = task
      alone.points = task.points.selecting(Tensor(rest))
      alone.weights = task.weights?.selecting(Tensor(rest))
      (alone.folds, alone.foldCount) = ([], 0)
      let expected = try Kernels.grow(alone)[0]
      let tree = trees[fold + 1]
      #expect(tree.nodes.column == expected.nodes.column && tree.nodes.threshold == expected.nodes.threshold)
      #expect(tree.nodes.upperChild == expected.nodes.upperChild && tree.weight == expected.weight)
      let left = Tensor((0..<row.rows).filter { $0 % 3 == fold })
      let leaves = Kernels.leaves(
        of: task.points.selecting(left), in: tree.nodes, lower: task.lower, upper: task.upper)
      var heldOut = [Double](repeating: 0, count: tree.weight.count)
      let weights = try #require(task.weights).selecting(left).doubles()
      for (leaf, weight) in zip(leaves.scalars(as: Int.self), weights) { heldOut[leaf] += weight }
      for node in heldOut.indices.reversed() where tree.nodes.column[node] >= 0 {
        heldOut[node] = heldOut[node + 1] + heldOut[Int(tree.nodes.upperChild[node])]
      }
      #expect(zip(heldOut, tree.heldOut).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  /// One tree works on all columns at once, trees of folds on one after the other.
  @Test func theWayOfWorkingDoesNotMatter() throws {
    for isWeighted in [false, true] {
      let row = Case(rows: 6000, columns: 3, leaf: (400, 100), isWeighted: isWeighted)
      let (alone, among) = (
        try Kernels.grow(task(row, .squaredError)), try Kernels.grow(task(row, .squaredError, folds: 2))
      )
      #expect(alone[0].nodes.threshold == among[0].nodes.threshold && alone[0].weight == among[0].weight)
      #expect(alone[0].nodes.column.count > 20)
    }
  }

  @Test func pointsFindTheirLeaves() throws {
    let task = task(Case(rows: 50, columns: 2, leaf: (5, 2)), .squaredError)
    let nodes = try Kernels.grow(task)[0].nodes
    var points = task.points.doubles()
    let cut = nodes.threshold[0]
    // On the first cut: the lower part has it. Then outside, and NaN.
    points.replaceSubrange(0..<2, with: nodes.column[0] == 0 ? [cut, points[1]] : [points[0], cut])
    points.replaceSubrange(2..<6, with: [task.lower[0] - 1e-9, 0, 0, .nan])
    points.replaceSubrange(6..<10, with: [task.lower[0], task.upper[1], .infinity, 0])
    let found = Kernels.leaves(
      of: Tensor(points, shape: [50, 2]), in: nodes, lower: task.lower, upper: task.upper
    ).scalars(as: Int.self)
    let count = nodes.column.count
    #expect(found[0] < Int(nodes.upperChild[0]) && found[1] == count && found[2] == count + 1 && found[4] == count)
    for row in [0, 3] + Array(5..<50) {
      var node = 0
      while nodes.column[node] >= 0 {
        let value = points[2 * row + Int(nodes.column[node])]
        node = value <= nodes.threshold[node] ? node + 1 : Int(nodes.upperChild[node])
      }
      #expect(found[row] == node)
    }
  }
}

/// Walks over a tree with the rows of each box, and tries every cut.
private struct TreeCheck {
  let task: DensityTreeKernels.Task
  let tree: DensityTreeKernels.GrownTree
  let rows: [[Double]]
  let weights: [Double]
  var nodesSeen = 0

  init(_ task: DensityTreeKernels.Task, _ tree: DensityTreeKernels.GrownTree) {
    self.task = task
    self.tree = tree
    let columns = task.points.size(1)
    let values = task.points.doubles()
    rows = stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<($0 + columns)]) }
    weights = task.weights?.doubles() ?? rows.map { _ in 1 }
  }

  mutating func check(_ name: String) {
    check(0, Array(rows.indices), task.lower, task.upper, 0, name)
  }

  private mutating func check(
    _ node: Int, _ members: [Int], _ lower: [Double], _ upper: [Double], _ logVolume: Double, _ name: String
  ) {
    nodesSeen += 1
    let total = members.reduce(0) { $0 + weights[$1] }
    #expect(abs(total - tree.weight[node]) < 1e-12 * total && abs(logVolume - tree.logVolume[node]) < 1e-10)
    let best = bestScore(members, lower, upper, total)
    let column = Int(tree.nodes.column[node])
    guard column >= 0 else {
      #expect(total <= task.maximumLeafWeight || best == nil, "\(name): node \(node) should be cut")
      return
    }
    let threshold = tree.nodes.threshold[node]
    let (first, second) = (
      members.filter { rows[$0][column] <= threshold }, members.filter { rows[$0][column] > threshold }
    )
    let score = score(first, second, column, threshold, lower, upper, total)
    #expect(total > task.maximumLeafWeight)
    #expect(abs(score - (best ?? -1)) <= 1e-11 * abs(score), "\(name): node \(node) has \(score), best \(best ?? -1)")
    var (upperOfFirst, lowerOfSecond) = (upper, lower)
    upperOfFirst[column] = threshold
    lowerOfSecond[column] = threshold
    let span = upper[column] - lower[column]
    let shares = [(threshold - lower[column]) / span, (upper[column] - threshold) / span]
    check(node + 1, first, lower, upperOfFirst, logVolume + log(shares[0]), name)
    check(Int(tree.nodes.upperChild[node]), second, lowerOfSecond, upper, logVolume + log(shares[1]), name)
  }

  private func bestScore(_ members: [Int], _ lower: [Double], _ upper: [Double], _ total: Double) -> Double? {
    var best: Double?
    for column in lower.indices {
      let values = Set(members.map { rows[$0][column] }).sorted()
      for (a, b) in zip(values, values.dropFirst()) {
        let (first, second) = (members.filter { rows[$0][column] <= a }, members.filter { rows[$0][column] >= b })
        let sizes = [first, second].map { $0.reduce(0) { $0 + weights[$1] } }
        guard sizes.allSatisfy({ $0 >= task.minimumLeafWeight }) else { continue }
        let score = score(first, second, column, (a + b) / 2, lower, upper, total)
        let none = task.criterion == .squaredError ? 1.0 : 0
        if score > max(best ?? -.infinity, none + 2e-12) { best = score }
      }
    }
    return best
  }

  private func score(
    _ first: [Int], _ second: [Int], _ column: Int, _ threshold: Double, _ lower: [Double], _ upper: [Double],
    _ total: Double
  ) -> Double {
    let span = upper[column] - lower[column]
    return zip([first, second], [threshold - lower[column], upper[column] - threshold]).reduce(0) { sum, part in
      let (share, width) = (part.0.reduce(0) { $0 + weights[$1] } / total, part.1 / span)
      return sum + (task.criterion == .squaredError ? share * share / width : share * log(share / width))
    }
  }
}
