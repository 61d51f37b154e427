/// How much a report looks at.
public struct ReportOptions: Hashable, Sendable {
  /// The most rows of data, and of draws, that are looked at.
  public var mostRows: Int
  /// The most numbers of data, and of draws: wide tables are looked at with fewer rows, but at least 200.
  public var mostCells: Int
  /// The start of all random numbers.
  public var seed: UInt64

  /// Options with the usual choices.
  ///
  /// - Parameters:
  ///   - mostRows: the most rows.
  ///   - mostCells: the most numbers.
  ///   - seed: the start of all random numbers.
  /// - Precondition: there is at least one row.
  public init(mostRows: Int = 5000, mostCells: Int = 500_000, seed: UInt64 = 0) {
    precondition(mostRows > 0, "ReportOptions: expected at least one row, got \(mostRows)")
    self.mostRows = mostRows
    self.mostCells = mostCells
    self.seed = seed
  }

  /// The rows that are looked at of a table of so many columns.
  func rowCount(columns: Int) -> Int { min(mostRows, max(200, mostCells / max(columns, 1))) }
}
