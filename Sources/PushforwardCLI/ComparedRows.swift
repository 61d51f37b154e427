import Datasets
import Diagnostics
import Foundation
import Models
import Torch

/// Complete rows that no model has seen, in the user's units: the columns that are modelled, then their conditions.
///
/// With conditions, densities are of all rows given theirs; draws are made under the conditions of every other row and held,
/// conditions and all, against the rows between. Both samples are then independent and, for a perfect model, of one law.
struct ComparedRows {
  /// The columns that are modelled.
  let columns: [String]
  /// The columns that are given.
  let conditions: [String]
  /// `[rows, columns + conditions]`, 64-bit.
  let values: Tensor

  init(_ loaded: LoadedData, _ description: ModelDescription) {
    columns = description.columns
    conditions = description.conditions?.columns ?? []
    let all = Tensor.concatenating([loaded.table.values] + (loaded.conditions.map { [$0.values] } ?? []), 1)
    values = all.to(.float64).selecting(all.isFinite().all(1).nonzero().squeezed(1))
  }

  /// The rows that draws are held against; nil for all.
  var reference: Tensor? { conditions.isEmpty ? nil : values[.slice(from: 1, step: 2)].contiguous() }

  /// The conditions that draws are made under, at least as many as there are rows to hold them against.
  private var drawnConditions: Tensor { given(values[.slice(step: 2)].contiguous()) }

  /// Stops unless a model has the same columns and conditions.
  func require(sameAs description: ModelDescription, _ path: String, _ first: String) throws(ModelError) {
    func check(_ what: String, _ own: [String], _ others: [String]) throws(ModelError) {
      guard own != others else { return }
      func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
      throw .columns(
        path: path,
        reason:
          "its \(what) are \(list(own)), those of \(first) are \(list(others)); compare models of the same \(what), "
          + "in the same order")
    }
    try check("columns", description.columns, columns)
    try check("conditions", description.conditions?.columns ?? [], conditions)
  }

  /// A model as one of these rows, conditions included.
  func candidate(
    _ run: RunFolder, _ model: any GenerativeModel, _ description: ModelDescription
  ) -> ModelComparator.Candidate {
    let density = model as? any DensityModel
    let size = (try? FileManager.default.attributesOfItem(atPath: run.model.path))?[.size] as? Int
    return ModelComparator.Candidate(
      run.path,
      ModelUnderTest(
        columns: columns + conditions, sample: { draws($0, model, description, using: &$1) },
        logProb: density.map { density in
          { density.logProb(description.modelRows(modelled($0)), given: description.modelContext(given($0))) }
        }), bytes: size, coding: coding(model, description))
  }

  /// How a model gives these rows codes and takes them back; the conditions stay.
  private func coding(
    _ model: any GenerativeModel, _ description: ModelDescription
  ) -> ModelComparator.Candidate.Coding? {
    guard let model = model as? any CodeModel else { return nil }
    return ModelComparator.Candidate.Coding(size: model.codeFeatures) { rows in
      let context = description.modelContext(given(rows))
      let codes = model.encode(description.modelRows(modelled(rows)), given: context)
      return Tensor.concatenating([description.dataRows(model.decode(codes, given: context)), given(rows)], 1)
    }
  }

  private func draws(
    _ count: Int, _ model: any GenerativeModel, _ description: ModelDescription, using rng: inout RandomGenerator
  ) -> Tensor {
    guard !conditions.isEmpty else { return description.dataRows(model.sample(count, given: nil, using: &rng)) }
    let all = drawnConditions
    let chosen = all.selecting(Tensor.permutation(all.size(0), using: &rng)[.slice(to: count)])
    let drawn = model.sample(1, given: description.modelContext(chosen), using: &rng).squeezed(0)
    return Tensor.concatenating([description.dataRows(drawn), chosen], 1)
  }

  private func modelled(_ rows: Tensor) -> Tensor { rows.narrowed(1, from: 0, length: columns.count) }

  private func given(_ rows: Tensor) -> Tensor {
    rows.narrowed(1, from: columns.count, length: conditions.count)
  }
}
