// Reads a table, and prints the time and the memory at its highest. `Benchmarks/table_reading.py` runs it beside pyarrow.
//
//     TableReading make numbers.csv 10000000    # writes a table of normal numbers, ten columns
//     TableReading read numbers.csv
import Foundation
import Pushforward

func peakBytes() -> Int {
  var usage = rusage()
  #if canImport(Glibc)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  #else
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #endif
}

func make(_ path: String, rowCount: Int) throws {
  var rng = RandomGenerator(seed: 1)
  let names = (1...10).map { "column\($0)" }
  var remaining = rowCount
  var writer: TableWriter?
  while remaining > 0 {
    let count = min(remaining, 100_000)
    let columns = Table(values: Tensor.normal([count, names.count], using: &rng), columnNames: names).outputColumns
    let opened = try writer ?? TableWriter(path: path, columns: columns)
    try opened.append(columns)
    writer = opened
    remaining -= count
  }
  try writer?.commit()
}

func read(_ path: String) throws {
  _ = Tensor.zeros([1])  // libtorch's own memory is not the table's
  let before = peakBytes()
  let clock = ContinuousClock()
  let start = clock.now
  let table = try Table(contentsOf: path)
  let duration = clock.now - start
  let figures: [String: Any] = [
    "rows": table.rowCount, "columns": table.columnCount,
    "seconds": Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18,
    "peak_bytes": peakBytes(), "bytes_before": before,
  ]
  let data = try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys)
  print(String(decoding: data, as: UTF8.self))
}

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.first, arguments.dropFirst().first) {
case ("make", let path?): try make(path, rowCount: arguments.last.flatMap { Int($0) } ?? 10_000_000)
case ("read", let path?): try read(path)
default: print("usage: TableReading make|read PATH [ROWS]")
}
