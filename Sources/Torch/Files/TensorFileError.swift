/// Why a file of tensors could not be read or written. Each description names the file and what to do.
public enum TensorFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system did not let the file be read.
  case unreadable(path: String, reason: String)
  /// The system did not let the file be written. What was there before is unchanged.
  case unwritable(path: String, reason: String)
  /// The file breaks its format: cut off, altered, or not of the kind that its name says.
  case damaged(path: String, reason: String)
  /// The file keeps its format but holds what this package has no type for.
  case unsupported(path: String, reason: String)

  /// What went wrong, with the file's path and the remedy.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "cannot read '\(path)': \(reason). Check that the file exists and that you may read it."
    case .unwritable(let path, let reason):
      "cannot write '\(path)': \(reason). Check that the folder exists, that you may write there, and that it has space."
    case .damaged(let path, let reason):
      "'\(path)' is damaged or of another format: \(reason). Copy or write the file again."
    case .unsupported(let path, let reason):
      "'\(path)' cannot be used: \(reason). Convert it where it was written."
    }
  }
}

/// A reason without its file, from code that sees only bytes.
enum FormatFailure: Error {
  case damaged(String)
  case unsupported(String)

  func at(_ path: String) -> TensorFileError {
    switch self {
    case .damaged(let reason): .damaged(path: path, reason: reason)
    case .unsupported(let reason): .unsupported(path: path, reason: reason)
    }
  }
}
