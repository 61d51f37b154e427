import Datasets
public import Diagnostics
public import Dynamics
import Foundation
public import Torch

/// A hidden Markov model as a model of a table whose rows are the steps of a series, or of several that a column tells apart.
public struct HiddenMarkovTableModel: DensityModel, SeriesModel {
  /// The model of the other columns.
  public let model: HiddenMarkovModel
  /// The place among the table's columns of the one that names the series; nil for one series.
  public let sequenceColumn: Int?

  /// The number of columns, that of the series' names included.
  public var features: Int { model.features + (sequenceColumn == nil ? 0 : 1) }

  /// A new series, of number 1.
  public func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    inserting(Tensor.ones([count], dtype: .float64), in: model.sample(steps: count, using: &rng).rows)
  }

  /// The log-density of each row given those before it in its series.
  public func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    mapSeries(of: rows) { model.stepLogProbs($0).unsqueezed(1) }.squeezed(1)
  }

  /// The tensors of the model, and the place of the column of series, -1 without.
  public func state() -> [String: Tensor] {
    model.tensors.merging(["sequenceColumn": Tensor([sequenceColumn ?? -1])]) { first, _ in first }
  }

  /// Two neighbouring steps as one row: within a series rows are not independent.
  public func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    let names = columns.enumerated().filter { $0.offset != sequenceColumn }.map(\.element)
    let stationary = HiddenMarkovModel(
      initial: model.stationary, transition: model.transition, emissions: model.emissions)
    return ModelUnderTest(
      columns: (1...2).flatMap { step in names.map { "\($0) at step \(step)" } },
      sample: { stationary.sample(steps: 2, count: $0, using: &$1).flattened(from: 1) },
      logProb: { stationary.logProbs($0.unflattened(1, [2, model.features])) }, state: state())
  }

  /// All neighbouring pairs within a series, which overlap.
  public func rowsUnderTest(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let pairs = series(of: rows).map(\.rows).filter { $0.size(0) > 1 }.map { one in
      Tensor.concatenating([one[.slice(to: -1)], one[.slice(from: 1)]], 1)
    }
    return pairs.isEmpty ? rows[.slice(to: 1)].tiled([1, 2]) : Tensor.concatenating(pairs)
  }

  /// Works on the processor only.
  ///
  /// - Throws: `ModelError.cannot` for another device.
  public func move(to device: Device) throws(ModelError) {
    guard device == .cpu else {
      throw .cannot(model: "hmm", action: "be used on \(device)", instead: "leave --device out")
    }
  }

  // MARK: Series

  /// A series of a table.
  public struct Series {
    /// What its column of series says; nil without one.
    public let name: Double?
    /// Where its rows stand in the table.
    public let places: [Int]
    /// The other columns, `[steps, features]`, 64-bit.
    public let rows: Tensor
  }

  /// The series of a table, in the order of their first rows; rows of a series need not be neighbours.
  ///
  /// - Parameter rows: `[rows, columns]` as the model was fitted to.
  /// - Returns: the series, each with the places of its rows.
  public func series(of rows: Tensor) -> [Series] { Self.series(of: rows, column: sequenceColumn) }

  static func series(of rows: Tensor, column: Int?) -> [Series] {
    let rows = rows.to(.float64)
    guard let column else { return [Series(name: nil, places: Array(0..<rows.size(0)), rows: rows)] }
    let others = (0..<rows.size(1)).filter { $0 != column }
    let values = rows.selecting(Tensor(others), 1)
    let names = rows[.all, .at(column)].doubles()
    var places: [UInt64: [Int]] = [:]
    for (row, name) in names.enumerated() { places[name.bitPattern, default: []].append(row) }
    return places.values.sorted { $0[0] < $1[0] }.map { rows in
      Series(name: names[rows[0]], places: rows, rows: values.selecting(Tensor(rows)).contiguous())
    }
  }

  /// A function's rows for each step of each series, in the order of the table.
  public func mapSeries(of rows: Tensor, _ function: (Tensor) -> Tensor) -> Tensor {
    let all = series(of: rows)
    let results = Tensor.concatenating(all.map { function($0.rows) })
    let order = Tensor(all.flatMap(\.places)).sorted().indices
    return results.selecting(order)
  }

  /// Rows with the column of series in its place.
  private func inserting(_ names: Tensor, in rows: Tensor) -> Tensor {
    guard let sequenceColumn else { return rows }
    let parts = rows.split([sequenceColumn, rows.size(1) - sequenceColumn], 1)
    return Tensor.concatenating([parts[0], names.unsqueezed(1), parts[1]], 1)
  }
}
