import Foundation
import Pushforward

/// Reads a table of numbers.
func tableWorkload(_ arguments: [String]) throws -> Served {
  _ = Tensor.zeros([1])  // libtorch's own memory is not the table's
  var counts = (rows: 0, columns: 0)
  return Served(
    measures: [
      "read": {
        try seconds {
          let table = try Table(contentsOf: arguments[0])
          counts = (table.rowCount, table.columnCount)
        }
      }
    ],
    result: { ["rows": counts.rows, "columns": counts.columns] })
}

/// Writes a table of normal numbers, ten columns.
func writeTable(_ arguments: [String]) throws {
  guard arguments.count == 2 else { throw UsageError("expected write-table TABLE.csv ROWS") }
  var rng = RandomGenerator(seed: 1)
  let names = (1...10).map { "column\($0)" }
  var remaining = try integer(arguments[1])
  var writer: TableWriter?
  while remaining > 0 {
    let count = min(remaining, 100_000)
    let columns = Table(values: Tensor.normal([count, names.count], using: &rng), columnNames: names).outputColumns
    let opened = try writer ?? TableWriter(path: arguments[0], columns: columns)
    try opened.append(columns)
    writer = opened
    remaining -= count
  }
  try writer?.commit()
}
