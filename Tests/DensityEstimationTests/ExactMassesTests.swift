import Foundation
import Testing
import Torch

@testable import DensityEstimation

@Suite struct ExactMassesTests {
  @Test func sharesSumToOneInAnyOrder() {
    var rng = RandomGenerator(seed: 1)
    for count in [1, 3, 7, 1000] {
      let weights = (0..<count).map { _ in -log(Double.random(in: 0..<1, using: &rng)) }
      let shares = ExactMasses.shares(of: weights)
      for _ in 0..<5 { #expect(shares.shuffled(using: &rng).reduce(0, +) == 1) }
      let total = weights.reduce(0, +)
      #expect(zip(shares, weights).allSatisfy { abs($0 - $1 / total) < 3e-16 })
      #expect(ExactMasses.shares(of: shares) == shares)
    }
  }

  @Test func aPositiveWeightKeepsAShareAndNoneStaysNone() {
    let shares = ExactMasses.shares(of: [1e-30, 1, 0, 1e-40, 3])
    #expect(shares[0] > 0 && shares[3] > 0 && shares[2] == 0 && shares.reduce(0, +) == 1)
  }
}
