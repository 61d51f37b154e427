import Datasets
import DensityEstimation
import Torch

/// Which columns a factorization takes for discrete ones: those of few values, unless told otherwise.
struct ColumnKindSettings: Codable, Hashable, Sendable {
  /// Columns that are discrete in any case.
  var discrete: [String] = []
  /// Columns that are continuous in any case.
  var continuous: [String] = []

  /// The kinds of the columns of data.
  ///
  /// - Throws: `DatasetError.unknownColumn`, or `SettingsError.invalid` for a column that is named as both.
  func kinds(of data: EstimationData) throws -> [ColumnKind] {
    for name in discrete + continuous where !data.names.contains(name) {
      throw DatasetError.unknownColumn(
        path: data.path, name: name, suggestion: nearestName(to: name, among: data.names), available: data.names)
    }
    if let both = discrete.first(where: continuous.contains) {
      throw SettingsError.invalid(reason: "the column '\(both)' is named as discrete and as continuous")
    }
    return zip(data.names, ColumnKind.inferred(from: data.rows)).enumerated().map { index, named in
      if continuous.contains(named.0) { return .continuous }
      guard discrete.contains(named.0), !named.1.isDiscrete else { return named.1 }
      let values = Set(data.rows.narrowed(1, from: index, length: 1).doubles()).sorted()
      return .discrete(values: values)
    }
  }
}
