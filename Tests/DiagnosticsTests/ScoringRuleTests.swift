import Diagnostics
import Foundation
import Probability
import Testing
import Torch

@Suite struct ScoringRuleTests {
  /// Gneiting and Raftery 2007, eq. 21: the score of a normal prediction.
  private func normalScore(_ y: Double, location: Double, scale: Double) -> Double {
    let z = (y - location) / scale
    let (density, below) = (exp(-z * z / 2) / (2 * Double.pi).squareRoot(), erfc(-z / 2.0.squareRoot()) / 2)
    return scale * (z * (2 * below - 1) + 2 * density - 1 / Double.pi.squareRoot())
  }

  /// The mean over rows is that of the closed form whatever the number of draws; six standard errors are exceeded with
  /// probability below 1e-8.
  @Test(arguments: [(2, 0.7, 0.0, 1.0), (3, -2.5, 1, 0.5), (50, 40, 30, 8)])
  func normalPredictionsHaveTheirScore(draws: Int, y: Double, location: Double, scale: Double) {
    var rng = RandomGenerator(seed: 3)
    let rows = 20_000
    let drawn = Tensor.normal([draws, rows], dtype: .float64, using: &rng) * scale + location
    let scores = ContinuousRankedProbabilityScore.scores(of: Tensor.full([rows], y, dtype: .float64), draws: drawn)
    let mean = Estimate(meanOf: scores.doubles())
    let exact = normalScore(y, location: location, scale: scale)
    #expect(abs(mean.value - exact) < 6 * mean.standardError, "\(mean) is not \(exact)")
    #expect(mean.standardError < 0.02 * scale)
  }

  @Test func fewDrawsByHand() {
    // |1 - 2| and |4 - 2| have the mean 1.5, the only pair the distance 3.
    let scores = ContinuousRankedProbabilityScore.scores(of: Tensor([2.0]), draws: Tensor([4.0, 1.0], shape: [2, 1]))
    #expect(abs(scores.doubles()[0] - (1.5 - 3.0 / 2)) < 1e-12)
    // A sure prediction has the absolute error.
    let sure = ContinuousRankedProbabilityScore.scores(
      of: Tensor([2.0]), draws: Tensor.full([5, 1], -1, dtype: .float64))
    #expect(abs(sure.doubles()[0] - 3) < 1e-12)
  }

  @Test func theEnergyScoreOfOneColumnIsTheRankedProbabilityScore() {
    var rng = RandomGenerator(seed: 4)
    let values = Tensor.normal([30], dtype: .float64, using: &rng)
    let draws = Tensor.normal([64, 30], dtype: .float64, using: &rng) * 2.0
    let ranked = ContinuousRankedProbabilityScore.scores(of: values, draws: draws)
    let energy = EnergyScore.scores(of: values.unsqueezed(1), draws: draws.unsqueezed(2))
    #expect(((ranked - energy).absolute().max().item() as Double) < 1e-9)
  }

  /// Of a standard normal prediction of two columns at its middle: E|X| = sqrt(pi / 2), E|X - X'| = sqrt(pi). The limit is
  /// exceeded with probability below 1e-8.
  @Test func theEnergyScoreOfAPlane() {
    var rng = RandomGenerator(seed: 5)
    let rows = 20_000
    let draws = Tensor.normal([20, rows, 2], dtype: .float64, using: &rng)
    let scores = EnergyScore.scores(of: Tensor.zeros([rows, 2], dtype: .float64), draws: draws, pairing: 6)
    let mean = Estimate(meanOf: scores.doubles())
    let exact = (Double.pi / 2).squareRoot() - Double.pi.squareRoot() / 2
    #expect(abs(mean.value - exact) < 6 * mean.standardError, "\(mean) is not \(exact)")
  }
}

@Suite struct ConditionalVerifierTests {
  /// Numbers around their condition, with a standard deviation of 1: by a model that may be wrong about either.
  private func model(shift: Double = 0, drawnSpread: Double = 1) -> ConditionalModelUnderTest {
    func law(_ condition: Tensor) -> Normal {
      Normal(location: condition + shift, scale: Tensor.ones(like: condition))
    }
    return ConditionalModelUnderTest(
      given: { condition in
        ModelUnderTest(
          columns: ["x"],
          sample: { condition + shift + Tensor.normal([$0, 1], dtype: .float64, using: &$1) * drawnSpread },
          logProb: { law(condition).logProb($0).sum(-1) },
          map: Affine(location: -(condition + shift), scale: Tensor.ones([1], dtype: .float64), eventRank: 1))
      },
      sample: { count, conditions, rng in
        let noise = Tensor.normal([count, conditions.size(0), 1], dtype: .float64, using: &rng)
        return conditions + shift + noise * drawnSpread
      },
      logProb: { law($1).logProb($0).sum(-1) }, codes: { $0 - $1 - shift })
  }

  private func outcomes(_ model: ConditionalModelUnderTest) -> [String: Verification.Check] {
    var rng = RandomGenerator(seed: 6)
    let conditions = Tensor.normal([2000, 1], dtype: .float64, using: &rng) * 3.0
    let rows = conditions + Tensor.normal([2000, 1], dtype: .float64, using: &rng)
    let verification = Verifier(draws: 2000).verify(
      model, heldOut: Verifier.ConditionedRows(rows: rows, conditions: conditions), words: { "\($0.doubles()[0])" },
      using: &rng)
    return Dictionary(uniqueKeysWithValues: verification.checks.map { ($0.name, $0) })
  }

  /// Each statistical check fails by chance with probability below 1e-6 (seed fixed), a warning below 1e-3.
  @Test func aRightModelPasses() {
    let checks = outcomes(model())
    for name in ["normalization", "inverse", "draws have this density", "codes of held-out rows", "calibration"] {
      #expect(checks[name]?.outcome == .passed, "\(name): \(String(describing: checks[name]))")
    }
    #expect(checks["memorization"]?.outcome == .skipped)
    #expect(checks["normalization"]?.finding.contains("of 3 conditions") == true)
  }

  @Test func drawsThatAreNotOfTheDensityFail() {
    let checks = outcomes(model(drawnSpread: 1.3))
    #expect(checks["draws have this density"]?.outcome == .failed)
    #expect(checks["codes of draws"]?.outcome == .failed)
    #expect(checks["calibration"]?.outcome == .warned)
  }

  @Test func aModelThatTheDataContradictFails() {
    let checks = outcomes(model(shift: 2))
    #expect(checks["normalization"]?.outcome == .passed)
    #expect(checks["codes of held-out rows"]?.outcome == .failed && checks["calibration"]?.outcome == .failed)
  }
}
