import Testing

@testable import Torch

@Suite struct DeflateTests {
  private static let cases: [(String, [UInt8])] = {
    var rng = RandomGenerator(seed: 5)
    let noise = (0..<70_000).map { _ in UInt8(truncatingIfNeeded: rng.next()) }
    let few = (0..<20_000).map { _ in UInt8(truncatingIfNeeded: rng.next() % 3) }
    return [
      ("nothing", []), ("one byte", [200]), ("two bytes", [1, 1]), ("three", [7, 7, 7]),
      ("all bytes", Array(0...255)), ("one byte 1000 times", [UInt8](repeating: 144, count: 1000)),
      ("matches of the greatest length", [UInt8](repeating: 0, count: 258 * 3 + 1)), ("noise", noise),
      ("few values", few),
      // A repeat at the greatest distance, one beyond it, and an overlapping one.
      ("far repeats", noise.prefix(32_768) + noise.prefix(300) + noise.prefix(100) + [1, 2, 1, 2, 1, 2, 1, 2, 1]),
    ]
  }()

  @Test(arguments: 0..<10) func whatIsCompressedComesBack(index: Int) throws {
    let (name, bytes) = Self.cases[index]
    #expect(try Inflate.decompress(Deflate.compress(bytes), size: bytes.count) == bytes, "\(name)")
  }

  @Test func repeatsBecomeShort() {
    #expect(Deflate.compress([UInt8](repeating: 9, count: 100_000)).count < 900)
    let row = (0..<500).map { UInt8($0 % 251) }
    #expect(Deflate.compress([[UInt8]](repeating: row, count: 200).flatMap { $0 }).count < 2500)
  }

  /// Noise cannot shrink; with the fixed codes it grows by less than an eighth.
  @Test func noiseGrowsLittle() {
    #expect(Deflate.compress(Self.cases[7].1).count < 70_000 * 9 / 8)
  }
}
