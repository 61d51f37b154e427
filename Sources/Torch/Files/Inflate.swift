/// Decompression of the deflate format.
///
/// - Reference: Deutsch, *DEFLATE Compressed Data Format Specification*, RFC 1951.
///   https://www.rfc-editor.org/rfc/rfc1951
struct Inflate {
  private let input: [UInt8]
  private let size: Int
  private var position = 0
  private var bits: UInt64 = 0
  private var bitCount = 0
  private var output: [UInt8] = []

  /// The `size` bytes that were compressed.
  static func decompress(_ input: [UInt8], size: Int) throws(FormatFailure) -> [UInt8] {
    // Nothing shrinks by more than 1032 to 1, so no memory is taken for a size that the input cannot fill.
    guard size / 1032 <= input.count else { throw .damaged("it announces more than its compressed bytes can hold") }
    var inflate = Inflate(input, size)
    try inflate.run()
    return inflate.output
  }

  private init(_ input: [UInt8], _ size: Int) {
    self.input = input
    self.size = size
    output.reserveCapacity(size)
  }

  private mutating func run() throws(FormatFailure) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try storedBlock()
      case 1: try block(Inflate.fixedLiterals, Inflate.fixedDistances)
      case 2:
        let (literals, distances) = try readTables()
        try block(literals, distances)
      default: throw Inflate.broken
      }
    }
    guard output.count == size else { throw .damaged("it unpacks to \(output.count) bytes, not to \(size)") }
  }

  private static var broken: FormatFailure { .damaged("its compressed bytes are broken") }

  // MARK: Bits, the lowest first

  private mutating func refill() {
    while bitCount <= 56, position < input.count {
      bits |= UInt64(input[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  private mutating func take(_ count: Int) throws(FormatFailure) -> Int {
    if bitCount < count { refill() }
    guard bitCount >= count else { throw .damaged("its compressed bytes end too early") }
    let value = Int(bits & (1 << UInt64(count) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  private mutating func symbol(_ table: PrefixTable) throws(FormatFailure) -> Int {
    if bitCount < 15 { refill() }
    let entry = table.entries[Int(truncatingIfNeeded: bits) & table.mask]
    let length = Int(entry & 15)
    guard length > 0, length <= bitCount else { throw Inflate.broken }
    bits >>= UInt64(length)
    bitCount -= length
    return Int(entry >> 4)
  }

  // MARK: Blocks

  private mutating func storedBlock() throws(FormatFailure) {
    _ = try take(bitCount % 8)
    let count = try take(16)
    guard try take(16) == ~count & 0xFFFF else { throw Inflate.broken }
    try reserve(count)
    for _ in 0..<count { output.append(UInt8(try take(8))) }
  }

  private mutating func block(_ literals: PrefixTable, _ distances: PrefixTable) throws(FormatFailure) {
    while true {
      let code = try symbol(literals)
      if code < 256 {
        try reserve(1)
        output.append(UInt8(code))
        continue
      }
      if code == 256 { return }
      guard code < 286 else { throw Inflate.broken }
      let length = Inflate.lengthBases[code - 257] + (try take(Inflate.lengthBits[code - 257]))
      let place = try symbol(distances)
      guard place < 30 else { throw Inflate.broken }
      let distance = Inflate.distanceBases[place] + (try take(Inflate.distanceBits[place]))
      guard distance <= output.count else { throw Inflate.broken }
      try reserve(length)
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  private func reserve(_ count: Int) throws(FormatFailure) {
    guard count <= size - output.count else { throw .damaged("it unpacks to more than \(size) bytes") }
  }

  // MARK: Tables

  private mutating func readTables() throws(FormatFailure) -> (PrefixTable, PrefixTable) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    var codeLengths = [Int](repeating: 0, count: 19)
    for index in 0..<(try take(4) + 4) { codeLengths[order[index]] = try take(3) }
    let codes = try PrefixTable(codeLengths)
    var lengths: [Int] = []
    while lengths.count < literalCount + distanceCount {
      let code = try symbol(codes)
      switch code {
      case 16:
        guard let last = lengths.last else { throw Inflate.broken }
        lengths += Array(repeating: last, count: 3 + (try take(2)))
      case 17: lengths += Array(repeating: 0, count: 3 + (try take(3)))
      case 18: lengths += Array(repeating: 0, count: 11 + (try take(7)))
      default: lengths.append(code)
      }
    }
    guard lengths.count == literalCount + distanceCount, lengths[256] > 0 else { throw Inflate.broken }
    return (try PrefixTable(Array(lengths[..<literalCount])), try PrefixTable(Array(lengths[literalCount...])))
  }

  static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
  ]
  static let distanceBits = (0..<30).map { Swift.max(0, $0 / 2 - 1) }
  private static let fixedLiterals = PrefixTable(
    complete: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  private static let fixedDistances = PrefixTable(complete: Array(repeating: 5, count: 32))
}

/// For each pattern of the next bits the symbol that it starts with (times 16) and the length of its code; 0 for none.
private struct PrefixTable {
  private(set) var entries: [UInt16]
  let mask: Int

  init(_ lengths: [Int]) throws(FormatFailure) {
    // Codes may not exceed the patterns that there are.
    let used = lengths.reduce(0) { $1 > 0 ? $0 + (1 << (15 - $1)) : $0 }
    guard used <= 1 << 15 else { throw .damaged("its compressed bytes are broken") }
    self.init(complete: lengths)
  }

  init(complete lengths: [Int]) {
    let longest = lengths.max() ?? 0
    entries = Array(repeating: 0, count: 1 << longest)
    mask = entries.count - 1
    var code = 0
    for length in 1...Swift.max(longest, 1) {
      for (symbol, own) in lengths.enumerated() where own == length {
        // Codes are written with their highest bit first: reversed, they are the low bits of the pattern.
        let start = (0..<length).reduce(0) { $0 | ((code >> $1) & 1) << (length - 1 - $1) }
        for pattern in stride(from: start, to: entries.count, by: 1 << length) {
          entries[pattern] = UInt16(symbol << 4 | length)
        }
        code += 1
      }
      code <<= 1
    }
  }
}
