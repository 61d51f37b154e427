public import Datasets
import Torch

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
  /// Whether the first line of a text file names the columns: `automatic` (unless it holds numbers only), `present` or
  /// `absent`.
  public var header: TableOptions.Header
  /// What separates the fields of a text file; told from the file when empty.
  public var delimiter: String
  /// Columns of discrete values to which uniform noise of one step is added; `*` for all.
  public var dequantize: [String]
  /// The column that holds how much each row counts; empty for equal weights. It is not modelled.
  public var weights: String
  /// The columns on which the others are conditioned: the model is p(others | given). Text among them becomes columns of 0
  /// and 1. They are not modelled.
  public var given: [String]
  /// The numbers that columns can take: `age=positive`, `p=unit`, `x=interval(0,10)`, `n=integer`.
  public var support: [String]

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
    header: TableOptions.Header = .automatic, delimiter: String = "", dequantize: [String] = [],
    weights: String = "", given: [String] = [], support: [String] = []
  ) {
    self.path = path
    self.columns = columns
    self.exclude = exclude
    self.oneHot = oneHot
    self.missing = missing
    self.header = header
    self.delimiter = delimiter
    self.dequantize = dequantize
    self.weights = weights
    self.given = given
    self.support = support
  }

  /// Reads settings; files of earlier versions lack the newer ones, which then have their defaults.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let defaults = DataSettings(path: try values.decode(String.self, forKey: .path))
    func read<Value: Decodable>(_ key: CodingKeys, _ value: Value) throws -> Value {
      try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    self.init(
      path: defaults.path, columns: try read(.columns, defaults.columns), exclude: try read(.exclude, defaults.exclude),
      oneHot: try read(.oneHot, defaults.oneHot), missing: try read(.missing, defaults.missing),
      header: try read(.header, defaults.header), delimiter: try read(.delimiter, defaults.delimiter),
      dequantize: try read(.dequantize, defaults.dequantize),
      weights: try read(.weights, defaults.weights), given: try read(.given, defaults.given),
      support: try read(.support, defaults.support))
  }

  /// The same choices for the reader of tables.
  public var tableOptions: TableOptions {
    TableOptions(
      columns: columns.isEmpty ? nil : columns + given.filter { !columns.contains($0) }, excluded: exclude,
      oneHot: oneHot.isEmpty ? .none : oneHot == ["*"] ? .allText : .columns(oneHot), oneHotIfText: given,
      missingValues: missing == .drop ? .drop : .refuse, header: header, delimiter: delimiter.first, dtype: .float64)
  }
}
