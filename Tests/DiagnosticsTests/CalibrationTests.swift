import Diagnostics
import Foundation
import Probability
import Testing
import Torch

@Suite struct CalibrationTests {
  /// The share of p-values up to 5 % over repeated data.
  private func rejections(_ repeats: Int, _ pValue: (inout RandomGenerator) -> Double) -> Double {
    var rng = RandomGenerator(seed: 7)
    return Double((0..<repeats).count { _ in pValue(&rng) <= 0.05 }) / Double(repeats)
  }

  /// Beta numbers of whole parameters, or with half ones, through the gamma distribution.
  private func beta(_ a: Double, _ b: Double, _ count: Int, _ rng: inout RandomGenerator) -> [Double] {
    Beta(alpha: Tensor(a), beta: Tensor(b)).sample([count], using: &rng).to(.float64).doubles()
      .map { min(max($0, 0), 1) }
  }

  // MARK: Kolmogorov and Smirnov

  /// From scipy.stats.kstwo.sf, which is exact.
  @Test(arguments: [(0.05, 1000.0, 0.013012), (0.1, 100, 0.252693), (0.02, 5000, 0.036139), (0.3, 20, 0.043067)])
  func pValuesOfDistances(distance: Double, count: Double, pValue: Double) {
    // Numbers evenly spread in their cells, moved down by the distance.
    let numbers = (0..<Int(count)).map { max(0, (Double($0) + 1) / count - distance) }
    let result = KolmogorovSmirnov.test(uniform: numbers)
    #expect(abs(result.statistic - distance) < 1e-9)
    #expect(abs(result.pValue - pValue) < 0.02 * pValue + 0.0005)
  }

  @Test func twoSamplesOfRepeatedNumbersAreComparedAtTheirValues() {
    let result = KolmogorovSmirnov.test([0, 0, 1, 1], [0, 1, 1, 1])
    #expect(abs(result.statistic - 0.25) < 1e-12)
  }

  /// Values of SciPy 1.17: ks_2samp([1, 2, 3, 4], [1.5, 2.5, 9]), and of equal and of parted samples.
  @Test func theDistanceOfTwoSamplesIsThatOfSciPy() {
    #expect(abs(KolmogorovSmirnov.test([1, 2, 3, 4], [1.5, 2.5, 9]).statistic - 1.0 / 3) < 1e-12)
    #expect(KolmogorovSmirnov.test([1, 1, 2, 2], [2, 1, 2, 1]).statistic == 0)
    #expect(KolmogorovSmirnov.test([1, 2], [3, 4]).statistic == 1)
  }

  /// Of 400 samples, or pairs of samples, of one distribution about 1 % exceed the limit of 1 %: more than 16 with
  /// probability 1e-6.
  @Test func limitsAreExceededAsOftenAsTheySay() {
    var rng = RandomGenerator(seed: 7)
    func uniform(_ count: Int) -> [Double] { (0..<count).map { _ in Double.random(in: 0..<1, using: &rng) } }
    let one = KolmogorovSmirnov.limit(uniform: 150, probability: 0.01)
    #expect((0..<400).count { _ in KolmogorovSmirnov.test(uniform: uniform(150)).statistic > one } <= 16)
    let two = KolmogorovSmirnov.limit(200, 150, probability: 0.01)
    #expect((0..<400).count { _ in KolmogorovSmirnov.test(uniform(200), uniform(150)).statistic > two } <= 16)
    #expect(KolmogorovSmirnov.test(uniform(200), uniform(150).map { $0 + 0.3 }).statistic > two)
    // Smirnov's table: 1.628 over the root of the count plus 0.12 plus 0.11 over the root, and nearer for more numbers.
    #expect(abs(one - 1.628 / (150.0.squareRoot() + 0.12 + 0.11 / 150.0.squareRoot())) < 1e-4)
    #expect(KolmogorovSmirnov.limit(uniform: 600, probability: 0.01) < 0.6 * one)
  }

  // MARK: Coverage (sbi's TARP check tests a grid against a grid, and has no power)

  @Test(arguments: [(1.3, 1.3, 0.8), (0.75, 0.75, 0.95), (1, 1.3, 0.95), (2, 2, 0.99)])
  func levelsThatAreNotUniformAreFound(a: Double, b: Double, power: Double) {
    let share = rejections(60) { rng in ExpectedCoverage(levels: beta(a, b, 1000, &rng)).uniformityTest.pValue }
    #expect(share >= power)
  }

