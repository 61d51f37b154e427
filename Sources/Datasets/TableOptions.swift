import Foundation
public import Torch

/// What to read of a table and how.
public struct TableOptions: Hashable, Sendable {
  /// Whether the first line of a text file names the columns.
  public enum Header: String, Hashable, Sendable, Codable, CaseIterable {
    /// It does, unless every field of it is a number.
    case automatic
    /// It does.
    case present
    /// It does not: the columns are named `x1`, `x2`, and so on.
    case absent
  }

  /// What happens to a row with a missing, NaN or infinite value.
  public enum MissingValues: String, Hashable, Sendable, Codable, CaseIterable {
    /// Reading stops with the row and the column.
    case refuse
    /// The row is left out and counted.
    case drop
    /// The value becomes NaN (or stays infinite).
    case keep
  }

  /// Which columns of text become columns of 0 and 1, one for each text.
  public enum OneHot: Hashable, Sendable {
    /// None: text is refused.
    case none
    /// These.
    case columns([String])
    /// Every column that holds text.
    case allText
  }

  /// The columns to read, in this order; all when `nil`.
  public var columns: [String]?
  /// Columns to leave out.
  public var excluded: [String]
  /// The columns of text to encode.
  public var oneHot: OneHot
  /// Columns that are encoded so when they hold text, and read as numbers when they do not.
  public var oneHotIfText: [String]
  /// The categories of columns to encode, in order, when they are known, as for data that a trained model reads.
  public var categories: [String: [String]]
  /// What to do about missing values.
  public var missingValues: MissingValues
  /// Spellings of a missing value beside the empty cell.
  public var missingTexts: [String]
  /// Whether the first line names the columns.
  public var header: Header
  /// What separates fields; when `nil`, a tab in `.tsv` and the most frequent of `,` `;` tab `|` in a `.csv`'s first line.
  public var delimiter: Character?
  /// The file's format; told from its extension when `nil`.
  public var format: TableFormat?
  /// `.float32` or `.float64`.
  public var dtype: DType
  /// Fewer rows than this are an error.
  public var minimumRowCount: Int
  /// More different texts than this in a column to encode are an error.
  public var maximumCategoryCount: Int

  /// The spellings of a missing value that are known unless told otherwise.
  public static let usualMissingTexts = [
    "NA", "N/A", "n/a", "na", "#N/A", "NaN", "nan", "-nan", "-NaN", "null", "NULL", "Null", "None", "none", "?", "-",
    ".", "<NA>", "#NA", "missing",
  ]

  /// Options with the usual choices.
  ///
  /// - Precondition: `dtype` is `.float32` or `.float64`.
  public init(
    columns: [String]? = nil, excluded: [String] = [], oneHot: OneHot = .none, oneHotIfText: [String] = [],
    categories: [String: [String]] = [:],
    missingValues: MissingValues = .refuse, missingTexts: [String] = usualMissingTexts, header: Header = .automatic,
    delimiter: Character? = nil, format: TableFormat? = nil, dtype: DType = .float32, minimumRowCount: Int = 1,
    maximumCategoryCount: Int = 1000
  ) {
    precondition(
      dtype == .float32 || dtype == .float64, "TableOptions: expected dtype float32 or float64, got \(dtype)")
    self.columns = columns
    self.excluded = excluded
    self.oneHot = oneHot
    self.oneHotIfText = oneHotIfText
    self.categories = categories
    self.missingValues = missingValues
    self.missingTexts = missingTexts
    self.header = header
    self.delimiter = delimiter
    self.format = format
    self.dtype = dtype
    self.minimumRowCount = minimumRowCount
    self.maximumCategoryCount = maximumCategoryCount
  }

  /// The format to read a file in. A missing file or a folder is called that, whatever its name.
  func resolvedFormat(_ path: String) throws(DatasetError) -> TableFormat {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { throw .notFound(path: path) }
    guard !isDirectory.boolValue else { throw .isDirectory(path: path) }
    if let format { return format }
    return try TableFormat(path: path)
  }
}
