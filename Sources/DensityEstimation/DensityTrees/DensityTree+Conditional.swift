import Foundation
public import Torch

extension DensityTree {
  /// The density of one column given others, p(x_column | x_others): constant between the cuts that a line through the
  /// given numbers meets. Columns that are neither are integrated out.
  ///
  ///     tree.conditional(of: 2, given: [0, 1], at: Tensor(rows: [[0.1, 3.5], [0.2, 4]]))    // batch [2]
  ///
  /// Where the density is 0, beyond the box, the nearest numbers of the box are taken instead; NaN gives NaN.
  ///
  /// - Parameters:
  ///   - column: the column, from 0.
  ///   - known: the columns of the given numbers; by default all others in their order.
  ///   - values: the given numbers, `[*batch, known]`.
  /// - Returns: one distribution for each row of values, `[*batch]`.
  /// - Precondition: columns exist and are different, and values have one number for each known column.
  /// - Complexity: for each row the nodes that the line, or with columns integrated out the slab, meets.
  public func conditional(of column: Int, given known: [Int]? = nil, at values: Tensor) -> PiecewiseUniform {
    let known = known ?? (0..<features).filter { $0 != column }
    precondition(
      ([column] + known).allSatisfy((0..<features).contains) && Set([column] + known).count == known.count + 1
        && values.rank > 0 && values.size(-1) == known.count,
      "conditional: expected different columns below \(features) and [*batch, \(known.count)], got \(values.shape)")
    let batch = values.shape.droppingTrailing(1)
    let slicer = TreeSlicer(self, column: column, known: known)
    let numbers = values.detached().doubles()
    let slices = (0..<batch.elementCount).map { row in
      slicer.slice(at: Array(numbers[(row * known.count)..<((row + 1) * known.count)]))
    }
    let pieces = slices.map(\.masses.count).max() ?? 1
    // Shorter ones get pieces of width 0 in front.
    let edges = slices.flatMap { [Double](repeating: $0.edges[0], count: pieces - $0.masses.count) + $0.edges }
    let masses = slices.flatMap { [Double](repeating: 0, count: pieces - $0.masses.count) + $0.masses }
    return PiecewiseUniform(
      unchecked: Tensor(edges, shape: batch + [pieces + 1]), masses: Tensor(masses, shape: batch + [pieces]))
  }
}

/// Cuts lines along one column through a tree.
private struct TreeSlicer {
  private let tree: DensityTree
  private let column: Int
  /// The position of each column among the given numbers; nil for others.
  private let places: [Int?]
  private let lower, upper: [Double]
  private let leafOfNode: [Int]
  /// For each leaf the logarithm of its mass over its widths in the known columns.
  private let logWeights: [Double]

  init(_ tree: DensityTree, column: Int, known: [Int]) {
    self.tree = tree
    self.column = column
    places = (0..<tree.features).map { known.firstIndex(of: $0) }
    (lower, upper) = (tree.lower.doubles(), tree.upper.doubles())
    leafOfNode = tree.nodes.column.reduce(into: [0]) { $0.append($0[$0.count - 1] + ($1 < 0 ? 1 : 0)) }
    let index = Tensor(known)
    let widths = (tree.leafUpper - tree.leafLower).log().selecting(index, 1)
    logWeights = (tree.leafMasses.log() - widths.sum(-1)).doubles()
  }

  /// The edges and masses of the pieces at known numbers.
  func slice(at numbers: [Double]) -> (edges: [Double], masses: [Double]) {
    guard !numbers.contains(where: \.isNaN) else { return ([lower[column], upper[column]], [.nan]) }
    var found: [(lower: Double, upper: Double, logWeight: Double)] = []
    var waiting = [(node: 0, lower: lower[column], upper: upper[column])]
    while let (node, lower, upper) = waiting.popLast() {
      let cut = Int(tree.nodes.column[node])
      let (first, second, threshold) = (node + 1, Int(tree.nodes.upperChild[node]), tree.nodes.threshold[node])
      if cut < 0 {
        found.append((lower, upper, logWeights[leafOfNode[node]]))
      } else if cut == column {
        waiting += [(second, threshold, upper), (first, lower, threshold)]
      } else if let place = places[cut] {
        waiting.append((numbers[place] <= threshold ? first : second, lower, upper))
      } else {
        waiting += [(second, lower, upper), (first, lower, upper)]
      }
    }
    return pieces(found)
  }

  /// Boxes that may overlap along the column, as pieces that do not.
  private func pieces(
    _ boxes: [(lower: Double, upper: Double, logWeight: Double)]
  ) -> (edges: [Double], masses: [Double]) {
    let largest = boxes.map(\.logWeight).max() ?? 0
    let edges = Set(boxes.flatMap { [$0.lower, $0.upper] }).sorted()
    let position = Dictionary(uniqueKeysWithValues: edges.enumerated().map { ($1, $0) })
    var masses = [Double](repeating: 0, count: edges.count - 1)
    for box in boxes {
      guard let start = position[box.lower], let end = position[box.upper] else { continue }
      let density = exp(box.logWeight - largest) / (box.upper - box.lower)
      for piece in start..<end { masses[piece] += density * (edges[piece + 1] - edges[piece]) }
    }
    return (edges, ExactMasses.shares(of: masses))
  }
}
