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
    guard let values, let given = description.conditions else {
      return description.outputColumns(model.sample(count, given: nil, using: &rng).to(Device.cpu))
    }
    let context = description.modelContext(values)?.to(device)
    let drawn = model.sample(count, given: context, using: &rng).to(Device.cpu)
    let rows = drawn.transposed(0, 1).reshaped([count * values.size(0), description.columns.count])
    return description.outputColumns(rows) + given.outputColumns(values.repeatingEach(count, 0))
  }
}
