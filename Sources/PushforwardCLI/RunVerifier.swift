import Diagnostics
import Models
import Torch

/// Lets the model of a run check itself; `verify` and `report` share it.
struct RunVerifier {
  let run: RunFolder
  /// Rows that the model has not seen; those that the fit held out when nil.
  let data: String?
  /// Rows drawn for statistical checks.
  let draws: Int
  let seed: UInt64

  /// What the model found; `onNote` is told what could not be used.
  func verification(onNote: (String) -> Void) throws -> Verification {
    let (model, description) = try run.loadModel()
    var rng = RandomGenerator(seed: seed)
    let rows = try rows(description, onNote: onNote)
    let training = rows.training.map { Rows(model.rowsUnderTest($0.rows, using: &rng), $0.context) }
    let heldOut = rows.heldOut.map { Rows(model.rowsUnderTest($0.rows, using: &rng), $0.context) }
    guard let conditions = description.conditions else {
      return Verifier(draws: draws).verify(
        model.underTest(columns: description.columns, given: nil), training: training?.rows, heldOut: heldOut?.rows,
        using: &rng)
    }
    return Verifier(draws: draws).verify(
      model.conditionalUnderTest(columns: description.columns), training: training?.conditioned,
      heldOut: heldOut?.conditioned,
      words: { conditions.words($0.to(.float64) + Tensor(conditions.offsets)) }, using: &rng)
  }

  /// Rows, and what they are conditioned on, as the model sees them.
  private struct Rows {
    let rows: Tensor
    let context: Tensor?

    init(_ rows: Tensor, _ context: Tensor?) { (self.rows, self.context) = (rows, context) }

    var conditioned: Verifier.ConditionedRows? {
      context.map { Verifier.ConditionedRows(rows: rows, conditions: $0) }
    }
  }

  /// The rows that the fit saw, and others; what has gone since is left out.
  private func rows(
    _ description: ModelDescription, onNote: (String) -> Void
  ) throws -> (training: Rows?, heldOut: Rows?) {
    let unseen = data.flatMap { description.wasFitted(to: $0) ? nil : $0 }
    if unseen == nil, let data {
      onNote("\(data) is the table that the model was fitted to; of its rows only those that were held out are unseen")
    }
    let given = try unseen.map { try LoadedData(scoring: $0, with: description) }.map { Rows($0.rows, $0.context) }
    // A model that was fitted to a target has seen no rows.
    guard description.diagnosis == nil else { return (nil, given) }
    do {
      let rows = try RunRows(of: run)
      let heldOut = rows.heldOut.map { Rows($0, rows.heldOutContext) }
      return (Rows(rows.training, rows.trainingContext), given ?? heldOut)
    } catch {
      onNote("the data of the run cannot be read again: \(error)")
      return (nil, given)
    }
  }
}
