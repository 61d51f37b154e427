import Probability
public import Torch

extension DensityTree: StoredDistribution {
  /// All that the tree is, 64-bit: `lower` and `upper` `[features]`, and for each node in the order of the tree `column`
  /// (the column that is cut, -1 for leaves), `threshold` and `mass`.
  public var tensors: [String: Tensor] {
    [
      "lower": lower, "upper": upper, "column": Tensor(nodes.column.map(Int.init)),
      "threshold": Tensor(nodes.threshold), "mass": Tensor(nodeMasses),
    ]
  }

  /// The tree of ``tensors``, for instance from a file.
  ///
  /// - Throws: `DensityEstimationError.degenerate` naming the tensor that is missing or cannot be right.
  public init(tensors: [String: Tensor]) throws(DensityEstimationError) {
    let file = CheckedTensors(tensors, of: "density tree")
    let lower = try file.numbers("lower", [nil]).doubles()
    let upper = try file.numbers("upper", [lower.count]).doubles()
    try file.check(
      !lower.isEmpty && zip(lower, upper).allSatisfy { $0 < $1 && ($1 - $0).isFinite }, "'upper' is not above 'lower'")
    let column = try file.integers("column", [nil], in: -1..<lower.count).scalars(as: Int.self)
    let threshold = try file.numbers("threshold", [column.count]).doubles()
    let mass = try file.numbers("mass", [column.count]).doubles()
    let leaves = column.indices.filter { column[$0] < 0 }
    let total = leaves.reduce(0) { $0 + mass[$1] }
    try file.check(
      leaves.allSatisfy { mass[$0] > 0 } && abs(total - 1) < 1e-9, "'mass' of the leaves does not sum to 1")
    var nodes = DensityTreeKernels.Nodes(
      column: column.map(Int32.init), threshold: threshold, upperChild: [Int32](repeating: -1, count: column.count))
    try file.check(nodes.linkUpperChildren(), "'column' is not one whole tree")
    try file.check(nodes.cutsLieInside(lower: lower, upper: upper), "'threshold' lies outside a box")
    self.init(nodes: nodes, leafWeights: leaves.map { mass[$0] }, lower: lower, upper: upper)
  }
}

extension DensityTreeKernels.Nodes {
  /// Finds the upper children from the order of the nodes; false when the nodes are not one whole tree.
  mutating func linkUpperChildren() -> Bool {
    guard column.count % 2 == 1, column.count < Int(Int32.max) else { return false }
    // Cuts whose upper child has not come yet.
    var open: [Int] = []
    for node in column.indices {
      if node > 0, column[node - 1] < 0 {
        guard let parent = open.popLast() else { return false }
        upperChild[parent] = Int32(node)
      }
      if column[node] >= 0 { open.append(node) }
    }
    return open.isEmpty && column[column.count - 1] < 0
  }

  /// Whether every cut lies strictly inside its box.
  func cutsLieInside(lower: [Double], upper: [Double]) -> Bool {
    var (lower, upper) = (lower, upper)
    // Boxes that wait, each with the bounds to restore first.
    var waiting: [(node: Int, restore: (column: Int, isLower: Bool, bound: Double)?)] = [(0, nil)]
    while let (node, restore) = waiting.popLast() {
      if let restore {
        if restore.isLower { lower[restore.column] = restore.bound } else { upper[restore.column] = restore.bound }
      }
      guard node >= 0, column[node] >= 0 else { continue }
      let (cut, column) = (threshold[node], Int(column[node]))
      guard cut > lower[column] && cut < upper[column] else { return false }
      let (least, greatest) = (lower[column], upper[column])
      waiting.append((-1, (column, true, least)))
      waiting.append((Int(upperChild[node]), (column, true, cut)))
      waiting.append((-1, (column, false, greatest)))
      waiting.append((node + 1, (column, false, cut)))
    }
    return true
  }
}
