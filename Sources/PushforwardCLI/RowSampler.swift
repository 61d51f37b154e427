import Datasets
import Models
import Torch

/// Draws rows of a model, piece by piece, as columns of a table; of a conditional one with the conditions beside them.
struct RowSampler {
  let model: any GenerativeModel
  let description: ModelDescription
  /// The conditions in the user's units, `[rows, conditions]`; nil for a model without.
  let conditions: Tensor?
  /// Rows to draw, of each condition.
  let count: Int
  let device: Device

  /// Rows drawn at a time: bounds the memory whatever the count.
  private static let chunkSize = 16_384

  /// All rows that are drawn.
  var rowCount: Int { count * (conditions?.size(0) ?? 1) }

  /// Draws all rows.
  ///
  /// - Parameters:
  ///   - asWhole: whether they come as one piece.
  ///   - rng: the source of random numbers.
  ///   - body: takes a piece, and whether it is the first.
  /// - Throws: what `body` throws.
  func drawPieces(
    asWhole: Bool, using rng: inout RandomGenerator, _ body: ([OutputColumn], _ isFirst: Bool) throws -> Void
  ) throws {
    // The steps of a series follow one another, so they are drawn as a whole.
    let chunkSize = asWhole || model is any SeriesModel ? rowCount : Self.chunkSize
    guard let conditions, conditions.size(0) > 1 else {
      for start in stride(from: 0, to: count, by: chunkSize) {
        try body(columns(min(chunkSize, count - start), conditions, using: &rng), start == 0)
      }
      return
    }
    let rows = conditions.size(0)
    let step = max(1, chunkSize / count)
    for start in stride(from: 0, to: rows, by: step) {
      let chosen = conditions.narrowed(0, from: start, length: min(step, rows - start))
      try body(columns(count, chosen, using: &rng), start == 0)
    }
  }

  /// The draws of each condition one after another, and their conditions.
  private func columns(_ count: Int, _ values: Tensor?, using rng: inout RandomGenerator) -> [OutputColumn] {
    let rows = rows(count, values, using: &rng)
    let given = values.flatMap { values in
      description.conditions?.outputColumns(values.repeatingEach(count, 0))
    }
    return description.outputColumns(rows) + (given ?? [])
  }

  /// All draws as the model sees them, of each condition one after another.
  func rows(using rng: inout RandomGenerator) -> Tensor { rows(count, conditions, using: &rng) }

  private func rows(_ count: Int, _ values: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    guard let values, let context = description.modelContext(values)?.to(device) else {
      return model.sample(count, given: nil, using: &rng).to(Device.cpu)
    }
    let drawn = model.sample(count, given: context, using: &rng).to(Device.cpu)
    return drawn.transposed(0, 1).reshaped([count * values.size(0), description.columns.count])
  }
}
