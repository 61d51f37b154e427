import Foundation
import Torch

/// Rows as CSV on standard output, for pipes.
enum StandardOutputTable {
  static func write(_ rows: Tensor, names: [String]?) throws {
    var text = names.map { $0.map(quoted).joined(separator: ",") + "\n" } ?? ""
    let columns = rows.size(1)
    let values = rows.doubles()
    for start in stride(from: 0, to: values.count, by: max(columns, 1)) {
      text += values[start..<(start + columns)].map { "\($0)" }.joined(separator: ",") + "\n"
    }
    try Console.write(Data(text.utf8))
  }

  private static func quoted(_ name: String) -> String {
    name.contains { ",\"\n".contains($0) } ? "\"\(name.replacing("\"", with: "\"\""))\"" : name
  }
}
