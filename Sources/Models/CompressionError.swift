/// Why a table cannot be compressed, or a file not be read.
public enum CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A value that the model has no probability for.
  case unknownValue(path: String, row: Int, column: String, value: Double, known: [Double])
  /// The table is too large.
  case tooLarge(path: String, cells: Int, most: Int)
  /// The file is none of this kind, or was changed.
  case damaged(path: String, reason: String)
  /// The file was written with another model.
  case otherModel(path: String, expected: String, given: String)

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .unknownValue(let path, let row, let column, let value, let known):
      let values = known.count > 6 ? "\(known.prefix(3)) to \(known[known.count - 1])" : "\(known)"
      let hint =
        known.count == 2
        ? "a model of bits codes no grey levels: binarize the table" : "fit the model to such rows, too"
      return
        "\(path), row \(row), column '\(column)': the model has no probability for \(value), only for \(values); \(hint)"
    case .tooLarge(let path, let cells, let most):
      return "\(path) has \(cells) cells; a file holds at most \(most): compress it in parts"
    case .damaged(let path, let reason):
      return "\(path) is no compressed table of Pushforward: \(reason)"
    case .otherModel(let path, let expected, let given):
      return
        "\(path) was written with another model: fingerprint \(expected), not \(given); name the folder of that one with --model"
    }
  }
}
