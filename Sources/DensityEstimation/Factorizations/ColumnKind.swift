public import Torch

/// Whether a column has a density or takes values of a finite set.
public enum ColumnKind: Hashable, Sendable, Codable {
  /// Any real number; log-probabilities are log-densities.
  case continuous
  /// One of some values, each with a mass; log-probabilities are log-masses, minus infinity for all other numbers.
  case discrete(values: [Double])

  /// Whether the column takes values of a finite set.
  public var isDiscrete: Bool { self != .continuous }

  /// The values of a discrete column; none of a continuous one.
  public var values: [Double] {
    switch self {
    case .continuous: []
    case .discrete(let values): values
    }
  }

  /// The kinds of the columns of a table, told from its values.
  ///
  /// A column is discrete when few values stand for many rows (at least 20 rows for each value, or five values at most),
  /// and when it has one value only.
  ///
  /// - Parameter data: `[count, features]`.
  /// - Returns: one kind for each column.
  /// - Complexity: sorts each column.
  public static func inferred(from data: Tensor) -> [ColumnKind] {
    precondition(data.rank == 2, "ColumnKind: expected [count, features], got \(data.shape)")
    return data.to(.float64).unbound(1).map { column in
      let distinct = distinctValues(column)
      let count = distinct.elementCount
      let isDiscrete = count == 1 || (count <= mostValues && data.size(0) >= 20 && count * 20 <= max(data.size(0), 100))
      return isDiscrete ? .discrete(values: distinct.doubles()) : .continuous
    }
  }

  /// Columns with more values than this are never taken for discrete ones.
  private static var mostValues: Int { 256 }

  /// Whether the values of a discrete column are finite and rise.
  var isValid: Bool {
    switch self {
    case .continuous: true
    case .discrete(let values):
      !values.isEmpty && values.allSatisfy(\.isFinite) && zip(values, values.dropFirst()).allSatisfy(<)
    }
  }
}

/// The different values of a vector, rising.
func distinctValues(_ values: Tensor) -> Tensor {
  guard values.elementCount > 1 else { return values }
  let sorted = values.sorted().values
  let isNew = sorted[.slice(from: 1)] .!= sorted[.slice(to: -1)]
  return Tensor.concatenating([sorted[.slice(to: 1)], sorted[.slice(from: 1)].selecting(where: isNew)])
}
