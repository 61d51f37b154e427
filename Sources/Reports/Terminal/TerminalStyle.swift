/// What a terminal can show.
public struct TerminalStyle: Hashable, Sendable {
  /// Characters in a line.
  public var width: Int
  /// Whether it shows more than ASCII: blocks and dots of Braille.
  public var isUnicode: Bool

  /// A terminal of a width.
  ///
  /// - Precondition: the width is at least 20.
  public init(width: Int = 80, isUnicode: Bool = true) {
    precondition(width >= 20, "TerminalStyle: expected a width of at least 20, got \(width)")
    self.width = width
    self.isUnicode = isUnicode
  }

  /// A text with every character beyond ASCII replaced by one or two that are not.
  static func ascii(_ text: String) -> String {
    String(text.replacing("\u{00B1}", with: "+-").map { $0.isASCII ? $0 : "?" })
  }

  /// What the environment of a program says.
  ///
  /// Plain ASCII is used for `TERM=dumb` and where the locale (`LC_ALL`, `LC_CTYPE` or `LANG`, the first that is set) does
  /// not name UTF-8.
  ///
  /// - Parameters:
  ///   - environment: the environment.
  ///   - width: the width when the program knows it; else that of `COLUMNS`, or 80.
  public init(environment: [String: String], width: Int?) {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    let isUTF8 = ["utf-8", "utf8"].contains { locale.lowercased().contains($0) }
    self.init(
      width: max(20, width ?? environment["COLUMNS"].flatMap(Int.init) ?? 80),
      isUnicode: isUTF8 && environment["TERM"] != "dumb")
  }
}