  /// Binomial: more than 50 of 400 at 5 % has a probability of 1e-8.
  @Test func uniformLevelsAreRejectedAsOftenAsTheLevelSays() {
    var pValues: [Double] = []
    let share = rejections(400) { rng in
      let levels = (0..<300).map { _ in Double.random(in: 0...1, using: &rng) }
      pValues.append(ExpectedCoverage(levels: levels).uniformityTest.pValue)
      return pValues[pValues.count - 1]
    }
    #expect(share < 0.125)
    #expect(KolmogorovSmirnov.test(uniform: pValues).pValue > 1e-6)
  }

  @Test func theCurveSpansAllLevelsWhateverWasSeen() {
    // All regions are far too large: levels only between 0.2 and 0.4.
    let coverage = ExpectedCoverage(levels: (0..<100).map { 0.2 + 0.002 * Double($0) })
    let curve = coverage.curve(steps: 10)
    #expect(curve.map(\.level) == (0...10).map { Double($0) / 10 })
    #expect(curve[0].coverage == 0 && curve[10].coverage == 1 && curve[5].coverage == 1)
    #expect(abs(curve[3].coverage - 0.51) < 0.011)
    // Coverage is 1 from 1/2 on: 2 * mean(1 - a) over [1/2, 1] = 1/2.
    #expect(abs(coverage.areaToCurve - 0.5) < 1e-12)
    #expect(coverage.coverage(at: 0.301) == 0.51)
  }

  @Test func theAreaHasTheSignOfTheBias() {
    var rng = RandomGenerator(seed: 3)
    #expect(abs(ExpectedCoverage(levels: (0..<1000).map { (Double($0) + 0.5) / 1000 }).areaToCurve) < 1e-5)
    #expect(ExpectedCoverage(levels: beta(1, 3, 500, &rng)).areaToCurve > 0.1)
    #expect(ExpectedCoverage(levels: beta(3, 1, 500, &rng)).areaToCurve < -0.1)
  }

  // MARK: Ranks (sbi tests whole ranks against a continuous law)

  /// 100 draws and 5000 ranks: the test on ranks / draws rejects 30 % of calibrated models at 5 %.
  @Test func ranksOfACalibratedModelAreRejectedAsOftenAsTheLevelSays() {
    let share = rejections(200) { rng in
      let ranks = (0..<5000).map { _ in Int.random(in: 0...100, using: &rng) }
      return RankStatistics(ranks: ranks, draws: 100).uniformityTest(using: &rng).pValue
    }
    // Binomial: 30 or more of 200 at 5 % has a probability below 1e-7.
    #expect(share < 0.15)
    let naive = rejections(200) { rng in
      KolmogorovSmirnov.test(uniform: (0..<5000).map { _ in Double(Int.random(in: 0...100, using: &rng)) / 100 }).pValue
    }
    #expect(naive > 0.15, "the mistake shows in this setting")
  }

  @Test func ranksCountDrawsBelowAndBreakTiesAtRandom() {
    var rng = RandomGenerator(seed: 5)
    let ranks = RankStatistics(
      of: Tensor([0.5, 10]), among: Tensor(rows: [[0, 0.2, 1, 2], [1, 2, 3, 4]]), using: &rng)
    #expect(ranks.ranks == [2, 4] && ranks.draws == 4)
    let tied = RankStatistics(
      of: Tensor.zeros([600], dtype: .float64), among: Tensor.zeros([600, 2], dtype: .float64), using: &rng)
    // Each of three ranks 200 times but for chance: 8 standard deviations are 92.
    for rank in 0...2 { #expect(abs(tied.ranks.count { $0 == rank } - 200) < 92) }
  }

  // MARK: Bands (sbi draws a band of single points around a curve)

  /// The band's own probability is exact: 1200 repetitions, 5.5 standard deviations of chance.
  @Test(arguments: [(50, 0.95), (200, 0.9), (1000, 0.99)]) func theBandHoldsTheWholeCurve(count: Int, level: Double) {
    let band = UniformBand(count: count, level: level, points: 40)
    var rng = RandomGenerator(seed: 8)
    let repeats = 1200
    let inside = (0..<repeats).count { _ in
      band.contains((0..<count).map { _ in Double.random(in: 0...1, using: &rng) })
    }
    let share = Double(inside) / Double(repeats)
    let chance = 5.5 * (level * (1 - level) / Double(repeats)).squareRoot()
    #expect(share >= level - chance)
    // Counts are whole, so a band can hold the curve a little more often than asked for.
    #expect(share <= level + chance + 0.03)
    #expect(band.pointwiseLevel > level)
  }

  @Test func theBandIsLeftByNumbersThatAreNotUniform() {
    var rng = RandomGenerator(seed: 9)
    let band = UniformBand(count: 500, level: 0.99)
    #expect(!band.contains(beta(1.5, 1.5, 500, &rng)))
    #expect(band.lower.allSatisfy { $0 >= 0 } && band.upper.allSatisfy { $0 <= 1 })
  }
}
