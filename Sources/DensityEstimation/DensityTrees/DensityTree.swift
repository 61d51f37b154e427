public import Probability
public import Torch

/// A density that is constant on boxes, made by cutting a box in two again and again: a density estimation tree.
///
/// It adapts its boxes to the data, where the cells of a ``Histogram`` are all alike, so it goes to more columns; but each
/// cut looks at one column only. ``DensityTreeEstimator`` learns one.
///
///     let tree = try DensityTreeEstimator().fit(x, using: &rng)
///     tree.logProb(y)                  // [rows], nats
///     print(tree.rendered(columnNames: ["height", "weight"], levels: 4))
///
/// The density is 0 (its logarithm minus infinity) outside the bounding box of the data; see
/// ``DensityTreeEstimator/Margin`` for a wider one. A number on a cut belongs to the lower box. The masses of the leaves
/// are exact: they sum to 1 without rounding, in any order.
///
/// - Shapes: events are vectors `[features]`; everything is 64-bit.
/// - Complexity: a log-density costs the depth of a leaf; memory is that of two numbers for each leaf and feature.
/// - Reference: Ram, Gray, *Density Estimation Trees*, KDD 2011. https://doi.org/10.1145/2020408.2020507
public struct DensityTree: MomentDistribution {
  /// The least number of each column, `[features]`.
  public let lower: Tensor
  /// The greatest number of each column, `[features]`.
  public let upper: Tensor
  /// The lower corners of the leaves, `[leaves, features]`; leaves are in the order of the tree, lower parts first.
  public let leafLower: Tensor
  /// The upper corners of the leaves, `[leaves, features]`.
  public let leafUpper: Tensor
  /// The probabilities of the leaves, `[leaves]`: multiples of 2^-53 that sum to 1.
  public let leafMasses: Tensor
  /// The log-densities in the leaves in nats, `[leaves]`.
  public let leafLogDensities: Tensor
  /// The shape of distributions side by side: there is one.
  public let batchShape: Shape = []

  let nodes: DensityTreeKernels.Nodes
  /// The probability of each node's box.
  let nodeMasses: [Double]
  private let bounds: (lower: [Double], upper: [Double])
  /// The log-density of each node, then minus infinity for outside and NaN.
  private let logDensityTable: Tensor
  /// The least numbers inside the leaves: their own lower faces only where the whole box ends.
  private let leafLeast: Tensor

  /// The tree of nodes whose leaves have weights, in the order of the nodes.
  init(nodes: DensityTreeKernels.Nodes, leafWeights: [Double], lower: [Double], upper: [Double]) {
    let leaves = LeafBoxes(of: nodes, lower: lower, upper: upper)
    let masses = ExactMasses.shares(of: leafWeights)
    let shape: Shape = [masses.count, lower.count]
    self.nodes = nodes
    bounds = (lower, upper)
    self.lower = Tensor(lower)
    self.upper = Tensor(upper)
    leafLower = Tensor(leaves.lower, shape: shape)
    leafUpper = Tensor(leaves.upper, shape: shape)
    leafMasses = Tensor(masses)
    leafLogDensities = leafMasses.log() - (leafUpper - leafLower).log().sum(-1)
    var table = [Double](repeating: 0, count: nodes.column.count)
    for (node, logDensity) in zip(leaves.nodes, leafLogDensities.doubles()) { table[node] = logDensity }
    logDensityTable = Tensor(table + [-.infinity, .nan])
    leafLeast = Tensor(
      leaves.lower.enumerated().map { $0.element == lower[$0.offset % lower.count] ? $0.element : $0.element.nextUp },
      shape: shape)
    nodeMasses = Self.sums(masses, at: leaves.nodes, in: nodes)
  }

