import Diagnostics
public import Probability
import Torch

/// How good predictions were.
public struct PredictionScores: Hashable, Sendable, Codable {
  /// The scores of one column.
  public struct Column: Hashable, Sendable, Codable {
    /// The column.
    public var name: String
    /// The share of truths within the interval, which should be its level.
    public var coverage: Estimate
    /// The mean continuous ranked probability score, in the units of the column.
    public var rankedProbabilityScore: Estimate
    /// The root of the mean squared error of the means, in the units of the column.
    public var rootMeanSquaredError: Estimate
    /// The largest distance of the probability integral transforms from the uniform distribution.
    public var calibrationDistance: Double
    /// Whether that could be chance, by the test of Kolmogorov and Smirnov.
    public var calibrationPValue: Double
  }

  /// The rows whose truth is known.
  public var rows: Int
  /// The mean log-density of the truth in nats; minus infinity when one of them is impossible.
  public var logProb: Estimate?
  /// The mean energy score of all columns together, each divided by the standard deviation of its truths; nil of one column.
  public var energyScore: Estimate?
  /// The scores of each column.
  public var columns: [Column]
}

extension Predictions {
  /// How good the predictions were, over the rows whose truth is known in every column; nil when there are none.
  public var scores: PredictionScores? {
    guard let truth, let rankedProbabilityScore, let integrals else { return nil }
    let known = truth.isFinite().all(1).nonzero().squeezed(1)
    guard known.elementCount > 0 else { return nil }
    func numbers(_ values: Tensor, _ column: Int) -> [Double] {
      values.selecting(known).narrowed(1, from: column, length: 1).squeezed(1).doubles()
    }
    let perColumn = columns.enumerated().map { index, name in
      let truths = numbers(truth, index)
      let (low, high) = (numbers(lower, index), numbers(upper, index))
      let squares = zip(numbers(mean, index), truths).map { ($0 - $1) * ($0 - $1) }
      let test = KolmogorovSmirnov.test(uniform: numbers(integrals, index))
      return PredictionScores.Column(
        name: name,
        coverage: Estimate(meanOf: truths.indices.map { low[$0] <= truths[$0] && truths[$0] <= high[$0] ? 1 : 0 }),
        rankedProbabilityScore: Estimate(meanOf: numbers(rankedProbabilityScore, index)),
        rootMeanSquaredError: Estimate(rootOf: Estimate(meanOf: squares)), calibrationDistance: test.statistic,
        calibrationPValue: test.pValue)
    }
    return PredictionScores(
      rows: known.elementCount, logProb: logProb.map { Estimate(meanOf: $0.selecting(known).doubles()) },
      energyScore: energyScore.map { Estimate(meanOf: $0.selecting(known).doubles()) }, columns: perColumn)
  }
}

extension Estimate {
  /// The root of an estimate, with the standard error to first order (delta method).
  fileprivate init(rootOf square: Estimate) {
    let root = square.value.squareRoot()
    self.init(root, standardError: root > 0 ? square.standardError / (2 * root) : 0)
  }
}
