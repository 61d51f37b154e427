import Foundation
import Testing
import Torch

@testable import Probability

@Suite struct EntropyCoderTests {
  @Test(arguments: 1...20)
  func whatWasPushedComesBack(seed: Int) throws {
    var rng = RandomGenerator(seed: UInt64(seed))
    var coder = EntropyCoder()
    let count = Int.random(in: 0...2000, using: &rng)
    var pushed: [(start: Int, frequency: Int, precision: Int)] = []
    var states = [coder]
    for _ in 0..<count {
      let precision = Int.random(in: 0...EntropyCoder.largestPrecision, using: &rng)
      let start = Int.random(in: 0..<(1 << precision), using: &rng)
      let widest = (1 << precision) - start
      let frequency = Bool.random(using: &rng) ? widest : Int.random(in: 1...widest, using: &rng)
      coder.push(start: start, frequency: frequency, precision: precision)
      pushed.append((start, frequency, precision))
      states.append(coder)
    }
    for (symbol, before) in zip(pushed, states).reversed() {
      let slot = coder.peek(precision: symbol.precision)
      #expect(slot >= symbol.start && slot < symbol.start + symbol.frequency)
      try coder.pop(start: symbol.start, frequency: symbol.frequency, precision: symbol.precision)
      #expect(coder == before)
    }
    #expect(coder == EntropyCoder())
  }

  /// Words are as many as the entropy says, and 1 % at most above.
  @Test(arguments: [[0.5, 0.5], [0.99, 0.01], [0.1, 0.2, 0.3, 0.4], [1, 0, 0, 1e-9, 3]])
  func sizeIsTheEntropy(masses: [Double]) throws {
    var rng = RandomGenerator(seed: 1)
    let table = try FrequencyTable(masses: masses)
    let total = masses.reduce(0, +)
    var (coder, bits, symbols) = (EntropyCoder(), 0.0, [Int]())
    for _ in 0..<100_000 {
      var u = Double.random(in: 0..<total, using: &rng)
      let symbol =
        masses.firstIndex { mass in
          u -= mass; return u < 0
        } ?? 0
      symbols.append(symbol)
      bits -= log2(masses[symbol] / total)
      table.push(symbol, onto: &coder)
    }
    #expect(abs(Double(coder.bitCount) - bits) < 0.01 * bits + 96, "\(coder.bitCount) bits, entropy \(bits)")
    for symbol in symbols.reversed() { #expect(try table.pop(from: &coder) == symbol) }
  }

  @Test func everySymbolCanBeCoded() throws {
    let table = try FrequencyTable(masses: [0, 1, 0, 0])
    var coder = EntropyCoder()
    for symbol in 0..<4 { table.push(symbol, onto: &coder) }
    for symbol in (0..<4).reversed() { #expect(try table.pop(from: &coder) == symbol) }
    #expect(throws: EntropyCodingError.exhausted) {
      var empty = EntropyCoder()
      try empty.pop(start: 0, frequency: 1, precision: 31)
    }
    for masses in [[], [0, 0], [.nan, 1], [-1, 2], [.infinity, 1]] as [[Double]] {
      #expect(throws: EntropyCodingError.notADistribution) { try FrequencyTable(masses: masses) }
    }
  }

  /// Popping first and pushing back leaves what was lent, and nothing else.
  @Test func borrowedBitsComeBack() throws {
    let buckets = NormalBuckets(precision: 12)
    var coder = EntropyCoder(borrowingFrom: 7)
    var popped: [(bucket: Int, mean: Double, scale: Double)] = []
    for (mean, scale) in [(0.0, 1.0), (3, 0.01), (-50, 2), (1e-3, 1e-9), (0.5, 1e6)] {
      for _ in 0..<50 { popped.append((try buckets.pop(mean: mean, scale: scale, from: &coder), mean, scale)) }
    }
    let lent = coder.borrowedCount
    #expect(lent > 10)
    for (bucket, mean, scale) in popped.reversed() { buckets.push(bucket, mean: mean, scale: scale, onto: &coder) }
    #expect(coder.holdsOnly(borrowed: lent, from: 7) && !coder.holdsOnly(borrowed: lent, from: 8))
    #expect(throws: EntropyCodingError.notADistribution) { try buckets.pop(mean: .nan, scale: 1, from: &coder) }
  }

  /// Buckets drawn from a posterior have its mean and spread. Bounds are six standard errors: a failure in 1e8 runs.
  @Test func bucketsFollowTheNormalDistribution() throws {
    let buckets = NormalBuckets(precision: 16)
    var coder = EntropyCoder(borrowingFrom: 3)
    let count = 20_000
    let draws = try (0..<count).map { _ in buckets.centers[try buckets.pop(mean: 0.7, scale: 0.2, from: &coder)] }
    let mean = draws.reduce(0, +) / Double(count)
    let spread = (draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
    #expect(abs(mean - 0.7) < 6 * 0.2 / Double(count).squareRoot())
    #expect(abs(spread - 0.2) < 6 * 0.2 / Double(2 * count).squareRoot())
  }
}
