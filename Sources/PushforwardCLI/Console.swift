import Foundation
import Models

/// What the program says: results on standard output, everything else on standard error.
enum Console {
  /// Whether standard error is a terminal, where a line can be drawn again.
  static var isTerminal: Bool { isatty(STDERR_FILENO) != 0 }

  /// Prints a result.
  ///
  /// - Throws: `ModelError.inputOutput` when standard output cannot be written, for instance on a full disk.
  static func result(_ text: String) throws { try write(Data((text + "\n").utf8)) }

  /// Writes to standard output.
  ///
  /// - Throws: `ModelError.inputOutput` when it cannot be written.
  static func write(_ data: Data) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: data)
    } catch {
      throw ModelError.inputOutput(path: "standard output", reason: "cannot be written; the disk may be full")
    }
  }

  /// Says something beside the results; training goes on when nobody can hear it.
  static func note(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8)) }

  static func error(_ text: String) { note("pushforward: \(text)") }

  /// Draws a line in place of the last one drawn so.
  static func redraw(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[2K\(text)".utf8))
  }

  /// One line of JSON, with names as other programs write them: `training_loss`.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// `1h 02m`, `3m 05s` or `12s`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e7 else { return "-" }
    let whole = Int(seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole >= 3600 { return "\(whole / 3600)h \(two(whole / 60 % 60))m" }
    return whole >= 60 ? "\(whole / 60)m \(two(whole % 60))s" : "\(whole)s"
  }

  /// A number with `digits` digits after the point.
  static func fixed(_ value: Double, _ digits: Int = 3) -> String { String(format: "%.\(digits)f", value) }
}
