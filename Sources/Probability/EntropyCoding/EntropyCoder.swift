/// A stack of symbols held as one long number: range asymmetric numeral systems, with a state of 64 bits over words of 32.
///
/// Pushing a symbol of frequency f among 2^precision adds precision - log2 f bits; popping undoes it exactly. The last
/// symbol pushed is the first one popped. Below the bottom of a coder made with ``init(borrowingFrom:)`` there is an endless
/// stream of random words, so that it can pop before anything was pushed, as bits-back coding does; what was borrowed is
/// given back by the pushes that undo it.
///
///     var coder = EntropyCoder()
///     coder.push(start: 3, frequency: 5, precision: 4)
///     let slot = try coder.peek(precision: 4)            // from 3 up to 7
///     try coder.pop(start: 3, frequency: 5, precision: 4)
///
/// - Reference: Duda, *Asymmetric numeral systems*, 2013. https://arxiv.org/abs/1311.2540
public struct EntropyCoder: Hashable, Sendable {
  /// The greatest precision of frequencies, in bits.
  public static let largestPrecision = 31
  /// The least state between operations; the greatest is below 2^63.
  public static let leastState: UInt64 = 1 << 31

  /// The top of the number, from ``leastState`` up to 2^63.
  public private(set) var state: UInt64
  /// The rest of the number, the bottom first.
  public private(set) var words: [UInt32]
  /// Words taken from below the bottom.
  public private(set) var borrowedCount = 0
  private var source: WordSource?

  /// An empty stack; popping more than was pushed throws.
  public init() { (state, words, source) = (Self.leastState, [], nil) }

  /// An empty stack over an endless stream of random words.
  public init(borrowingFrom seed: UInt64) {
    self.init()
    source = WordSource(seed: seed)
  }

  /// A stack that was kept.
  ///
  /// - Returns: nil for a state that no coder has.
  public init?(state: UInt64, words: [UInt32]) {
    guard state >= Self.leastState, state < 1 << 63 else { return nil }
    (self.state, self.words, source) = (state, words, nil)
  }

  /// The size of the stack with all that it borrowed.
  public var bitCount: Int { 64 + 32 * words.count }

  /// Whether nothing is left but the words that a coder of this seed lends, of the given number.
  public func holdsOnly(borrowed count: Int, from seed: UInt64) -> Bool {
    guard state == Self.leastState, words.count == count else { return false }
    var source = WordSource(seed: seed)
    return words.reversed().allSatisfy { $0 == source.next() }
  }

  /// Pushes a symbol that has the slots `start..<(start + frequency)` of 2^precision.
  ///
  /// - Precondition: the frequency is positive and the slots are among them.
  public mutating func push(start: Int, frequency: Int, precision: Int) {
    precondition(
      (0...Self.largestPrecision).contains(precision) && start >= 0 && frequency > 0
        && start <= 1 << precision && frequency <= (1 << precision) - start,
      "EntropyCoder: expected slots among 2^\(precision), got \(frequency) from \(start)")
    let (f, shift) = (UInt64(frequency), UInt64(precision))
    // At a frequency of all slots the bound is 2^63, above each state.
    if state >= f << (63 - shift) {
      words.append(UInt32(truncatingIfNeeded: state))
      state >>= 32
    }
    let (quotient, rest) = state.quotientAndRemainder(dividingBy: f)
    state = quotient << shift + rest + UInt64(start)
  }

  /// The slot of the symbol on top.
  public func peek(precision: Int) -> Int { Int(state & ((1 << UInt64(precision)) - 1)) }

  /// Pops the symbol on top, which has these slots, ``peek(precision:)`` being one of them.
  ///
  /// - Throws: `EntropyCodingError.exhausted` when the stack holds no more and nothing can be borrowed.
  public mutating func pop(start: Int, frequency: Int, precision: Int) throws(EntropyCodingError) {
    let slot = peek(precision: precision)
    precondition(slot >= start && slot - start < frequency, "EntropyCoder: the symbol on top has another slot, \(slot)")
    state = UInt64(frequency) * (state >> UInt64(precision)) + UInt64(slot - start)
    guard state < Self.leastState else { return }
    state = state << 32 | UInt64(try nextWord())
  }

  private mutating func nextWord() throws(EntropyCodingError) -> UInt32 {
    if let word = words.popLast() { return word }
    guard let word = source?.next() else { throw .exhausted }
    borrowedCount += 1
    return word
  }
}

/// Why symbols cannot be coded.
public enum EntropyCodingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The coder holds fewer symbols than were asked for.
  case exhausted
  /// A distribution gives no probability, but something that is no number.
  case notADistribution

  /// What is wrong.
  public var description: String {
    switch self {
    case .exhausted: "the coded numbers end too early"
    case .notADistribution: "the model gives no probabilities of a value; fit it again"
    }
  }
}

/// Random words, kept apart from other streams so that files stay readable: SplitMix64, high halves.
private struct WordSource: Hashable, Sendable {
  var seed: UInt64

  mutating func next() -> UInt32 {
    seed &+= 0x9E37_79B9_7F4A_7C15
    var z = seed
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return UInt32(truncatingIfNeeded: (z ^ (z >> 31)) >> 32)
  }
}