  /// The sums of what belongs to leaves, for each node.
  private static func sums(_ values: [Double], at leaves: [Int], in nodes: DensityTreeKernels.Nodes) -> [Double] {
    var sums = [Double](repeating: 0, count: nodes.column.count)
    for (node, value) in zip(leaves, values) { sums[node] = value }
    for node in sums.indices.reversed() where nodes.column[node] >= 0 {
      sums[node] = sums[node + 1] + sums[Int(nodes.upperChild[node])]
    }
    return sums
  }

  /// The number of columns.
  public var features: Int { lower.size(0) }
  /// The number of leaves.
  public var leafCount: Int { leafMasses.size(0) }
  /// The shape of one draw, `[features]`.
  public var eventShape: Shape { [features] }
  /// The bounding box.
  public var support: Support { Support(.interval(lower: lower, upper: upper), eventRank: 1) }

  /// The number of cuts above the deepest leaf.
  public var depth: Int { nodeDepths.max() ?? 0 }

  /// The number of cuts above each node.
  var nodeDepths: [Int] {
    var depths = [Int](repeating: 0, count: nodes.column.count)
    for node in depths.indices where nodes.column[node] >= 0 {
      depths[node + 1] = depths[node] + 1
      depths[Int(nodes.upperChild[node])] = depths[node] + 1
    }
    return depths
  }

  /// The expectation, `[features]`.
  public var mean: Tensor { leafMasses.matmul((leafLower + leafUpper) * 0.5) }

  /// The variance of each column, `[features]`.
  public var variance: Tensor {
    let middles = (leafLower + leafUpper) * 0.5 - mean
    return leafMasses.matmul(middles.squared() + (leafUpper - leafLower).squared() / 12.0)
  }

  /// The entropy in nats, of rank 0.
  public var entropy: Tensor { -(leafMasses * leafLogDensities).sum() }

  /// The logarithm of mass over volume of the leaf in nats, `[*sample]`; minus infinity outside the box.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let points = x.detached().to(.float64).reshaped([x.shape.droppingTrailing(1).elementCount, features])
    let nodes = DensityTreeKernels.leaves(of: points, in: nodes, lower: bounds.lower, upper: bounds.upper)
    return logDensityTable.selecting(nodes).reshaped(x.shape.droppingTrailing(1))
  }

  /// A leaf by its mass, then a point that is equally likely anywhere in it.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let count = sampleShape.elementCount
    let place = Tensor.uniform([count], dtype: .float64, using: &rng)
    let leaf = leafMasses.cumulativeSum(0).searchSorted(place, right: true)
    let (least, greatest) = (leafLeast.selecting(leaf), leafUpper.selecting(leaf))
    let noise = Tensor.uniform([count, features], dtype: .float64, using: &rng)
    let points = greatest - (greatest - leafLower.selecting(leaf)) * noise
    return minimum(maximum(points, least), greatest).reshaped(sampleShape + eventShape)
  }
}

/// The boxes of a tree's leaves, in the order of the nodes.
struct LeafBoxes {
  /// The nodes that are leaves.
  private(set) var nodes: [Int] = []
  /// The lower corners, one after the other.
  private(set) var lower: [Double] = []
  /// The upper corners, one after the other.
  private(set) var upper: [Double] = []

  init(of tree: DensityTreeKernels.Nodes, lower: [Double], upper: [Double]) {
    // The corners of boxes that wait; upper children wait longest, so that leaves come out in order.
    var waiting = [(node: 0, lower: lower, upper: upper)]
    while let box = waiting.popLast() {
      let column = Int(tree.column[box.node])
      guard column >= 0 else {
        nodes.append(box.node)
        self.lower += box.lower
        self.upper += box.upper
        continue
      }
      var (lowerPart, upperPart) = (box, box)
      lowerPart.node = box.node + 1
      lowerPart.upper[column] = tree.threshold[box.node]
      upperPart.node = Int(tree.upperChild[box.node])
      upperPart.lower[column] = tree.threshold[box.node]
      waiting += [upperPart, lowerPart]
    }
  }
}
