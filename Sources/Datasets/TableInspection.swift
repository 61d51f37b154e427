import CArrow
import Torch

/// What a density model should know about a table before it is fitted.
///
///     let inspection = try TableInspection(table)
///     inspection.warnings().forEach { print($0) }
///     try inspection.requireFittable()
public struct TableInspection: Hashable, Sendable {
  /// The table's name in messages.
  public let path: String
  /// The number of rows.
  public let rowCount: Int
  /// The columns, in the table's order.
  public let columns: [ColumnInspection]
  /// The share of rows that repeat another row (among the first two million).
  public let duplicateRowShare: Double

  /// Looks at every value once, and at `sample` evenly spaced rows to count different values.
  ///
  /// - Throws: `DatasetError.outOfMemory` if there is no room for the sample.
  public init(_ table: Table, sample: Int = 200_000) throws(DatasetError) {
    let isWide = table.values.dtype == .float64
    let values = isWide ? table.values : table.values.to(.float32)
    let (rows, columns) = (table.rowCount, table.columnCount)
    var facts = [ca_column_facts](repeating: ca_column_facts(), count: columns)
    var share = 0.0
    var failure: DatasetError?
    values.withUnsafeBytes { bytes in
      do throws(DatasetError) {
        try arrowCall(path: table.path) { error in
          ca_inspect(bytes.baseAddress, isWide, Int64(rows), Int64(columns), Int64(sample), &facts, &share, error)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    path = table.path
    rowCount = rows
    duplicateRowShare = share
    self.columns = zip(zip(table.columnNames, table.columnSources), facts).map {
      ColumnInspection(name: $0.0, source: $0.1, $1)
    }
  }

  /// The columns that hold one value only.
  public var constantColumns: [String] { columns.filter(\.isConstant).map(\.name) }

  /// The columns whose values are few, one-hot encoded ones included.
  public var discreteColumns: [String] { columns.filter(\.isDiscrete).map(\.name) }

  /// Stops a fit that cannot succeed.
  ///
  /// - Parameters:
  ///   - minimumRowCount: fewer rows are an error.
  ///   - dequantized: the columns to which noise will be added; they may be constant.
  ///   - allowingNotFinite: whether NaN and infinite values are left to the caller.
  ///   - allowingConstant: whether columns may hold one value only.
  /// - Throws: ``DatasetError``: fewer rows than `minimumRowCount`, a constant column, or a value that is not finite.
  public func requireFittable(
    minimumRowCount: Int = 2, dequantizing dequantized: [String] = [], allowingNotFinite: Bool = false,
    allowingConstant: Bool = false
  ) throws(DatasetError) {
    guard rowCount >= minimumRowCount else {
      throw .tooFewRows(path: path, count: rowCount, required: minimumRowCount)
    }
    if !allowingNotFinite, let column = columns.first(where: { $0.notFiniteCount > 0 }) {
      throw .notFinite(DataLocation(path: path, column: column.name), text: "one value or more")
    }
    guard !allowingConstant else { return }
    let constant = columns.filter { $0.isConstant && !dequantized.contains($0.name) }
    guard constant.isEmpty else { throw .constantColumns(path: path, names: Self.sources(of: constant)) }
  }

  /// Advice for whoever fits a density, one sentence each.
  ///
  /// - Parameters:
  ///   - dequantized: columns of whose discreteness nothing is said.
  ///   - holdingOut: whether rows will be held out, where copies on both sides matter.
  /// - Returns: the sentences; none when nothing is remarkable.
  public func warnings(dequantizing dequantized: [String] = [], holdingOut: Bool = true) -> [String] {
    var warnings: [String] = []
    warnings += discreteWarnings(columns.filter { $0.isDiscrete && !dequantized.contains($0.name) })
    for column in columns where column.hasSpike && !dequantized.contains(column.name) {
      warnings.append(
        "column '\(column.source)': \(short(column.mostRepeatedValue)) makes up \(percent(column.mostRepeatedShare)) of the "
          + "rows: a density model will put a spike there; leave the column out or model that case separately")
    }
    for column in columns where column.isRowNumber {
      warnings.append("column '\(column.name)' counts the rows: leave it out unless it means something")
    }
    if holdingOut, duplicateRowShare >= 0.01 {
      warnings.append(
        "\(percent(duplicateRowShare)) of the rows repeat another row: held-out figures are too good "
          + "when copies stand on both sides of a split")
    }
    return warnings
  }

  /// The names in the file, each once.
  private static func sources(of columns: [ColumnInspection]) -> [String] {
    var seen: Set<String> = []
    return columns.map(\.source).filter { seen.insert($0).inserted }
  }

  private func discreteWarnings(_ all: [ColumnInspection]) -> [String] {
    let encoded = Self.sources(of: all.filter(\.isEncoded))
    let discrete = all.filter { !$0.isEncoded }
    let ofEncoded =
      encoded.prefix(5).map { name in
        "column '\(name)' was encoded as columns of 0 and 1: a density model will put spikes there; use --dequantize "
          + "\(name) or leave the column out"
      } + (encoded.count > 5 ? ["so were \(encoded.count - 5) other columns"] : [])
    return ofEncoded + warnings(ofFewValues: discrete)
  }

  private func warnings(ofFewValues discrete: [ColumnInspection]) -> [String] {
    guard discrete.count > 5 else {
      return discrete.map { column in
        "column '\(column.name)' takes only \(column.distinctCount) distinct values: a density model will put spikes "
          + "there; use --dequantize \(column.name) or leave the column out"
      }
    }
    let examples = discrete.prefix(3).map { "'\($0.name)' \($0.distinctCount)" }.joined(separator: ", ")
    return [
      "\(discrete.count) of \(columns.count) columns take only few distinct values (\(examples), ...): a density model "
        + "will put spikes there; dequantize them or leave them out"
    ]
  }

  private func percent(_ share: Double) -> String {
    share < 0.1 ? "\((share * 1000).rounded() / 10) %" : "\(Int((share * 100).rounded())) %"
  }

  private func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }
}

extension ColumnInspection {
  init(name: String, source: String, _ facts: ca_column_facts) {
    self.init(
      name: name, source: source, minimum: facts.minimum, maximum: facts.maximum, mean: facts.mean,
      standardDeviation: facts.standard_deviation, notFiniteCount: Int(facts.not_finite), isInteger: facts.is_integer,
      isRowNumber: facts.is_row_number, distinctCount: Int(facts.distinct), examinedRowCount: Int(facts.examined),
      mostRepeatedValue: facts.most_repeated_value, mostRepeatedShare: facts.most_repeated_share,
      smallestGap: facts.smallest_gap)
  }
}
