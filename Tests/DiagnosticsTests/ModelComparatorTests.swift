import Diagnostics
import Foundation
import Probability
import Testing
import Torch

@Suite struct ModelComparatorTests {
  private func normal(_ scale: Double) throws -> MultivariateNormal {
    try MultivariateNormal(
      location: Tensor.zeros([2], dtype: .float64),
      covariance: Tensor.identity(2, dtype: .float64) * (scale * scale))
  }

  private func compare(_ candidates: [ModelComparator.Candidate], rows count: Int = 600) throws -> ModelComparison {
    var rng = RandomGenerator(seed: 1)
    let rows = try normal(1).sample([count], using: &rng)
    let comparator = ModelComparator(
      permutations: 99, classifier: ClassifierTwoSampleTest(.neuralNetwork, folds: 2, permutations: 99))
    return try comparator.compare(candidates, heldOut: rows, using: &rng)
  }

  @Test func tellsChanceFromWhatIsNot() throws {
    var generator = ModelUnderTest(try normal(1))
    generator.logProb = nil
    let comparison = try compare([
      .init("right", ModelUnderTest(try normal(1)), bytes: 100), .init("wide", ModelUnderTest(try normal(2))),
      .init("generator", generator),
    ])
    let (right, wide, other) = (comparison.entries[0], comparison.entries[1], comparison.entries[2])
    #expect(comparison.best == 0 && right.difference == nil && !right.isWorse && right.bytes == 100)
    // The mean of log N(0, 1) - log N(0, 4) is KL = 2 (log 2 - 3/8) per two columns.
    let expected = -2 * (log(2) - 0.375)
    let difference = try #require(wide.difference)
    #expect(abs(difference.value - expected) < 6 * difference.standardError && wide.isWorse)
    // Paired differences know more than the means apart do.
    #expect(difference.standardError < (wide.logProb?.standardError ?? 0) + (right.logProb?.standardError ?? 0))
    #expect(abs((right.bitsPerDimension?.value ?? 0) * 2 * log(2) + (right.logProb?.value ?? 0)) < 1e-9)
    #expect(wide.discrepancyPValue == 0.01 && wide.accuracyPValue <= 0.02 && wide.accuracy.value > 0.55)
    #expect(right.discrepancyPValue > 0.01 && right.accuracyPValue > 0.01)
    #expect(wide.slicedWasserstein.value > 3 * right.slicedWasserstein.value)
    #expect(right.slicedWasserstein.value < 2 * comparison.noise)
    // Draws that are too wide lie among the rows less often, and reach all of them all the same.
    #expect(wide.fidelity.precision.value < right.fidelity.precision.value - 0.1)
    #expect(wide.fidelity.coverage.value < right.fidelity.coverage.value && wide.fidelity.recall.value > 0.8)
    #expect(abs(right.fidelity.density.value - comparison.halves.density.value) < 0.15)
    #expect(other.logProb == nil && other.bitsPerDimension == nil && other.scoringMicroseconds == nil && !other.isWorse)
  }

  @Test func aModelThatHoldsRowsToBeImpossibleIsWorse() throws {
    let uniform = Uniform(lower: Tensor([-1.0, -1]), upper: Tensor([1.0, 1]), eventRank: 1)
    let comparison = try compare([.init("box", ModelUnderTest(uniform)), .init("right", ModelUnderTest(try normal(1)))])
    let box = comparison.entries[0]
    #expect(box.logProb?.value == -.infinity && box.impossibleRows > 100 && box.isWorse && comparison.best == 1)
  }
}
