/// Whole frequencies of symbols 0, 1, ..., which sum to a power of two, each at least 1.
///
/// The loss against the probabilities is at most about count / 2^precision of a symbol's length, in nats.
public struct FrequencyTable: Hashable, Sendable {
  /// The logarithm of the sum of all frequencies, in bits.
  public static let precision = 28
  /// The first slot of each symbol, and the number of all slots.
  private let starts: [Int]

  /// Frequencies near probabilities, which need not sum to 1.
  ///
  /// - Throws: `EntropyCodingError.notADistribution` when they are not finite, negative or all 0.
  public init(masses: some Collection<Double>) throws(EntropyCodingError) {
    let total = masses.reduce(0, +)
    guard total > 0, total.isFinite, masses.allSatisfy({ $0 >= 0 }), masses.count < 1 << (Self.precision - 4) else {
      throw .notADistribution
    }
    // One slot each; the rest is shared out along the cumulative masses, so that rounding leaves none over.
    let free = Double((1 << Self.precision) - masses.count)
    var (sum, starts) = (0.0, [0])
    starts.reserveCapacity(masses.count + 1)
    for mass in masses {
      sum += mass
      starts.append(Int(min(1, sum / total) * free) + starts.count)
    }
    starts[starts.count - 1] = 1 << Self.precision
    self.starts = starts
  }

  /// The number of symbols.
  public var count: Int { starts.count - 1 }

  /// Pushes a symbol.
  public func push(_ symbol: Int, onto coder: inout EntropyCoder) {
    coder.push(
      start: starts[symbol], frequency: starts[symbol + 1] - starts[symbol], precision: Self.precision)
  }

  /// Pops a symbol.
  ///
  /// - Throws: `EntropyCodingError.exhausted`.
  /// - Complexity: logarithmic in the number of symbols.
  public func pop(from coder: inout EntropyCoder) throws(EntropyCodingError) -> Int {
    let slot = coder.peek(precision: Self.precision)
    let symbol = lastIndex(below: count) { starts[$0] <= slot }
    try coder.pop(
      start: starts[symbol], frequency: starts[symbol + 1] - starts[symbol], precision: Self.precision)
    return symbol
  }
}

/// The last of the numbers 0, 1, ..., count - 1 that has a property which 0 has, and each one below one that has it.
func lastIndex(below count: Int, where holds: (Int) -> Bool) -> Int {
  var (low, high) = (0, count)
  while high - low > 1 {
    let middle = low + (high - low) / 2
    if holds(middle) { low = middle } else { high = middle }
  }
  return low
}
