/// Markup of a table.
struct HTMLTable {
  private let table: ReportTable

  init(_ table: ReportTable) { self.table = table }

  /// The markup.
  func html() -> String {
    let head = table.header.enumerated().map { index, name in
      "<th scope=\"col\"\(isNumeric(index) ? " class=\"number\"" : "")>\(HTMLText.escaped(name))</th>"
    }
    let rows = table.rows.map { row in
      let cells = row.enumerated().map { index, cell in
        let kind = isNumeric(index) ? " class=\"number\"" : ""
        return index == 0 && table.hasRowNames
          ? "<th scope=\"row\"\(kind)>\(HTMLText.escaped(cell))</th>" : "<td\(kind)>\(HTMLText.escaped(cell))</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    let markup = HTMLText.scrolling(
      table.caption,
      "<table><caption><span>\(HTMLText.escaped(table.caption))</span></caption><thead><tr>\(head.joined())</tr></thead>"
        + "<tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table>")
    guard table.rows.count > Self.mostOpenRows else { return markup }
    return "<details><summary>Table of \(FormattedNumber.count(table.rows.count, "row"))</summary>\n\(markup)</details>"
  }

  /// Longer tables are folded.
  private static let mostOpenRows = 24

  /// Whether a column holds numbers, which are aligned to the right.
  private func isNumeric(_ column: Int) -> Bool {
    let first = table.rows.prefix(3).map { $0[column].split(separator: " ").first.map(String.init) ?? "" }
    return !first.isEmpty && first.contains { Double($0) != nil }
      && first.allSatisfy { $0.isEmpty || $0 == "-" || Double($0) != nil }
  }
}

extension HTMLText {
  /// Something that scrolls sideways by itself where it is too wide, by keyboard too.
  static func scrolling(_ name: String, _ content: String) -> String {
    "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(escaped(name))\">\(content)</div>"
  }
}
