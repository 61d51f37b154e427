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
    return Verifier(draws: draws).verify(
      model.underTest(columns: description.columns, given: nil),
      training: rows.training.map { model.rowsUnderTest($0, using: &rng) },
      heldOut: rows.heldOut.map { model.rowsUnderTest($0, using: &rng) }, using: &rng)
  }

  /// The rows that the fit saw, and others; what has gone since is left out.
  private func rows(
    _ description: ModelDescription, onNote: (String) -> Void
  ) throws -> (training: Tensor?, heldOut: Tensor?) {
    let unseen = data.flatMap { description.wasFitted(to: $0) ? nil : $0 }
    if unseen == nil, let data {
      onNote("\(data) is the table that the model was fitted to; of its rows only those that were held out are unseen")
    }
    let given = try unseen.map { try LoadedData(scoring: $0, with: description).rows }
    // A model that was fitted to a target has seen no rows.
    guard description.diagnosis == nil else { return (nil, given) }
    do {
      let rows = try RunRows(of: run)
      return (rows.training, given ?? rows.heldOut)
    } catch {
      onNote("the data of the run cannot be read again: \(error)")
      return (nil, given)
    }
  }
}
