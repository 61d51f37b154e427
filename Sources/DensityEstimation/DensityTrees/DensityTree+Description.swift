import Foundation
import Torch

extension DensityTree: CustomStringConvertible {
  /// What kind of tree it is, in one line.
  public var description: String {
    "density tree: \(features) columns, \(leafCount) leaves, up to \(depth) cuts deep"
  }

  /// The tree as text: one line for each cut and leaf, with the probability of its box.
  ///
  ///     height <= 1.62                          1
  ///     |-- weight <= 55.5                      0.42
  ///     |   |-- leaf                            0.3     density 0.031
  ///     |   `-- leaf                            0.12    density 0.0044
  ///     `-- leaf                                0.58    density 0.018
  ///
  /// - Parameters:
  ///   - columnNames: the names of the columns; `x1`, `x2`, ... by default.
  ///   - levels: the most cuts above a line; what lies deeper is counted. Nil shows everything.
  /// - Returns: lines of ASCII characters.
  /// - Precondition: there is a name for each column.
  public func rendered(columnNames: [String]? = nil, levels: Int? = nil) -> String {
    let names = columnNames ?? (1...features).map { "x\($0)" }
    precondition(names.count == features, "rendered: expected \(features) column names, got \(names.count)")
    let leaves = nodes.column.map { $0 < 0 ? 1 : 0 }
    let leavesBefore = leaves.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let logDensities = leafLogDensities.doubles()
    var lines: [(text: String, mass: Double, note: String)] = []
    var waiting = [(node: 0, end: nodes.column.count, head: "", indent: "", level: 0)]
    while let (node, end, head, indent, level) = waiting.popLast() {
      let column = Int(nodes.column[node])
      let mass = nodeMasses[node]
      if column < 0 {
        lines.append((head + "leaf", mass, "density \(Self.short(exp(logDensities[leavesBefore[node]])))"))
      } else if level == levels {
        lines.append((head + "...", mass, "\(leavesBefore[end] - leavesBefore[node]) leaves"))
      } else {
        let second = Int(nodes.upperChild[node])
        lines.append((head + "\(names[column]) <= \(Self.short(nodes.threshold[node]))", mass, ""))
        waiting.append((second, end, indent + "`-- ", indent + "    ", level + 1))
        waiting.append((node + 1, second, indent + "|-- ", indent + "|   ", level + 1))
      }
    }
    let width = (lines.map(\.text.count).max() ?? 0) + 2
    return lines.map { line in
      let text = line.text.padding(toLength: width, withPad: " ", startingAt: 0)
      let mass = Self.short(line.mass)
      return line.note.isEmpty
        ? text + mass : text + mass.padding(toLength: max(10, mass.count + 1), withPad: " ", startingAt: 0) + line.note
    }.joined(separator: "\n")
  }

  private static func short(_ value: Double) -> String { String(format: "%.4g", value) }
}

extension DensityTree {
  /// The share of each column in what all cuts take off the loss, `[features]`; all 0 for a single leaf.
  ///
  /// - Parameter criterion: the loss; that of the fit tells what made the tree.
  /// - Returns: shares that sum to 1, one for each column.
  /// - Reference: Ram, Gray, 2011, section 4.4.
  public func variableImportance(_ criterion: DensityTreeEstimator.Criterion = .squaredError) -> [Double] {
    var gains = [Double](repeating: 0, count: features)
    let whole = DensityTreeKernels.GrownTree(
      nodes: nodes, weight: nodeMasses, heldOut: [], logVolume: nodeLogVolumes)
    for node in nodes.column.indices where nodes.column[node] >= 0 {
      gains[Int(nodes.column[node])] += criterion.gain(of: node, in: whole)
    }
    let total = gains.reduce(0, +)
    return total > 0 ? gains.map { $0 / total } : gains
  }

  /// The logarithm of each node's volume relative to the whole box.
  private var nodeLogVolumes: [Double] {
    let whole = (upper - lower).log().sum().item()
    var volumes = [Double](repeating: 0, count: nodes.column.count)
    let leafVolumes = (leafUpper - leafLower).log().sum(-1).doubles()
    var leaf = leafVolumes.count
    for node in volumes.indices.reversed() {
      if nodes.column[node] < 0 {
        leaf -= 1
        volumes[node] = leafVolumes[leaf] - whole
      } else {
        let (first, second) = (volumes[node + 1], volumes[Int(nodes.upperChild[node])])
        volumes[node] = max(first, second) + log1p(exp(-abs(first - second)))
      }
    }
    return volumes
  }
}
