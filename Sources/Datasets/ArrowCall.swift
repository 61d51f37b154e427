import CArrow

/// Calls into the C interface and turns a failure into a `DatasetError`.
func arrowCall(
  path: String, names: [String] = [], _ body: (UnsafeMutablePointer<ca_error>) -> Int32
) throws(DatasetError) {
  var error = ca_error()
  defer { ca_error_clear(&error) }
  guard body(&error) != 0 else { return }
  throw DatasetError(error, path: path, names: names)
}

extension DatasetError {
  init(_ error: ca_error, path: String, names: [String]) {
    let text = error.text.map { String(cString: $0) } ?? ""
    let message = error.message.map { String(cString: $0) } ?? ""
    let index = Int(error.column) - 1
    let place = DataLocation(
      path: path, row: error.row > 0 ? Int(error.row) : nil, line: error.line > 0 ? Int(error.line) : nil,
      column: names.indices.contains(index) ? names[index] : nil)
    let status = ca_status(UInt32(error.status))
    self =
      Self.ofFile(status, path: path, text: text, message: message)
      ?? Self.ofCell(status, place, text: text, expected: Int(error.expected), actual: Int(error.actual))
      ?? .unexpected(path: path, message: message)
  }

  private static func ofFile(_ status: ca_status, path: String, text: String, message: String) -> DatasetError? {
    switch status {
    case CA_NOT_FOUND: .notFound(path: path)
    case CA_IS_DIRECTORY: .isDirectory(path: path)
    case CA_NOT_PERMITTED: .notPermitted(path: path)
    case CA_INPUT_OUTPUT: .inputOutput(path: path, message: message)
    case CA_DISK_FULL: .diskFull(path: path)
    case CA_EMPTY: .emptyFile(path: path)
    case CA_WRONG_FORMAT: .wrongFormat(path: path, looksLike: text)
    case CA_CORRUPT: .corrupt(path: path, message: message)
    case CA_OUT_OF_MEMORY: .outOfMemory(path: path)
    default: nil
    }
  }

  private static func ofCell(
    _ status: ca_status, _ place: DataLocation, text: String, expected: Int, actual: Int
  ) -> DatasetError? {
    let column = DataLocation(path: place.path, column: place.column)
    return switch status {
    case CA_RAGGED: .raggedRow(place, expected: expected, actual: actual)
    case CA_TEXT where actual != 0: .notANumber(place, text: text)
    case CA_TEXT: looksLikeDate(text) ? .dateColumn(column, example: text) : .textColumn(column, example: text)
    case CA_MIXED: .mixedColumn(place)
    case CA_MISSING: .missingValue(place, text: text)
    case CA_NOT_FINITE: .notFinite(place, text: text)
    case CA_UNKNOWN_CATEGORY: .unknownCategory(column, text: text)
    case CA_TOO_MANY_CATEGORIES: .tooManyCategories(column, example: text)
    case CA_DATE: .dateColumn(column, example: text)
    case CA_UNSUPPORTED: .unsupportedColumn(column, type: text)
    default: nil
    }
  }

  /// Digits in three groups, as in 2024-01-31 or 31.1.2024 10:00, or two groups with a colon, as in 10:30.
  static func looksLikeDate(_ text: String) -> Bool {
    guard text.first?.isNumber == true, text.allSatisfy({ $0.isNumber || "-/.:TZ +".contains($0) }) else {
      return false
    }
    let groups = text.split(whereSeparator: { !$0.isNumber })
    return groups.count >= 3 || (groups.count == 2 && text.contains(":"))
  }
}

/// Calls the closure with the strings as C strings, valid during the call.
func withCStrings<Result>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
  var bytes: [CChar] = []
  var offsets: [Int] = []
  for string in strings {
    offsets.append(bytes.count)
    bytes.append(contentsOf: string.utf8CString)
  }
  return bytes.withUnsafeBufferPointer { buffer in
    let pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
