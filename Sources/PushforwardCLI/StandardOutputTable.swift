import Datasets
import Foundation
import Torch

/// Rows as CSV on standard output, for pipes.
enum StandardOutputTable {
  static func write(_ columns: [OutputColumn], isNamed: Bool) throws {
    let cells = columns.map(cells)
    var text = isNamed ? columns.map { quoted($0.name) }.joined(separator: ",") + "\n" : ""
    for row in 0..<(cells.first?.count ?? 0) { text += cells.map { $0[row] }.joined(separator: ",") + "\n" }
    try Console.write(Data(text.utf8))
  }

  private static func cells(_ column: OutputColumn) -> [String] {
    switch column.content {
    case .numbers(let tensor): tensor.doubles().map { "\($0)" }
    case .integers(let values): values.map { "\($0)" }
    case .texts(let values): values.map { $0.map(quoted) ?? "" }
    }
  }

  private static func quoted(_ text: String) -> String {
    text.contains { ",\"\r\n".contains($0) } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }
}

extension [OutputColumn] {
  /// Writes a table to a file, or as CSV to standard output.
  func write(to file: OutputFile?) throws {
    if let file { return try TableWriter.write(self, to: file.path) }
    try StandardOutputTable.write(self, isNamed: true)
  }
}
