import Datasets
import Foundation
import Models
import Probability
import Testing
import Torch
import Training

@Suite struct BitsPerDimensionTests {
  private func description(_ columns: Int, steps: [Double]) throws -> ModelDescription {
    let report = try JSONDecoder().decode(
      TrainingReport.self,
      from: Data(
        """
        {"stopReason": "patience", "epochs": 1, "steps": 1, "bestEpoch": 1, "trainingLoss": 0, "trainingRows": 1,
        "validationRows": 0, "seconds": 0}
        """.utf8))
    let names = (0..<columns).map { "x\($0)" }
    return ModelDescription(
      model: "glow", configuration: .object([:]), columns: names, data: DataSettings(path: "x"), sourceColumns: names,
      grids: steps.enumerated().map { ColumnGrid(column: $0, step: $1, minimum: 0, maximum: 255 * $1) }, seed: 0,
      report: .training(report))
  }

  @Test func uniformBytesTakeEightBits() throws {
    let bits = try #require(try description(3, steps: [1, 1, 1]).bitsPerDimension(meanLogProb: -3 * log(256.0)))
    #expect(abs(bits - 8) < 1e-12)
  }

  @Test func unitsDoNotMatter() throws {
    let bits = try #require(
      try description(2, steps: [0.5, 1 / 255]).bitsPerDimension(meanLogProb: -log(128.0) - log(256 / 255.0)))
    #expect(abs(bits - 8) < 1e-12)
  }

  @Test func continuousColumnsHaveNone() throws {
    #expect(try description(3, steps: [1, 1]).bitsPerDimension(meanLogProb: 0) == nil)
  }

  /// Papamakarios et al. 2017, eq. 6, without the standardization of a model: bits of x in [0, 256) from the
  /// log-density of z = logit(margin + (1 - 2 margin) x / 256).
  @Test func bitsAreThoseOfMAF() throws {
    let (margin, x) = (1e-6, [0.3, 17.5, 255.9])
    let map = Logit(
      lower: Tensor(0.0, dtype: .float64), upper: Tensor(256.0, dtype: .float64), margin: margin)
    let (z, logDet) = map.forwardWithLogDet(Tensor(x))
    let logProbOfCode = -17.0
    let bits = try #require(
      try description(3, steps: [1, 1, 1]).bitsPerDimension(meanLogProb: logProbOfCode + logDet.sum().item()))
    let slopes = z.doubles().map { code in
      let s = 1 / (1 + exp(-code))
      return log2(s) + log2(1 - s)
    }
    let expected =
      -logProbOfCode / (3 * log(2)) - log2(1 - 2 * margin) + 8 + slopes.reduce(0, +) / 3
    #expect(abs(bits - expected) < 1e-9)
  }
}
