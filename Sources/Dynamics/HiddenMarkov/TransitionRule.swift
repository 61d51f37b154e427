import Torch

/// What a fit may do to the matrix of transitions.
public struct TransitionRule: Hashable, Sendable {
  /// Which transitions are possible; nil for all.
  public var allowed: [[Bool]]?
  /// Transitions that keep their values; the others of a row share the rest.
  public var fixed: [[Double?]]?
  /// Transitions of the same number have the same value. Two rows have the same numbers, each as often, or none in common;
  /// nil for no ties.
  public var classes: [[Int]]?

  /// Every transition, free.
  public static let free = TransitionRule()

  /// A rule of parts, of which none need be given.
  public init(allowed: [[Bool]]? = nil, fixed: [[Double?]]? = nil, classes: [[Int]]? = nil) {
    self.allowed = allowed
    self.fixed = fixed
    self.classes = classes
  }

  /// From a state to itself and to at most `jump` states after it: a chain that never returns.
  public static func leftRight(states: Int, jump: Int = 1) -> TransitionRule {
    TransitionRule(allowed: (0..<states).map { i in (0..<states).map { $0 >= i && $0 <= i + jump } })
  }

  /// All states are left with the same probability, to each other state alike.
  public static func symmetric(states: Int) -> TransitionRule {
    TransitionRule(classes: (0..<states).map { i in (0..<states).map { $0 == i ? 0 : 1 } })
  }

  func check(states: Int) throws(DynamicsError) {
    func isSquare(_ counts: [Int]?) -> Bool { counts.map { $0 == Array(repeating: states, count: states) } ?? true }
    guard isSquare(allowed?.map(\.count)), isSquare(fixed?.map(\.count)), isSquare(classes?.map(\.count)) else {
      throw .invalidSetting(name: "the rule of transitions", value: "of another size", rule: "\(states) x \(states)")
    }
    guard classes == nil || (fixed == nil && allowed == nil) else {
      throw .invalidSetting(
        name: "the rule of transitions", value: "ties beside fixed or forbidden entries", rule: "one or the other")
    }
    if let allowed, let row = allowed.firstIndex(where: { !$0.contains(true) }) {
      throw .invalidSetting(name: "row \(row + 1) of transitions", value: "all forbidden", rule: "possible somewhere")
    }
    for (row, values) in (fixed ?? []).enumerated() {
      let sum = values.compactMap { $0 }.reduce(0, +)
      let isFull = !values.contains { $0 == nil }
      guard values.allSatisfy({ $0.map { $0 >= 0 } ?? true }), isFull ? abs(sum - 1) < 1e-9 : sum < 1 else {
        throw .invalidSetting(name: "row \(row + 1) of fixed transitions", value: "\(sum) in sum", rule: "at most 1")
      }
    }
    guard let classes else { return }
    let sorted = classes.map { $0.sorted() }
    for (i, j) in (0..<states).flatMap({ i in (0..<i).map { (i, $0) } })
    where sorted[i] != sorted[j] && !Set(sorted[i]).isDisjoint(with: sorted[j]) {
      throw .invalidSetting(
        name: "the classes of transitions \(i + 1) and \(j + 1)", value: "shared in part", rule: "the same or none")
    }
  }

  /// The matrix that maximizes the sum of counts times logarithms under the rule; a row without counts stays as it was.
  func maximizing(_ counts: [[Double]], after current: [[Double]]) -> [[Double]] {
    if let classes { return tied(counts, classes, after: current) }
    return counts.indices.map { i in
      let isFree = counts.indices.map { fixed?[i][$0] == nil && allowed?[i][$0] ?? true }
      let rest = 1 - (fixed?[i].compactMap { $0 }.reduce(0, +) ?? 0)
      let free = counts.indices.map { isFree[$0] ? max(0, counts[i][$0]) : 0 }
      let sum = free.reduce(0, +)
      guard sum > 0 else { return current[i] }
      return counts.indices.map { isFree[$0] ? rest * free[$0] / sum : fixed?[i][$0] ?? 0 }
    }
  }

  private func tied(_ counts: [[Double]], _ classes: [[Int]], after current: [[Double]]) -> [[Double]] {
    let alike = Dictionary(grouping: counts.indices) { classes[$0].sorted() }
    var result = current
    for rows in alike.values {
      var sums: [Int: Double] = [:]
      for i in rows { for j in counts.indices { sums[classes[i][j], default: 0] += max(0, counts[i][j]) } }
      let total = sums.values.reduce(0, +)
      guard total > 0 else { continue }
      for i in rows {
        result[i] = classes[i].map { one in (sums[one] ?? 0) / total / Double(classes[i].count { $0 == one }) }
      }
    }
    return result
  }

  /// The number of free transitions.
  func parameterCount(states: Int) -> Int {
    if let classes {
      return Set(classes.map { $0.sorted() }).reduce(0) { $0 + Set($1).count - 1 }
    }
    return (0..<states).reduce(0) { sum, i in
      let free = (0..<states).count { fixed?[i][$0] == nil && allowed?[i][$0] ?? true }
      return sum + max(0, free - 1)
    }
  }
}
