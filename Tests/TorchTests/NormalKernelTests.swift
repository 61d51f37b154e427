import Foundation
import Testing
import Torch
import _TestSupport

/// Philox and the normal numbers made of it: known answers, the same bits everywhere, and the distribution.
@Suite(.serialized) struct NormalKernelTests {
  @Test func knownAnswers() {
    // Random123's kat_vectors, philox4x32 with 10 rounds, counter and key 0.
    let zeros = NormalKernels.words(seed: 0, first: 0, stream: 0, count: 1)
    #expect(zeros == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    var rng = RandomGenerator(seed: 1)
    for _ in 0..<20 {
      let (seed, stream) = (rng.next(), UInt32(truncatingIfNeeded: rng.next()))
      let first = rng.next() | 0xffff_fffa  // The counter's lower word overflows within the lanes.
      let words = NormalKernels.words(seed: seed, first: first, stream: stream, count: 33)
      for index in [0, 1, 15, 16, 32] {
        #expect(Array(words[4 * index..<4 * index + 4]) == philox(seed, first &+ UInt64(index), stream))
      }
    }
  }

  /// The generator as its paper defines it.
  private func philox(_ seed: UInt64, _ counter: UInt64, _ stream: UInt32) -> [UInt32] {
    var c: [UInt32] = [UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), 0, stream]
    var key = (UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32))
    for _ in 0..<10 {
      let (a, b) = (UInt64(c[0]) * 0xD251_1F53, UInt64(c[2]) * 0xCD9E_8D57)
      c = [
        UInt32(b >> 32) ^ c[1] ^ key.0, UInt32(truncatingIfNeeded: b), UInt32(a >> 32) ^ c[3] ^ key.1,
        UInt32(truncatingIfNeeded: a),
      ]
      key = (key.0 &+ 0x9E37_79B9, key.1 &+ 0xBB67_AE85)
    }
    return c
  }

  @Test(arguments: [DType.float32, .float64]) func theSameBitsEverywhere(_ type: DType) {
    let reference = NormalKernels.normal([70_001], dtype: type, seed: 5)
    let (set, threads) = (InstructionSet.current, threadCount())
    defer {
      set.use()
      setThreadCount(threads)
    }
    for other in InstructionSet.available {
      other.use()
      for count in [1, 3] {
        setThreadCount(count)
        #expect(NormalKernels.normal([70_001], dtype: type, seed: 5).isEqual(to: reference), "\(other), \(count)")
      }
      // Numbers do not depend on where a call starts.
      for first in [1, 2, 3, 61, 4097] {
        let part = NormalKernels.normal([100], dtype: type, seed: 5, first: UInt64(first))
        #expect(part.isEqual(to: reference.narrowed(0, from: first, length: 100)), "\(other) from \(first)")
      }
    }
    #expect(!NormalKernels.normal([70_001], dtype: type, seed: 6).isEqual(to: reference))
  }

  /// Box and Muller's formula from the words, in the C library's functions.
  @Test func theTransformIsExact() {
    let words = NormalKernels.words(seed: 9, first: 0, stream: 0, count: 500)
    let numbers = NormalKernels.normal([2000], dtype: .float32, seed: 9).doubles()
    let wide = NormalKernels.normal([1000], dtype: .float64, seed: 9).doubles()
    for index in 0..<500 {
      let w = words[4 * index..<4 * index + 4].map { $0 }
      for pair in 0..<2 {
        let uniform = (Double(w[2 * pair] >> 1) + 0.5) * 0x1p-31
        let turn = Double(Int32(bitPattern: w[2 * pair + 1] << 2)) * 0x1p-32 + Double(w[2 * pair + 1] >> 30)
        let (radius, angle) = ((-2 * log(uniform)).squareRoot(), turn * Double.pi / 2)
        #expect(abs(numbers[4 * index + 2 * pair] - radius * cos(angle)) < 2e-6)
        #expect(abs(numbers[4 * index + 2 * pair + 1] - radius * sin(angle)) < 2e-6)
      }
      let (a, b) = (UInt64(w[0]) | UInt64(w[1]) << 32, UInt64(w[2]) | UInt64(w[3]) << 32)
      let uniform = Double(a >> 12) * 0x1p-52 + 0x1p-53
      let turn = Double((b << 2) >> 12) * 0x1p-52 - 0.5 + Double(b >> 62)
      let (radius, angle) = ((-2 * log(uniform)).squareRoot(), turn * Double.pi / 2)
      #expect(abs(wide[2 * index] - radius * cos(angle)) < 4e-15)
      #expect(abs(wide[2 * index + 1] - radius * sin(angle)) < 4e-15)
    }
  }

  /// Moments, distribution and tails of a million numbers; chance exceeds each bound with probability below 1e-11, the
  /// distance of Kolmogorov and Smirnov 2.7 with 1e-6.
  @Test(arguments: [DType.float32, .float64]) func theyAreNormal(_ type: DType) {
    let count = 1_000_000.0
    let x = NormalKernels.normal([1_000_000], dtype: type, seed: 11).to(.float64)
    let powers = (1...4).map { x.pow($0).mean().item() }
    // Variances of x, x^2, x^3, x^4: 1, 2, 15, 96.
    for (power, (expected, variance)) in zip(powers, [(0.0, 1.0), (1, 2), (0, 15), (3, 96)]) {
      #expect(abs(power - expected) < 7 * (variance / count).squareRoot())
    }
    let cdf = x.sorted().values.normalCDF()
    let steps = Tensor.range(1_000_000, dtype: .float64)
    let above = ((steps + 1.0) / count - cdf).max().item()
    let below = (cdf - steps / count).max().item()
    #expect(max(above, below) * count.squareRoot() < 2.7)
    for (bound, probability) in [(3.0, 2.699796e-3), (4.0, 6.334248e-5), (4.5, 6.795346e-6)] {
      let seen = Double((x.absolute() .> bound).nonzeroCount())
      #expect(abs(seen - count * probability) < 7 * (count * probability).squareRoot() + 1)
    }
  }

  /// Numbers at any distance up to 33, so in any two lanes, are uncorrelated, and so are their squares; chance exceeds the
  /// bound with probability below 1e-10 each.
  @Test(arguments: [DType.float32, .float64]) func lanesAreIndependent(_ type: DType) {
    let x = NormalKernels.normal([200_000], dtype: type, seed: 12).to(.float64)
    let squares = x.squared() - 1.0
    for lag in 1...33 {
      let length = 200_000 - lag
      let bound = 6.5 / Double(length).squareRoot()
      let product = x.narrowed(0, from: 0, length: length) * x.narrowed(0, from: lag, length: length)
      #expect(abs(product.mean().item()) < bound)
      let both = squares.narrowed(0, from: 0, length: length) * squares.narrowed(0, from: lag, length: length)
      #expect(abs(both.mean().item()) < 2 * bound)
    }
    let grid = Grid(bound: 6, cells: 240, dimensions: 2)
    let logProb = grid.points.squared().sum(1) * -0.5 - log(2 * Double.pi)
    // Chance exceeds 5.2 with probability 1e-7.
    #expect(grid.chiSquareScore(of: x.reshaped([-1, 2]), logProb: logProb, blocks: 24) < 5.2)
  }
}
