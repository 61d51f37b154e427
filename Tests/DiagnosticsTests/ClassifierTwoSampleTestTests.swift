import Diagnostics
import Foundation
import Probability
import Testing
import Torch

@Suite struct ClassifierTwoSampleTestTests {
  private func normal(_ count: Int, _ columns: Int, shift: Double = 0, _ rng: inout RandomGenerator) -> Tensor {
    Tensor.normal([count, columns], dtype: .float64, using: &rng) + shift
  }

  /// Two normal distributions a distance d apart are told apart with probability Phi(d / 2) at best.
  @Test(arguments: ClassifierTwoSampleTest.Classifier.allCases)
  func reachesTheBestAccuracyForTwoNormals(classifier: ClassifierTwoSampleTest.Classifier) throws {
    var rng = RandomGenerator(seed: 1)
    let (first, second) = (normal(1000, 2, &rng), normal(1000, 2, shift: 1, &rng))
    let result = try ClassifierTwoSampleTest(classifier, permutations: 29).test(first, second, using: &rng)
    let best: Double = Tensor(2.0.squareRoot() / 2).normalCDF().item()
    // 5 standard deviations of chance, and what a network loses to noise.
    #expect(abs(result.accuracy.value - best) < 0.055)
    #expect(result.accuracy.value < best + 0.05)
    #expect(result.confidenceInterval.contains(result.accuracy.value))
    #expect(result.test.pValue == 1.0 / 30)
  }

  @Test func aNetworkSeesAShapeThatALineDoesNot() throws {
    var rng = RandomGenerator(seed: 2)
    let narrow = normal(600, 2, &rng)
    let wide = normal(600, 2, &rng) * 3.0
    let network = try ClassifierTwoSampleTest(permutations: 49).test(narrow, wide, using: &rng)
    let line = try ClassifierTwoSampleTest(.logistic, permutations: 49).test(narrow, wide, using: &rng)
    #expect(network.accuracy.value > 0.7 && network.test.pValue <= 0.02)
    #expect(abs(line.accuracy.value - 0.5) < 0.1)
  }

  /// Under the hypothesis p-values are uniform: 80 tests, of which at most 14 may reject at 5 % (binomial, below 1e-5),
  /// and the test of Kolmogorov and Smirnov may not find them rejecting too often.
  @Test func pValuesOfTheLogisticTestAreUniform() throws {
    var rng = RandomGenerator(seed: 3)
    let test = ClassifierTwoSampleTest(.logistic, folds: 2, permutations: 19)
    let pValues = try (0..<80).map { _ in
      try test.test(normal(40, 2, &rng), normal(40, 2, &rng), using: &rng).test.pValue
    }
    #expect(pValues.count { $0 <= 0.05 } <= 14)
    // Equal accuracies make p-values larger, never smaller.
    #expect(pValues.count { $0 <= 0.5 } <= 60)
    #expect(pValues.allSatisfy { $0 >= 1.0 / 20 })
  }

  /// Under the hypothesis the interval holds 1/2 in 95 of 100 cases or more: fewer than 80 of 100 have a probability below
  /// 1e-7. The mean accuracy is 1/2, where folds with more of one sample would take two hundredths off.
  @Test func theIntervalHoldsTheTruth() throws {
    var rng = RandomGenerator(seed: 4)
    let test = ClassifierTwoSampleTest(.logistic, permutations: 1)
    let results = try (0..<100).map { _ in
      try test.test(normal(60, 2, &rng), normal(90, 2, &rng), using: &rng)
    }
    #expect(results.count { $0.confidenceInterval.contains(0.5) } >= 80)
    let mean = Estimate(meanOf: results.map(\.accuracy.value))
    #expect(abs(mean.value - 0.5) < 5.5 * mean.standardError)
    #expect(results.allSatisfy { $0.accuracy.standardError > 1.4 * 0.5 / 120.0.squareRoot() * 0.9 })
  }

  @Test func sameSeedSameResult() throws {
    func run() throws -> ClassifierTwoSampleTest.Result {
      var rng = RandomGenerator(seed: 5)
      return try ClassifierTwoSampleTest(permutations: 9).test(normal(60, 2, &rng), normal(60, 2, &rng), using: &rng)
    }
    #expect(try run() == run())
  }
}
