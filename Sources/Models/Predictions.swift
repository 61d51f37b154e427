public import Datasets
import Diagnostics
public import Torch

/// What a conditional model predicts of some rows, and how good that was where the truth is known.
public struct Predictions {
  /// The names of the columns that are predicted.
  public let columns: [String]
  /// The probability that an interval should hold the truth with.
  public let level: Double
  /// Whether medians and intervals are quantiles of the model itself rather than of draws.
  public let isExact: Bool
  /// The means, `[rows, columns]`.
  public let mean: Tensor
  /// The medians, `[rows, columns]`.
  public let median: Tensor
  /// The lower ends of the intervals, `[rows, columns]`.
  public let lower: Tensor
  /// The upper ends of the intervals, `[rows, columns]`.
  public let upper: Tensor
  /// What came true, `[rows, columns]`; nil when nothing is known of it.
  public let truth: Tensor?
  /// The log-density of the truth in nats, `[rows]`.
  public let logProb: Tensor?
  /// The continuous ranked probability score of each prediction, `[rows, columns]`.
  public let rankedProbabilityScore: Tensor?
  /// The probability integral transform of the truth, `[rows, columns]`: uniform on [0, 1] for a calibrated model. From the
  /// distribution function when it is exact, else from ranks among draws, each at a random place in its step.
  public let integrals: Tensor?

  /// The predictions of some of the rows.
  struct Part {
    var mean: Tensor
    var median: Tensor
    var lower: Tensor
    var upper: Tensor
    var truth: Tensor?
    var logProb: Tensor?
    var rankedProbabilityScore: Tensor?
    var integrals: Tensor?
    var energyScore: Tensor?

    /// Scores draws `[draws, rows, columns]` by the truth, `[rows, columns]`; the scale of each column is for the energy score.
    mutating func scores(of truth: Tensor, scale: Tensor, draws: Tensor, using rng: inout RandomGenerator) {
      self.truth = truth
      let values = truth.unbound(1)
      let drawn = draws.unbound(2)
      rankedProbabilityScore = Tensor.stacking(
        zip(values, drawn).map { ContinuousRankedProbabilityScore.scores(of: $0, draws: $1) }, 1)
      let uniforms = zip(values, drawn).map { value, draws -> Tensor in
        let known = select(value.isNaN(), 0.0, value)
        return Tensor(
          RankStatistics(of: known, among: draws.transposed(0, 1), using: &rng).spread(using: &rng))
      }
      integrals = Tensor.stacking(uniforms, 1)
      if values.count > 1 { energyScore = EnergyScore.scores(of: truth / scale, draws: draws / scale) }
    }
  }

  /// The energy score of each row, columns divided by the standard deviations of their truths, `[rows]`; nil of one column.
  public let energyScore: Tensor?

  init(columns: [String], level: Double, isExact: Bool, joining parts: [Part]) {
    func joined(_ tensors: [Tensor?]) -> Tensor? {
      let known = tensors.compactMap { $0 }
      return known.count == tensors.count && !known.isEmpty ? Tensor.concatenating(known) : nil
    }
    func all(_ tensors: [Tensor]) -> Tensor {
      tensors.isEmpty ? Tensor.zeros([0, columns.count], dtype: .float64) : Tensor.concatenating(tensors)
    }
    self.columns = columns
    self.level = level
    self.isExact = isExact
    mean = all(parts.map(\.mean))
    median = all(parts.map(\.median))
    lower = all(parts.map(\.lower))
    upper = all(parts.map(\.upper))
    truth = joined(parts.map(\.truth))
    logProb = joined(parts.map(\.logProb))
    rankedProbabilityScore = joined(parts.map(\.rankedProbabilityScore))
    integrals = joined(parts.map(\.integrals))
    energyScore = joined(parts.map(\.energyScore))
  }

  /// The predictions as columns of a table: for each column its mean, median and interval, and, where the truth is known, the
  /// truth with its score and its probability integral transform.
  public var outputColumns: [OutputColumn] {
    var result: [OutputColumn] = []
    func add(_ name: String, _ values: Tensor?, _ column: Int) {
      guard let values else { return }
      result.append(OutputColumn(name, .numbers(values.narrowed(1, from: column, length: 1).squeezed(1).contiguous())))
    }
    for (index, name) in columns.enumerated() {
      add("\(name)_mean", mean, index)
      add("\(name)_median", median, index)
      add("\(name)_lower", lower, index)
      add("\(name)_upper", upper, index)
      add(name, truth, index)
      add("\(name)_crps", rankedProbabilityScore, index)
      add("\(name)_pit", unknownAsNaN(integrals), index)
    }
    if let logProb { result.append(OutputColumn("log_prob", .numbers(logProb))) }
    return result
  }

  private func unknownAsNaN(_ values: Tensor?) -> Tensor? {
    truth.flatMap { truth in values.map { select(truth.isNaN(), Double.nan, $0) } }
  }
}
