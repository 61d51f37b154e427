/// Where in a file something is.
public struct DataLocation: Hashable, Sendable {
  /// The file.
  public let path: String
  /// The data row, counted from 1 without the header.
  public let row: Int?
  /// The line of a text file, counted from 1.
  public let line: Int?
  /// The column's name.
  public let column: String?

  /// Names a place in a file.
  public init(path: String, row: Int? = nil, line: Int? = nil, column: String? = nil) {
    self.path = path
    self.row = row
    self.line = line
    self.column = column
  }
}

/// Why a file could not be read or written, or why its data cannot be used.
///
/// ``description`` names the file, the row and the column where they apply, and what to do about it.
public enum DatasetError: Error, Hashable, Sendable {
  /// There is no such file or folder.
  case notFound(path: String)
  /// The path is that of a folder.
  case isDirectory(path: String)
  /// The file may not be read, or written.
  case notPermitted(path: String)
  /// The system failed to read or write.
  case inputOutput(path: String, message: String)
  /// The disk is full; nothing under the file's name was changed.
  case diskFull(path: String)
  /// The file has zero bytes or only blank lines.
  case emptyFile(path: String)
  /// The file has too few rows.
  case tooFewRows(path: String, count: Int, required: Int)
  /// The file's extension is not that of a known format.
  case unknownFormat(path: String)
  /// The content is of another format than the extension says.
  case wrongFormat(path: String, looksLike: String)
  /// The content is truncated or damaged.
  case corrupt(path: String, message: String)
  /// A row has more or fewer fields than the first.
  case raggedRow(DataLocation, expected: Int, actual: Int)
  /// A column of text where numbers are needed, with an example.
  case textColumn(DataLocation, example: String)
  /// A cell that is no number in a column of numbers.
  case notANumber(DataLocation, text: String)
  /// A column in which numbers and true/false stand together.
  case mixedColumn(DataLocation)
  /// A column of dates or times.
  case dateColumn(DataLocation, example: String)
  /// Several columns of text, dates or times where numbers are needed.
  case unreadableColumns(path: String, texts: [String], dates: [String])
  /// A column of a type that cannot become numbers.
  case unsupportedColumn(DataLocation, type: String)
  /// An empty or NA cell.
  case missingValue(DataLocation, text: String)
  /// An infinite value, or one too large for the floating-point type.
  case notFinite(DataLocation, text: String)
  /// A text that is not among the categories that were given.
  case unknownCategory(DataLocation, text: String)
  /// A column with too many different texts for one-hot encoding.
  case tooManyCategories(DataLocation, example: String)
  /// A column that was asked for is not there.
  case unknownColumn(path: String, name: String, suggestion: String?, available: [String])
  /// Two columns have one name.
  case duplicateColumn(path: String, name: String)
  /// No column is left to read.
  case noColumns(path: String)
  /// Columns hold one value only.
  case constantColumns(path: String, names: [String])
  /// There is no data set of this name.
  case unknownDataset(name: String, available: [String])
  /// A file that belongs to the package is missing.
  case missingResource(name: String)
  /// Options that contradict each other or the data.
  case invalidOptions(message: String)
  /// There was not enough memory.
  case outOfMemory(path: String)
  /// A failure that should not happen.
  case unexpected(path: String, message: String)

  /// Whether the file could not be reached, read or written, rather than its data being unfit.
  public var isInputOutput: Bool {
    switch self {
    case .notFound, .isDirectory, .notPermitted, .inputOutput, .diskFull, .missingResource: true
    default: false
    }
  }
}
