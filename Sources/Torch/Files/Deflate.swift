/// Compression in the deflate format: repeats are looked for in a window of 32 KiB and written with the fixed codes.
///
/// Pictures made of areas, which this package writes, shrink about as well as with codes of their own; text would not.
///
/// - Reference: Deutsch, *DEFLATE Compressed Data Format Specification*, RFC 1951, sections 3.2.5 and 3.2.6.
package struct Deflate {
  private let input: [UInt8]
  private var output: [UInt8] = []
  private var bits: UInt64 = 0
  private var bitCount = 0
  /// The last place at which three bytes with this hash were seen, and for each place the one before; -1 for none.
  private var latest = [Int32](repeating: -1, count: 1 << Deflate.hashBits)
  private var earlier: [Int32]

  private static let hashBits = 15
  private static let window = 32_768
  private static let shortest = 3
  private static let longest = 258
  /// Places that are tried for one match: more finds little more.
  private static let mostTries = 32

  /// Compressed bytes, which ``Inflate`` and every other reader of the format take back.
  ///
  /// - Complexity: O(bytes), with up to 32 tries for each.
  package static func compress(_ input: [UInt8]) -> [UInt8] {
    precondition(input.count < Int(Int32.max), "Deflate: expected less than 2 GiB, got \(input.count) bytes")
    var deflate = Deflate(input)
    deflate.run()
    return deflate.output
  }

  private init(_ input: [UInt8]) {
    self.input = input
    earlier = [Int32](repeating: -1, count: input.count)
    output.reserveCapacity(input.count / 8 + 16)
  }

  private mutating func run() {
    put(1, 1)  // the last block
    put(1, 2)  // fixed codes
    var place = 0
    while place < input.count {
      let match = longestMatch(at: place)
      if match.length >= Self.shortest {
        putLength(match.length)
        putDistance(match.distance)
      } else {
        putLiteral(Int(input[place]))
      }
      for _ in 0..<max(match.length, 1) {
        remember(place)
        place += 1
      }
    }
    putLiteral(256)  // the end of the block
    if bitCount % 8 > 0 { put(0, 8 - bitCount % 8) }
    flush()
  }

  // MARK: Repeats

  private func hash(at place: Int) -> Int {
    let bytes = UInt32(input[place]) | UInt32(input[place + 1]) << 8 | UInt32(input[place + 2]) << 16
    return Int((bytes &* 2_654_435_761) >> UInt32(32 - Self.hashBits))
  }

  private mutating func remember(_ place: Int) {
    guard place + Self.shortest <= input.count else { return }
    let hash = hash(at: place)
    earlier[place] = latest[hash]
    latest[hash] = Int32(place)
  }

  private func longestMatch(at place: Int) -> (length: Int, distance: Int) {
    let most = min(Self.longest, input.count - place)
    guard most >= Self.shortest else { return (0, 0) }
    var best = (length: 0, distance: 0)
    var candidate = Int(latest[hash(at: place)])
    var tries = 0
    while candidate >= 0, place - candidate <= Self.window, tries < Self.mostTries, best.length < most {
      var length = 0
      while length < most, input[candidate + length] == input[place + length] { length += 1 }
      if length > best.length { best = (length, place - candidate) }
      candidate = Int(earlier[candidate])
      tries += 1
    }
    return best
  }

  // MARK: Codes

  private mutating func putLiteral(_ symbol: Int) {
    switch symbol {
    case ..<144: putCode(0b0011_0000 + symbol, 8)
    case ..<256: putCode(0b1_1001_0000 + symbol - 144, 9)
    case ..<280: putCode(symbol - 256, 7)
    default: putCode(0b1100_0000 + symbol - 280, 8)
    }
  }

  private mutating func putLength(_ length: Int) {
    let index = Inflate.lengthBases.lastIndex { $0 <= length } ?? 0
    putLiteral(257 + index)
    put(length - Inflate.lengthBases[index], Inflate.lengthBits[index])
  }

  private mutating func putDistance(_ distance: Int) {
    let index = Inflate.distanceBases.lastIndex { $0 <= distance } ?? 0
    putCode(index, 5)
    put(distance - Inflate.distanceBases[index], Inflate.distanceBits[index])
  }

  // MARK: Bits, the lowest first; those of a code the highest first

  private mutating func putCode(_ code: Int, _ count: Int) {
    var reversed = 0
    for bit in 0..<count where code >> bit & 1 == 1 { reversed |= 1 << (count - 1 - bit) }
    put(reversed, count)
  }

  private mutating func put(_ value: Int, _ count: Int) {
    bits |= UInt64(value) << UInt64(bitCount)
    bitCount += count
    if bitCount >= 32 { flush() }
  }

  private mutating func flush() {
    while bitCount >= 8 {
      output.append(UInt8(bits & 255))
      bits >>= 8
      bitCount -= 8
    }
  }
}
