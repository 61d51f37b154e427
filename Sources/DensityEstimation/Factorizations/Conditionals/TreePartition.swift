import Torch

/// A partition of rows by yes-or-no questions about single columns: the leaves of a binary tree.
struct TreePartition {
  /// The column that each node asks about, `[nodes]`; -1 for a leaf.
  let column: Tensor
  /// Rows with a value up to this go to the first child, `[nodes]`.
  let threshold: Tensor
  /// The first child of each node, the second being the next node, `[nodes]`; of a leaf, the leaf's own cell.
  let next: Tensor
  /// The number of leaves.
  let count: Int
  /// The most questions on the way to a leaf.
  private let depth: Int

  /// A node, while the tree grows.
  struct Node {
    var column = -1
    var threshold = 0.0
    var next = 0
  }

  /// The tree of nodes of which the first is the root and children come after their parents.
  init(_ nodes: [Node]) {
    column = Tensor(nodes.map(\.column))
    threshold = Tensor(nodes.map(\.threshold))
    next = Tensor(nodes.map(\.next))
    count = nodes.count { $0.column < 0 }
    depth = TreePartition.depth(nodes)
  }

  /// The tree of stored numbers.
  init(given: [ColumnKind], _ stored: CheckedTensors) throws(DensityEstimationError) {
    let column = try stored.integers("column", [nil], in: -1..<given.count)
    let size = column.elementCount
    let threshold = try stored.numbers("threshold", [size])
    let next = try stored.integers("next", [size], in: 0..<max(size, 1))
    let fields = zip(column.scalars(as: Int.self), zip(threshold.doubles(), next.scalars(as: Int.self)))
    let nodes = fields.map { Node(column: $0, threshold: $1.0, next: $1.1) }
    try stored.check(TreePartition.isTree(nodes), "its nodes are no tree")
    self.init(nodes)
  }

  /// The nodes.
  var tensors: [String: Tensor] { ["column": column, "threshold": threshold, "next": next] }

  /// The leaf of each row, `[*batch, columns]` to `[*batch]`.
  func cells(of rows: Tensor) -> Tensor {
    let batch = rows.shape.droppingTrailing(1)
    let flat = rows.to(.float64).reshaped([batch.elementCount, rows.size(-1)])
    var node = Tensor.zeros([batch.elementCount], dtype: .int64, device: rows.device)
    for _ in 0..<depth {
      let asked = taking(column, node)
      let value = flat.gathering(limiting(asked, to: flat.size(-1) - 1).unsqueezed(1), 1).squeezed(1)
      let child = taking(next, node) + (value .> taking(threshold, node)).to(.int64)
      node = select(asked .>= 0, child, node)
    }
    return taking(next, node).reshaped(batch)
  }

  private static func depth(_ nodes: [Node]) -> Int {
    var depths = [Int](repeating: 0, count: nodes.count)
    for (index, node) in nodes.enumerated() where node.column >= 0 {
      depths[node.next] = depths[index] + 1
      depths[node.next + 1] = depths[index] + 1
    }
    return depths.max() ?? 0
  }

  /// Whether each node but the root is the child of exactly one node before it, and leaves count 0, 1, ...
  private static func isTree(_ nodes: [Node]) -> Bool {
    var parents = [Int](repeating: 0, count: nodes.count)
    var leaves = 0
    for (index, node) in nodes.enumerated() {
      if node.column < 0 {
        guard node.next == leaves else { return false }
        leaves += 1
      } else {
        guard node.next > index && node.next + 1 < nodes.count else { return false }
        parents[node.next] += 1
        parents[node.next + 1] += 1
      }
    }
    return !nodes.isEmpty && parents[0] == 0 && parents.dropFirst().allSatisfy { $0 == 1 }
  }
}
