/// Which features of a vector each feature may depend on, without circles: the shape of an autoregressive model.
///
/// Features fall into levels: those of a level depend on features of lower levels only, so that they can be computed
/// together once these are known. One feature a level is fully autoregressive, two levels make a coupling, a directed
/// graph makes a causal model.
///
/// - Reference: Papamakarios, Pavlakou, Murray, *Masked Autoregressive Flow for Density Estimation*, 2017.
///   https://arxiv.org/abs/1705.07057
/// - Reference: Wehenkel, Louppe, *Graphical Normalizing Flows*, 2021. https://arxiv.org/abs/2006.02548
public struct AutoregressiveStructure: Hashable, Sendable {
  /// The features that each feature may depend on, in rising order.
  public let parents: [[Int]]
  /// The level of each feature, from 0.
  public let levels: [Int]

  /// The number of features.
  public var features: Int { parents.count }
  /// The number of levels.
  public var levelCount: Int { (levels.max() ?? -1) + 1 }
  /// The features in the order in which they become known: by level, those of a level as they are numbered.
  public var order: [Int] { levels.indices.sorted { (levels[$0], $0) < (levels[$1], $1) } }

  /// Features in groups of about one size, each of which may depend on all earlier groups.
  ///
  /// - Parameters:
  ///   - order: the features from the first to the last known.
  ///   - levels: the number of groups: `order.count` for a fully autoregressive structure, 2 for that of a coupling.
  /// - Precondition: `order` is a permutation of 0, 1, ...; `1 <= levels <= order.count`.
  public init(order: [Int], levels: Int) {
    precondition(
      order.sorted() == Array(order.indices) && (1...max(order.count, 1)).contains(levels),
      "AutoregressiveStructure: expected a permutation and a number of levels up to its size, got \(order) and \(levels)"
    )
    var level = Array(repeating: 0, count: order.count)
    for (place, feature) in order.enumerated() { level[feature] = place * levels / order.count }
    self.init(levels: level)
  }

  /// Features of given levels, each of which may depend on all features of lower ones.
  ///
  /// - Parameter levels: the level of each feature.
  /// - Precondition: all levels from 0 to the highest are there.
  public init(levels: [Int]) {
    precondition(
      Set(levels) == Set(0...(levels.max() ?? 0)) || levels.isEmpty,
      "AutoregressiveStructure: expected levels from 0 without gaps, got \(levels)")
    parents = levels.map { level in levels.indices.filter { levels[$0] < level } }
    self.levels = levels
  }

  /// The structure of a directed graph; a feature's level is the length of the longest path that leads to it.
  ///
  /// - Parameter parents: the features that each feature depends on.
  /// - Throws: `AutoregressiveStructureError` for an arrow from a feature that does not exist, or a circle.
  public init(parents: [[Int]]) throws(AutoregressiveStructureError) {
    for (feature, own) in parents.enumerated() {
      if let wrong = own.first(where: { !parents.indices.contains($0) }) {
        throw .unknownParent(feature: feature, parent: wrong)
      }
    }
    var level: [Int?] = Array(repeating: nil, count: parents.count)
    var waiting = Array(parents.indices)
    while !waiting.isEmpty {
      let known = level
      for feature in waiting where parents[feature].allSatisfy({ known[$0] != nil }) {
        level[feature] = (parents[feature].compactMap { known[$0] }.max() ?? -1) + 1
      }
      let left = waiting.filter { level[$0] == nil }
      guard left.count < waiting.count else { throw .circle(features: left) }
      waiting = left
    }
    self.parents = parents.map { Array(Set($0)).sorted() }
    levels = level.map { $0 ?? 0 }
  }

  private init(parents: [[Int]], levels: [Int]) {
    self.parents = parents
    self.levels = levels
  }

  /// The same structure with its features renumbered along ``order``, so that levels never fall.
  public var sorted: AutoregressiveStructure {
    let order = order
    var place = Array(repeating: 0, count: features)
    for (index, feature) in order.enumerated() { place[feature] = index }
    return AutoregressiveStructure(
      parents: order.map { parents[$0].map { place[$0] }.sorted() }, levels: order.map { levels[$0] })
  }
}

/// Why a graph is no autoregressive structure.
public enum AutoregressiveStructureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// An arrow starts at a feature that does not exist.
  case unknownParent(feature: Int, parent: Int)
  /// Features depend on one another.
  case circle(features: [Int])

  /// What is wrong, by the features' numbers.
  public var description: String {
    switch self {
    case .unknownParent(let feature, let parent): "feature \(feature) depends on \(parent), which does not exist"
    case .circle(let features):
      "the features \(features.map(String.init).joined(separator: ", ")) depend on one another"
    }
  }
}
