import CArrow

/// A kind of file that holds a table.
public enum TableFormat: String, Hashable, Sendable, Codable, CaseIterable {
  /// Fields separated by commas.
  case csv
  /// Fields separated by tabs.
  case tsv
  /// One JSON object in each line.
  case jsonLines
  /// Apache Parquet.
  case parquet
  /// Apache Arrow, also called Feather (version 2).
  case arrow
  /// A NumPy array of one or two dimensions.
  case numpy

  /// The format that a file's extension stands for; compression of text (`.gz`, `.bz2`, `.zst`, `.lz4`) may follow.
  ///
  /// - Throws: `DatasetError.unknownFormat` if the extension is unknown.
  public init(path: String) throws(DatasetError) {
    var parts = path.lowercased().split(separator: "/").last?.split(separator: ".").map(String.init) ?? []
    let isCompressed = parts.last.map(["gz", "bz2", "zst", "lz4"].contains) ?? false
    if isCompressed { parts.removeLast() }
    guard parts.count > 1, let last = parts.last, let format = Self.format(extension: last),
      format.isText || !isCompressed
    else { throw .unknownFormat(path: path) }
    self = format
  }

  /// The extensions that are known, for messages.
  public static let knownExtensions = ".csv, .tsv, .jsonl, .ndjson, .parquet, .feather, .arrow, .ipc, .npy"

  /// Whether the file is text, which may be compressed.
  public var isText: Bool { self == .csv || self == .tsv || self == .jsonLines }

  private static func format(extension name: String) -> TableFormat? {
    switch name {
    case "csv": .csv
    case "tsv", "tab": .tsv
    case "jsonl", "ndjson": .jsonLines
    case "parquet", "pq": .parquet
    case "feather", "arrow", "ipc": .arrow
    case "npy": .numpy
    default: nil
    }
  }

  var rawFormat: Int32 {
    switch self {
    case .jsonLines: Int32(CA_JSON_LINES.rawValue)
    case .parquet: Int32(CA_PARQUET.rawValue)
    case .arrow: Int32(CA_ARROW_FILE.rawValue)
    case .csv, .tsv, .numpy: Int32(CA_DELIMITED.rawValue)
    }
  }
}
