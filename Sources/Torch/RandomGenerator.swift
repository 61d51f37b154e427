/// A reproducible stream of random numbers: xoshiro256++, seeded through SplitMix64.
///
/// It is a value: a copy continues the same stream, and a checkpoint stores it. Each random tensor operation draws one
/// 64-bit seed from it, so results depend on the seed and on the order of calls with this generator, and on nothing else
/// in the process.
///
/// - Reference: Blackman and Vigna, *Scrambled linear pseudorandom number generators*, 2021.
public struct RandomGenerator: RandomNumberGenerator, Hashable, Sendable, Codable {
  private var state: [UInt64]

  /// The stream of a seed; nearby seeds give unrelated streams.
  public init(seed: UInt64) {
    var mixer = seed
    state = (0..<4).map { _ in
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var z = mixer
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// The generator that was encoded.
  ///
  /// - Throws: `DecodingError` when the state is not four numbers of which one is not 0.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    state = try container.decode([UInt64].self, forKey: .state)
    guard state.count == 4, state.contains(where: { $0 != 0 }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .state, in: container, debugDescription: "expected four numbers, of which one is not 0")
    }
  }

  private enum CodingKeys: String, CodingKey { case state }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let result = rotate(state[0] &+ state[3], 23) &+ state[0]
    let shifted = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = rotate(state[3], 45)
    return result
  }

  /// A generator of its own stream, for work whose order of draws must not matter to the rest.
  public mutating func split() -> RandomGenerator { RandomGenerator(seed: next()) }

  private func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { (value << count) | (value >> (64 - count)) }
}
