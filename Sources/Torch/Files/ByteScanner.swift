/// Reads the texts in headers of files: JSON strings, Python strings, counts. Whatever else they hold is refused.
struct ByteScanner {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next character that is no space, or nil at the end.
  mutating func peek() -> Character? {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    return position < bytes.count ? Character(UnicodeScalar(bytes[position])) : nil
  }

  /// Steps over a character when it is the next.
  mutating func take(_ character: Character) -> Bool {
    guard peek() == character else { return false }
    position += 1
    return true
  }

  /// Steps over a character that must be the next.
  mutating func expect(_ character: Character) throws(FormatFailure) {
    guard take(character) else { throw unexpected("'\(character)'") }
  }

  /// Steps over a word that must be the next.
  mutating func take(word: String) -> Bool {
    _ = peek()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  func unexpected(_ expected: String) -> FormatFailure {
    let found = position < bytes.count ? "byte \(bytes[position])" : "the end"
    return .damaged("its header has \(found) at position \(position) where \(expected) was expected")
  }

  /// A whole number of at least 0.
  mutating func count() throws(FormatFailure) -> Int {
    if peek() == "-" { throw .damaged("its header has a negative size at position \(position)") }
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowsToo) = product.addingReportingOverflow(Int(bytes[position] - 0x30))
      guard !overflows, !overflowsToo else { throw .damaged("its header has a number that is too large") }
      value = sum
      position += 1
    }
    guard position > start else { throw unexpected("a number") }
    if position < bytes.count, [0x2E, 0x65, 0x45].contains(bytes[position]) { throw unexpected("a whole number") }
    return value
  }

  /// A list of whole numbers between brackets; a comma may follow the last when `allowsTrailingComma`.
  mutating func counts(
    _ open: Character, _ close: Character, allowsTrailingComma: Bool
  ) throws(FormatFailure) -> [Int] {
    try expect(open)
    var values: [Int] = []
    if take(close) { return values }
    while true {
      values.append(try count())
      if take(close) { return values }
      try expect(",")
      if allowsTrailingComma, take(close) { return values }
    }
  }

  /// The members of a JSON object: `member` reads the value under each key.
  mutating func object(
    _ member: (inout ByteScanner, String) throws(FormatFailure) -> Void
  ) throws(FormatFailure) {
    var keys: Set<String> = []
    try expect("{")
    if take("}") { return }
    while true {
      let key = try jsonString()
      guard keys.insert(key).inserted else { throw .damaged("its header names '\(key)' twice") }
      try expect(":")
      try member(&self, key)
      if take("}") { return }
      try expect(",")
    }
  }

  /// A Python string without escapes, in single or double quotes.
  mutating func pythonString() throws(FormatFailure) -> String {
    guard let quote = peek(), quote == "'" || quote == "\"", let mark = quote.asciiValue else {
      throw unexpected("a string")
    }
    position += 1
    let start = position
    while position < bytes.count, bytes[position] != mark, bytes[position] != 0x5C { position += 1 }
    guard position < bytes.count, bytes[position] == mark,
      let text = String(validating: bytes[start..<position], as: UTF8.self)
    else { throw unexpected("the end of a string") }
    position += 1
    return text
  }

  /// A JSON string.
  mutating func jsonString() throws(FormatFailure) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case 0x22:
        guard let string = String(validating: text, as: UTF8.self) else {
          throw .damaged("its header has a string that is not UTF-8")
        }
        return string
      case 0x5C: text.append(contentsOf: try escaped())
      case 0..<0x20: throw unexpected("no control character")
      default: text.append(byte)
      }
    }
    throw unexpected("the end of a string")
  }

  private mutating func escaped() throws(FormatFailure) -> [UInt8] {
    guard position < bytes.count else { throw unexpected("an escape") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: return [byte]
    case 0x62: return [0x08]
    case 0x66: return [0x0C]
    case 0x6E: return [0x0A]
    case 0x72: return [0x0D]
    case 0x74: return [0x09]
    case 0x75: return try unicodeEscape()
    default: throw unexpected("an escape")
    }
  }

  private mutating func unicodeEscape() throws(FormatFailure) -> [UInt8] {
    var units = [try hexadecimalUnit()]
    if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: [0x5C, 0x75]) {
      position += 2
      units.append(try hexadecimalUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw .damaged("its header has half a character")
    }
    return Array(text.utf8)
  }

  private mutating func hexadecimalUnit() throws(FormatFailure) -> UInt16 {
    guard bytes.count - position >= 4 else { throw unexpected("four hexadecimal digits") }
    var value: UInt16 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw unexpected("a hexadecimal digit") }
      value = value << 4 | UInt16(digit)
    }
    position += 4
    return value
  }
}
