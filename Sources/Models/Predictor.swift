import Datasets
import Diagnostics
public import Torch

/// Asks a conditional model what it predicts: regression whose uncertainty is the model's own.
///
///     let (model, description) = try RunFolder("runs/mine").loadModel()
///     let predictions = try Predictor(level: 0.9).predict(model, description, conditions: rows, using: &rng)
///     predictions.mean          // [rows, columns]
///
/// Means come from draws. So do medians and intervals, unless the model has one column and its distribution function can be
/// inverted, which then gives them exactly.
public struct Predictor: Hashable, Sendable {
  /// Draws of each row.
  public var draws: Int
  /// The probability that an interval should hold the truth with; as much is left below as above.
  public var level: Double

  /// A predictor.
  ///
  /// - Parameters:
  ///   - draws: draws of each row.
  ///   - level: the probability that an interval should hold the truth with.
  /// - Precondition: at least 2 draws, and a level within (0, 1).
  public init(draws: Int = 1000, level: Double = 0.9) {
    precondition(
      draws > 1 && level > 0 && level < 1, "Predictor: expected draws and a level within (0, 1), got \(draws), \(level)"
    )
    self.draws = draws
    self.level = level
  }

  /// Numbers drawn at a time: bounds the memory whatever the count.
  private static let chunkSize = 1 << 20

  /// What a model predicts.
  ///
  /// - Parameters:
  ///   - model: a model with conditions, on the processor.
  ///   - description: what its file says of it.
  ///   - conditions: one row for each prediction, `[rows, conditions]`, finite, in the user's units.
  ///   - truth: what came true, `[rows, columns]` in the user's units, to score the predictions by; NaN where it is not known.
  ///   - rng: the source of random numbers.
  /// - Returns: the predictions, with scores where the truth is known.
  /// - Throws: `ModelError.cannot` for a model without conditions, one of encoded text, and one without densities.
  public func predict(
    _ model: any GenerativeModel, _ description: ModelDescription, conditions: Tensor, truth: Tensor? = nil,
    using rng: inout RandomGenerator
  ) throws -> Predictions {
    guard let context = description.modelContext(conditions) else { throw ModelError.noConditions(description.model) }
    if let text = description.categories.keys.sorted().first {
      throw ModelError.cannot(
        model: description.model, action: "predict a mean or an interval of text, such as '\(text)'",
        instead: "draw rows with pushforward sample --given-rows, or leave the column out of the fit")
    }
    let step = max(1, Self.chunkSize / (draws * description.columns.count))
    let scale = truth.map(Self.deviations)
    var parts: [Predictions.Part] = []
    for start in stride(from: 0, to: conditions.size(0), by: step) {
      let count = min(step, conditions.size(0) - start)
      parts.append(
        part(
          model, description, context.narrowed(0, from: start, length: count),
          truth?.narrowed(0, from: start, length: count), scale, using: &rng))
    }
    return Predictions(
      columns: description.columns, level: level, isExact: exactModel(model, description) != nil,
      joining: parts)
  }

  /// The standard deviations of columns, `[columns]`; 1 for one that does not vary.
  private static func deviations(_ truth: Tensor) -> Tensor {
    let complete = truth.selecting(truth.isFinite().all(1).nonzero().squeezed(1)).to(.float64)
    guard complete.size(0) > 1 else { return Tensor.ones([truth.size(1)], dtype: .float64) }
    let deviation = complete.standardDeviation(0)
    return select(deviation .> 0, deviation, 1.0)
  }

  /// The model when its quantiles are exact. Those of values on a grid would be of the values with noise.
  private func exactModel(_ model: any GenerativeModel, _ description: ModelDescription) -> (any ConditionalQuantiles)?
  {
    description.columns.count == 1 && description.grids.isEmpty ? model as? any ConditionalQuantiles : nil
  }

  private func part(
    _ model: any GenerativeModel, _ description: ModelDescription, _ context: Tensor, _ truth: Tensor?,
    _ scale: Tensor?, using rng: inout RandomGenerator
  ) -> Predictions.Part {
    let (rows, columns) = (context.size(0), description.columns.count)
    let drawn = description.dataRows(
      model.sample(draws, given: context, using: &rng).reshaped([draws * rows, columns])
    ).reshaped([draws, rows, columns])
    let exact = exactModel(model, description)
    func quantile(_ probability: Double) -> Tensor {
      exact.map { description.dataRows($0.quantile(probability, given: context).unsqueezed(1)) }
        ?? drawn.quantile(probability, 0)
    }
    let tail = (1 - level) / 2
    var part = Predictions.Part(
      mean: drawn.mean(0), median: quantile(0.5), lower: quantile(tail), upper: quantile(1 - tail))
    guard let truth, let scale else { return part }
    let seen = description.modelRows(truth)
    part.logProb = (model as? any DensityModel)?.logProb(seen, given: context).to(.float64)
    part.scores(of: truth, scale: scale, draws: drawn, using: &rng)
    if let exact { part.integrals = exact.cumulative(seen, given: context).to(.float64).unsqueezed(1) }
    return part
  }
}
