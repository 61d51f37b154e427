public import Torch

/// Several groups of columns that are independent given the state, each with emissions of its own kind.
public struct ProductEmissions: StateEmissions {
  /// The emissions of the groups, in the order of their columns.
  public let parts: [any StateEmissions]

  /// Groups of columns, one after another.
  ///
  /// - Precondition: there is one, and all have the same number of states.
  public init(_ parts: [any StateEmissions]) {
    precondition(
      !parts.isEmpty && parts.allSatisfy { $0.stateCount == parts[0].stateCount },
      "ProductEmissions: expected parts of the same number of states, got \(parts.map(\.stateCount))")
    self.parts = parts
  }

  /// The number of states.
  public var stateCount: Int { parts[0].stateCount }
  /// The number of columns of all parts.
  public var features: Int { parts.reduce(0) { $0 + $1.features } }
  /// Those of all parts.
  public var parameterCount: Int { parts.reduce(0) { $0 + $1.parameterCount } }
  /// The means of all parts.
  public var means: Tensor { Tensor.concatenating(parts.map(\.means), 1) }
  /// Those of part i, behind `i.`.
  public var tensors: [String: Tensor] {
    parts.enumerated().reduce(into: [:]) { all, part in
      for (name, tensor) in part.element.tensors { all["\(part.offset).\(name)"] = tensor }
    }
  }

  /// The sum over the parts.
  public func logProbs(_ rows: Tensor) -> Tensor {
    let columns = rows.split(parts.map(\.features), 1)
    return zip(parts, columns).dropFirst().reduce(parts[0].logProbs(columns[0].contiguous())) { sum, part in
      sum + part.0.logProbs(part.1.contiguous())
    }
  }

  /// Draws of all parts.
  public func sample(states: Tensor, using rng: inout RandomGenerator) -> Tensor {
    var columns: [Tensor] = []
    for part in parts { columns.append(part.sample(states: states, using: &rng)) }
    return Tensor.concatenating(columns, 1)
  }
}

/// Families for groups of columns that are independent given the state.
public struct ProductEmissionFamily: EmissionFamily {
  /// The family of each group.
  public var families: [any EmissionFamily]
  /// The number of columns of each group.
  public var widths: [Int]

  /// Groups of columns, one after another.
  ///
  /// - Precondition: each group has a positive number of columns.
  public init(_ parts: [(family: any EmissionFamily, columns: Int)]) {
    precondition(
      !parts.isEmpty && parts.allSatisfy { $0.columns > 0 }, "ProductEmissionFamily: expected groups of columns")
    families = parts.map(\.family)
    widths = parts.map(\.columns)
  }

  /// What is wrong in the first group with something wrong.
  public func check(_ rows: Tensor) throws(DynamicsError) {
    guard rows.size(1) == widths.reduce(0, +) else {
      throw .invalidSetting(name: "the number of columns", value: "\(rows.size(1))", rule: "\(widths.reduce(0, +))")
    }
    var first = 0
    for (family, columns) in zip(families, rows.split(widths, 1)) {
      do {
        try family.check(columns)
      } catch {
        guard case .invalidCell(let row, let column, let value, let rule) = error else { throw error }
        throw .invalidCell(row: row, column: column + first, value: value, rule: rule)
      }
      first += columns.size(1)
    }
  }

  /// The parts, each from its columns.
  public func fit(
    _ rows: Tensor, posteriors: Tensor, after current: (any StateEmissions)?
  ) throws(DynamicsError) -> any StateEmissions {
    let before = (current as? ProductEmissions)?.parts
    var parts: [any StateEmissions] = []
    for (place, columns) in rows.split(widths, 1).enumerated() {
      parts.append(try families[place].fit(columns.contiguous(), posteriors: posteriors, after: before?[place]))
    }
    return ProductEmissions(parts)
  }
}
