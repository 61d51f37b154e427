import CKernels

/// Growing density trees, and finding the leaf of a point.
///
/// With w the share of the weight of all rows in a box and v its share of the volume, a box is cut where the sum over
/// both parts of w^2 / v (squared error) or of w log(w / v) (likelihood) is largest; of equal cuts of a column the last
/// wins, of equal columns the first. Cuts lie in the middle between different neighbours. `DensityTreeKernelTests` holds
/// the kernel against this rule, tried on every cut.
package enum DensityTreeKernels {
  /// What a cut makes small.
  package enum Criterion: Int32, Sendable {
    /// The integrated squared error.
    case squaredError
    /// Minus the log-likelihood.
    case likelihood
  }

  /// A tree as arrays over its nodes: a node comes before its descendants, and its lower child follows it.
  package struct Nodes: Sendable {
    /// The column that is cut; -1 for leaves.
    package var column: [Int32]
    /// Numbers up to it go to the lower child.
    package var threshold: [Double]
    /// The position of the upper child.
    package var upperChild: [Int32]

    /// A tree of arrays that belong together.
    package init(column: [Int32], threshold: [Double], upperChild: [Int32]) {
      (self.column, self.threshold, self.upperChild) = (column, threshold, upperChild)
    }
  }

  /// A grown tree with what belongs to each node.
  package struct GrownTree: Sendable {
    /// The boxes.
    package var nodes: Nodes
    /// The weight of the rows that the tree was grown from.
    package var weight: [Double]
    /// The weight of the rows that were left out.
    package var heldOut: [Double]
    /// The logarithm of the volume relative to the whole box.
    package var logVolume: [Double]

    /// A tree of arrays that belong together.
    package init(nodes: Nodes, weight: [Double], heldOut: [Double], logVolume: [Double]) {
      (self.nodes, self.weight, self.heldOut, self.logVolume) = (nodes, weight, heldOut, logVolume)
    }
  }

  /// Rows and how trees of them grow.
  package struct Task {
    /// Rows, `[rows, columns]`, 64-bit and finite.
    package var points: Tensor
    /// Positive weights, `[rows]`; nil for ones.
    package var weights: Tensor?
    /// The fold of each row; empty without folds.
    package var folds: [Int32]
    /// The number of folds.
    package var foldCount: Int
    /// The box of all rows; every width is positive.
    package var lower: [Double]
    /// The upper ends of the box.
    package var upper: [Double]
    /// Boxes of a weight up to this stay whole.
    package var maximumLeafWeight: Double
    /// No box has less weight.
    package var minimumLeafWeight: Double
    /// What cuts make small.
    package var criterion: Criterion

    /// A task of all its parts.
    package init(
      points: Tensor, weights: Tensor?, folds: [Int32], foldCount: Int, lower: [Double], upper: [Double],
      maximumLeafWeight: Double, minimumLeafWeight: Double, criterion: Criterion
    ) {
      (self.points, self.weights, self.folds, self.foldCount) = (points, weights, folds, foldCount)
      (self.lower, self.upper) = (lower, upper)
      (self.maximumLeafWeight, self.minimumLeafWeight) = (maximumLeafWeight, minimumLeafWeight)
      self.criterion = criterion
    }
  }

  /// The tree of all rows, then for each fold the tree of the rows outside it.
  ///
  /// - Throws: `TorchError` when memory is out.
  /// - Complexity: rows times columns for each level of each tree, after sorting each column once.
  package static func grow(_ task: Task) throws(TorchError) -> [GrownTree] {
    let (rows, columns) = (task.points.size(0), task.points.size(1))
    precondition(
      task.points.dtype == .float64 && task.lower.count == columns && task.upper.count == columns
        && task.folds.count == (task.foldCount > 0 ? rows : 0)
        && (task.weights.map { $0.dtype == .float64 && $0.shape == [rows] } ?? true),
      "DensityTreeKernels: expected 64-bit rows with bounds for each column, and a weight and fold for each row")
    let (sorted, order) = task.points.transposed().contiguous().sorted(-1)
    let order32 = order.to(.int32)
    var trees = [CKTree](repeating: CKTree(), count: task.foldCount + 1)
    let status = task.points.withUnsafeBytes { points in
      sorted.withUnsafeBytes { sorted in
        order32.withUnsafeBytes { order in
          withOptionalBytes(task.weights) { weights in
            task.folds.withUnsafeBufferPointer { folds in
              task.lower.withUnsafeBufferPointer { lower in
                task.upper.withUnsafeBufferPointer { upper in
                  var pieces = CKTreeTask(
                    rows: rows, columns: columns, points: points.address(), sorted: sorted.address(),
                    order: order.address(), weights: weights, folds: task.foldCount > 0 ? folds.baseAddress : nil,
                    fold_count: Int32(task.foldCount), lower: lower.baseAddress, upper: upper.baseAddress,
                    maximum_leaf_weight: task.maximumLeafWeight, minimum_leaf_weight: task.minimumLeafWeight,
                    criterion: task.criterion.rawValue)
                  return ck_grow_trees(&pieces, &trees)
                }
              }
            }
          }
        }
      }
    }
    guard status == Int32(CK_OK.rawValue) else {
      throw TorchError(
        code: .outOfMemory, operation: "density tree", message: "no memory for \(rows) x \(columns) numbers")
    }
    defer { ck_free_trees(&trees, trees.count) }
    return trees.map(GrownTree.init)
  }

  /// The leaf of each point, as a position among the nodes, `[rows]` of 64-bit integers; the number of nodes for a point
  /// outside the box, and one more for a point with a NaN.
  package static func leaves(of points: Tensor, in nodes: Nodes, lower: [Double], upper: [Double]) -> Tensor {
    let (rows, columns) = (points.size(0), points.size(1))
    precondition(points.dtype == .float64 && columns == lower.count, "DensityTreeKernels: expected 64-bit points")
    let leaves = points.withUnsafeBytes { points in
      [Int](unsafeUninitializedCapacity: rows) { buffer, count in
        buffer.withMemoryRebound(to: Int64.self) {
          ck_find_leaves(
            points.address(), rows, columns, nodes.column, nodes.threshold, nodes.upperChild, nodes.column.count, lower,
            upper, $0.baseAddress)
        }
        count = rows
      }
    }
    return Tensor(leaves)
  }

  private static func withOptionalBytes<Result>(
    _ tensor: Tensor?, _ body: (UnsafePointer<Double>?) -> Result
  ) -> Result {
    guard let tensor else { return body(nil) }
    return tensor.withUnsafeBytes { body($0.address()) }
  }
}

extension DensityTreeKernels.GrownTree {
  fileprivate init(_ tree: CKTree) {
    func array<Element>(_ address: UnsafeMutablePointer<Element>?) -> [Element] {
      Array(UnsafeBufferPointer(start: address, count: tree.count))
    }
    nodes = .init(column: array(tree.column), threshold: array(tree.threshold), upperChild: array(tree.upper))
    (weight, heldOut, logVolume) = (array(tree.weight), array(tree.held_out), array(tree.log_volume))
  }
}

extension UnsafeRawBufferPointer {
  /// The memory as elements of a type.
  fileprivate func address<Element>() -> UnsafePointer<Element>? {
    baseAddress?.assumingMemoryBound(to: Element.self)
  }
}
