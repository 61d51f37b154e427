public import Datasets

/// Which data a model is fitted to, and how they are read.
public struct DataSettings: Codable, Hashable, Sendable {
  /// The file, or the name of data that the package brings.
  public var path: String
  /// The columns to model, in order; all when empty.
  public var columns: [String]
  /// Columns to leave out.
  public var exclude: [String]
  /// Columns of text to encode as one column of 0 and 1 for each category; `*` for all.
  public var oneHot: [String]
  /// What happens to rows with missing or infinite values: `refuse` or `drop`.
  public var missing: Missing
  /// Columns of discrete values to which uniform noise of one step is added; `*` for all.
  public var dequantize: [String]

  /// What happens to a row with a missing or infinite value.
  public enum Missing: String, Codable, Hashable, Sendable, CaseIterable {
    /// Reading stops and names the place.
    case refuse
    /// The row is left out and counted.
    case drop
  }

  /// The settings, each with its default.
  public init(
    path: String, columns: [String] = [], exclude: [String] = [], oneHot: [String] = [], missing: Missing = .refuse,
    dequantize: [String] = []
  ) {
    self.path = path
    self.columns = columns
    self.exclude = exclude
    self.oneHot = oneHot
    self.missing = missing
    self.dequantize = dequantize
  }

  /// The same choices for the reader of tables.
  public var tableOptions: TableOptions {
    TableOptions(
      columns: columns.isEmpty ? nil : columns, excluded: exclude,
      oneHot: oneHot.isEmpty ? .none : oneHot == ["*"] ? .allText : .columns(oneHot),
      missingValues: missing == .drop ? .drop : .refuse)
  }
}
