import Foundation
import Testing
import Torch

struct RandomGeneratorTests {
  private func generator(state: [UInt64]) throws -> RandomGenerator {
    try JSONDecoder().decode(RandomGenerator.self, from: JSONEncoder().encode(["state": state]))
  }

  @Test func givesTheKnownNumbersOfXoshiro() throws {
    var rng = try generator(state: [1, 2, 3, 4])
    // The vector of the reference implementation, https://prng.di.unimi.it/xoshiro256plusplus.c
    let expected: [UInt64] = [
      41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386, 9_228_616_714_210_784_205,
      9_973_669_472_204_895_162,
    ]
    #expect(expected.map { _ in rng.next() } == expected)
  }

  @Test func seedsThroughSplitMix() throws {
    // The first numbers of SplitMix64 from 1234567, https://prng.di.unimi.it/splitmix64.c
    let state: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
    ]
    #expect(RandomGenerator(seed: 1_234_567) == (try generator(state: state)))
  }

  @Test func nearbySeedsGiveOtherStreams() {
    let firsts = (0..<1000 as Range<UInt64>).map { seed in
      var rng = RandomGenerator(seed: seed)
      return rng.next()
    }
    #expect(Set(firsts).count == 1000)
  }

  @Test func splitsAreStreamsOfTheirOwn() {
    var parent = RandomGenerator(seed: 3)
    var (first, second) = (parent.split(), parent.split())
    let streams = [first.next(), second.next(), parent.next()]
    #expect(Set(streams).count == 3)
    // Draws from one leave the others where they were.
    var again = RandomGenerator(seed: 3)
    var firstAgain = again.split()
    for _ in 0..<10 { _ = firstAgain.next() }
    var secondAgain = again.split()
    #expect(secondAgain.next() == streams[1])
  }

  @Test func continuesAfterCoding() throws {
    var rng = RandomGenerator(seed: 8)
    _ = rng.next()
    var copy = try JSONDecoder().decode(RandomGenerator.self, from: JSONEncoder().encode(rng))
    #expect((0..<100).allSatisfy { _ in rng.next() == copy.next() })
  }

  @Test(arguments: [[], [1, 2, 3], [0, 0, 0, 0], [1, 2, 3, 4, 5]] as [[UInt64]])
  func refusesABrokenState(_ state: [UInt64]) {
    #expect(throws: DecodingError.self) { try generator(state: state) }
  }

  @Test func sameSeedSameBits() {
    func draw(_ seed: UInt64) -> [Tensor] {
      var rng = RandomGenerator(seed: seed)
      return [
        .normal([50], using: &rng), .uniform([50], using: &rng), .integers(in: 0..<9, [50], using: &rng),
        .permutation(50, using: &rng), Tensor.ones([5]).multinomial(50, using: &rng),
      ]
    }
    #expect(zip(draw(1), draw(1)).allSatisfy { $0.isEqual(to: $1) })
    #expect(zip(draw(1), draw(2)).allSatisfy { !$0.isEqual(to: $1) })
  }

  /// Means of 100 000 draws lie within 5 standard errors; the chance of a false alarm is below 1e-6 a comparison.
  @Test func drawsHaveTheirMoments() {
    var rng = RandomGenerator(seed: 5)
    let count = 100_000
    let normal = Tensor.normal([count], dtype: .float64, using: &rng)
    #expect(abs(normal.mean().item()) < 5 / Double(count).squareRoot())
    #expect(abs(normal.squared().mean().item() - 1) < 5 * (2 / Double(count)).squareRoot())
    let uniform = Tensor.uniform([count], dtype: .float64, using: &rng)
    #expect(abs(uniform.mean().item() - 0.5) < 5 * (1 / 12 / Double(count)).squareRoot())
    #expect(uniform.min().item() >= 0 && uniform.max().item() < 1)
    let integers = Tensor.integers(in: 3..<6, [count], using: &rng)
    #expect(integers.min().integerItem() == 3 && integers.max().integerItem() == 5)
    #expect(Tensor.permutation(100, using: &rng).sorted().values.isEqual(to: .range(100)))
  }
}
