import Datasets
import Models
import Torch
import Training

/// The rows of data that a report looks at.
struct ReportData {
  /// Where they come from.
  enum Source: Hashable {
    /// The file that the model was fitted to.
    case fitted(path: String)
    /// A file that the user named.
    case given(path: String)
    /// There is none: the model was fitted to a target of this name.
    case target(name: String)
    /// There is none, and why.
    case missing(reason: String)
  }

  /// Where they come from.
  let source: Source
  /// All rows of the file, before some were chosen.
  let rowCount: Int
  /// The rows' numbers in the file, from 1.
  let rowNumbers: [Int]
  /// Whether each row was held out of training.
  let isHeldOut: [Bool]
  /// The values in the user's units, a list for each column.
  let columns: [[Double]]
  /// The rows as the model sees them.
  let modelRows: Tensor?
  /// The conditions of the rows in the user's units; nil for a model without.
  let conditions: Tensor?
  /// What a reader should know.
  let notes: [String]

  /// Reads the data, or says why there are none.
  init(_ folder: RunFolder, _ description: ModelDescription, path: String?, isSeries: Bool, options: ReportOptions) {
    let fittedPath = description.data.path
    let path = path.flatMap { description.wasFitted(to: $0) ? nil : $0 }
    guard let wanted = path ?? (fittedPath.isEmpty ? nil : fittedPath) else {
      self.init(without: .missing(reason: "the model was not fitted to a table"))
      return
    }
    guard path != nil || description.diagnosis == nil else {
      self.init(without: .target(name: fittedPath))
      return
    }
    let loaded: LoadedData
    do {
      loaded = try LoadedData(scoring: wanted, with: description)
    } catch {
      self.init(without: .missing(reason: "\(error)"))
      return
    }
    let complete = Self.usableRows(loaded, description)
    var notes = loaded.warnings
    let heldOut =
      path == nil ? Self.heldOut(folder, description, rowCount: complete.count, notes: &notes) : Set(complete.indices)
    let most = options.rowCount(columns: description.columns.count)
    let chosen = Self.choose(complete.count, most: most, isSeries: isSeries, preferring: heldOut, options.seed)
    let rows = chosen.map { complete[$0] }
    let indices = Tensor(rows)
    self.init(
      source: path.map { .given(path: $0) } ?? .fitted(path: fittedPath), rowCount: loaded.table.rowCount,
      rowNumbers: rows.map { $0 + 1 }, isHeldOut: chosen.map(heldOut.contains),
      columns: rows.isEmpty ? [] : RunEvidence.columns(loaded.table.values.selecting(indices)),
      modelRows: rows.isEmpty ? nil : loaded.rows.selecting(indices),
      conditions: rows.isEmpty ? nil : loaded.conditions?.values.selecting(indices), notes: notes)
  }

  private init(
    source: Source, rowCount: Int, rowNumbers: [Int], isHeldOut: [Bool], columns: [[Double]], modelRows: Tensor?,
    conditions: Tensor?, notes: [String]
  ) {
    self.source = source
    self.rowCount = rowCount
    self.rowNumbers = rowNumbers
    self.isHeldOut = isHeldOut
    self.columns = columns
    self.modelRows = modelRows
    self.conditions = conditions
    self.notes = notes
  }

  private init(without source: Source) {
    self.init(
      source: source, rowCount: 0, rowNumbers: [], isHeldOut: [], columns: [], modelRows: nil,
      conditions: nil, notes: [])
  }

  /// The rows that the fit read: those without missing cells, where these were left out. A row without its conditions says
  /// nothing of a model.
  private static func usableRows(_ loaded: LoadedData, _ description: ModelDescription) -> [Int] {
    var isUsable = Tensor.ones([loaded.table.rowCount], dtype: .bool)
    if description.data.missing == .drop { isUsable = isUsable .& loaded.table.values.isFinite().all(1) }
    if let conditions = loaded.conditions { isUsable = isUsable .& conditions.values.isFinite().all(1) }
    return isUsable.nonzero().squeezed(1).scalars(as: Int.self)
  }

  /// Whether there are rows.
  var isThere: Bool { modelRows != nil }

  /// The rows that the fit held out, by their places among those that it read.
  private static func heldOut(
    _ folder: RunFolder, _ description: ModelDescription, rowCount: Int, notes: inout [String]
  ) -> Set<Int> {
    guard let report = description.training else {
      if let estimation = description.estimation, estimation.rows != rowCount {
        notes.append("the file has changed since the fit: it had \(estimation.rows) rows then and has \(rowCount) now")
      }
      return []
    }
    guard report.trainingRows + report.validationRows == rowCount else {
      notes.append(
        "the file has changed since the fit: it had \(report.trainingRows + report.validationRows) rows then and has "
          + "\(rowCount) now, so which of them were held out is not known")
      return []
    }
    guard report.validationRows > 0, let settings = try? FitSettings(contentsOf: folder.settings),
      let split = try? settings.rowSplit(rowCount: rowCount, path: description.data.path),
      split.validation.size(0) == report.validationRows
    else { return [] }
    return Set(split.validation.scalars(as: Int.self))
  }

  /// At most so many places, ascending: the first ones of a series, of others held-out ones first and then by lot.
  private static func choose(
    _ count: Int, most: Int, isSeries: Bool, preferring heldOut: Set<Int>, _ seed: UInt64
  ) -> [Int] {
    guard count > most else { return Array(0..<count) }
    if isSeries { return Array(0..<most) }
    var rng = RandomGenerator(seed: seed)
    let order = Tensor.permutation(count, using: &rng).scalars(as: Int.self)
    let kept = order.filter(heldOut.contains).prefix(most / 2)
    let others = order.filter { !heldOut.contains($0) }.prefix(most - kept.count)
    return (kept + others).sorted()
  }
}
