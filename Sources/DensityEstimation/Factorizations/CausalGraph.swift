import Foundation

/// Which columns of a table cause which: a directed graph without cycles over the columns' names.
///
///     try CausalGraph("burglary -> alarm, earthquake -> alarm, alarm -> call", columns: table.columnNames)
public struct CausalGraph: Hashable, Sendable {
  /// The names of the columns, in the order of the table.
  public let columns: [String]
  /// The causes of each column, in rising order.
  public let parents: [[Int]]
  /// All columns, causes before effects, otherwise in the order of the table.
  public let order: [Int]

  /// The graph of pairs of a cause and an effect.
  ///
  /// - Parameters:
  ///   - columns: the names of all columns; one without edges has no cause and no effect.
  ///   - edges: pairs of names; one that is there twice counts once.
  /// - Throws: `DensityEstimationError.unknownColumn`, or `cycle` with the path from a column to itself.
  public init(columns: [String], edges: [(cause: String, effect: String)]) throws(DensityEstimationError) {
    let places = Dictionary(zip(columns, 0...)) { first, _ in first }
    guard places.count == columns.count else { throw .invalidGraph(reason: "two columns of the graph have one name") }
    var parents = [Set<Int>](repeating: [], count: columns.count)
    for edge in edges {
      guard let cause = places[edge.cause] else { throw .unknownColumn(name: edge.cause, known: columns) }
      guard let effect = places[edge.effect] else { throw .unknownColumn(name: edge.effect, known: columns) }
      parents[effect].insert(cause)
    }
    try self.init(columns: columns, parents: parents.map { $0.sorted() })
  }

  /// The graph that a text describes: edges `a -> b` or chains `a -> b -> c`, separated by commas, semicolons or ends of
  /// lines.
  ///
  /// - Throws: `DensityEstimationError.invalidGraph` for a text that is none, `unknownColumn`, or `cycle`.
  public init(_ text: String, columns: [String]) throws(DensityEstimationError) {
    var edges: [(cause: String, effect: String)] = []
    for statement in text.split(whereSeparator: { ",;\n".contains($0) }) {
      let names = statement.split(separator: "->", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if names == [""] { continue }
      guard !names.contains("") else {
        throw .invalidGraph(reason: "'\(statement)' is no edge of a graph: expected names such as a -> b")
      }
      guard names.count > 1 || columns.contains(names[0]) else { throw .unknownColumn(name: names[0], known: columns) }
      edges += zip(names, names.dropFirst()).map { (cause: $0, effect: $1) }
    }
    try self.init(columns: columns, edges: edges)
  }

  init(columns: [String], parents: [[Int]]) throws(DensityEstimationError) {
    self.columns = columns
    self.parents = parents
    order = try CausalGraph.sorted(parents, columns)
  }

  /// The edges, by effects.
  public var edges: [(cause: String, effect: String)] {
    parents.enumerated().flatMap { effect, causes in causes.map { (columns[$0], columns[effect]) } }
  }

  /// The graph without the edges that lead to some columns, which cannot make a cycle.
  func removingCauses(of effects: Set<Int>) -> CausalGraph {
    let left = parents.enumerated().map { effects.contains($0) ? [] : $1 }
    return (try? CausalGraph(columns: columns, parents: left)) ?? self
  }

  /// Repeatedly the first column whose causes have all been taken.
  private static func sorted(_ parents: [[Int]], _ names: [String]) throws(DensityEstimationError) -> [Int] {
    var order: [Int] = []
    var isTaken = [Bool](repeating: false, count: parents.count)
    while order.count < parents.count {
      guard let next = parents.indices.first(where: { !isTaken[$0] && parents[$0].allSatisfy { isTaken[$0] } }) else {
        throw .cycle(path: path(among: isTaken.indices.filter { !isTaken[$0] }, parents, names))
      }
      isTaken[next] = true
      order.append(next)
    }
    return order
  }

  /// A path from a column to itself: each of these columns has a cause among them, so going back must meet one again.
  private static func path(among left: [Int], _ parents: [[Int]], _ names: [String]) -> [String] {
    var visited: [Int] = []
    var column = left[0]
    while !visited.contains(column) {
      visited.append(column)
      column = parents[column].first(where: left.contains) ?? column
    }
    let cycle = [column] + visited[(visited.firstIndex(of: column) ?? 0)...].dropFirst().reversed() + [column]
    return cycle.map { names[$0] }
  }
}

extension CausalGraph: Codable {
  private enum CodingKeys: String, CodingKey { case columns, edges }

  /// Reads the names of the columns and the edges, `["a -> b"]`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let edges = try container.decode([String].self, forKey: .edges)
    try self.init(edges.joined(separator: "\n"), columns: try container.decode([String].self, forKey: .columns))
  }

  /// Writes the names of the columns and the edges.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(columns, forKey: .columns)
    try container.encode(edges.map { "\($0.cause) -> \($0.effect)" }, forKey: .edges)
  }
}
