import Diagnostics
public import Foundation
import Models
import Torch

extension RunReport {
  /// The report as one HTML file that needs nothing else: style, charts, pictures and the program that draws are in it.
  ///
  /// - Throws: `ReportError.missingResource` when a file of the package is not beside the program.
  /// - Complexity: below 3 MB: charts hold counts and at most 2,000 points each.
  public func html() throws -> Data {
    let page = ReportPage(self)
    return Data(try page.html().utf8)
  }

  /// Writes the report, replacing the file as a whole.
  ///
  /// - Throws: what ``html()`` throws; a Cocoa error when the file cannot be written.
  public func write(to url: URL) throws { try html().write(to: url, options: .atomic) }
}

/// Markup of a report.
private struct ReportPage {
  private let report: RunReport

  init(_ report: RunReport) { self.report = report }

  private func resource(_ name: String) throws -> String {
    guard let path = PackageResource.path(name, target: "Reports"),
      let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { throw ReportError.missingResource(name: name) }
    return text
  }

  private func text(_ text: String) -> String { HTMLText.escaped(text) }

  func html() throws -> String {
    let parts = report.sections
    // Nothing is loaded from anywhere: the policy forbids it. Vega makes functions of its expressions.
    let policy =
      "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="generator" content="Pushforward \(text(packageVersion))">
      <title>\(text(report.title))</title>
      <style>
      \(try resource("page.css"))</style>
      </head>
      <body>
      <a class="skip" href="#summary">Skip to the summary</a>
      <header>
      <h1>\(text(report.title))</h1>
      <p class="subtitle">\(text(report.subtitle))</p>
      \(navigation)
      </header>
      <main>
      \(summary)
      \(verification)
      \(try parts.map(section).joined(separator: "\n"))
      \(provenance)
      </main>
      <footer><p>Written by Pushforward \(text(packageVersion)). Charts are drawn by Vega, which is in this file.</p></footer>
      <script type="application/json" id="looks">\(try looks())</script>
      <script>
      \(try resource("vega.js"))</script>
      <script>
      \(try resource("page.js"))</script>
      </body>
      </html>

      """
  }

  private var navigation: String {
    let links =
      [("summary", "Summary")] + (report.verification == nil ? [] : [("verification", "Verification")])
      + report.sections.map { ($0.id, $0.title) } + [("provenance", "Settings")]
    let items = links.map { "<li><a href=\"#\(text($0.0))\">\(text($0.1))</a></li>" }
    return "<nav aria-label=\"Parts of the report\"><ul>\(items.joined())</ul></nav>"
  }

  private var summary: String {
    let items = report.summary.map { "<li>\(text($0))</li>" }.joined(separator: "\n")
    return """
      <section id="summary" aria-labelledby="summary-title">
      <h2 id="summary-title">Summary</h2>
      <ul class="summary">
      \(items)
      </ul>
      <noscript><p class="note">Charts need JavaScript. The tables below have the same numbers.</p></noscript>
      </section>
      """
  }

  // MARK: Verification

  private var verification: String {
    guard let verification = report.verification else { return "" }
    let words =
      verification.isPassed
      ? "The model checked itself and found nothing wrong."
      : "The model checked itself and failed: do not trust it in what is marked below."
    let rows = verification.checks.map { check in
      let numbers = [check.measured, check.limit].map { $0.map { FormattedNumber.general($0) } ?? "" }
      return """
        <tr><th scope="row">\(text(check.name))</th>\
        <td><span class="outcome \(check.outcome.rawValue)">\(sign(check.outcome)) \(check.outcome.rawValue)</span></td>\
        <td class="number">\(numbers[0])</td><td class="number">\(numbers[1])</td><td>\(text(check.finding))</td></tr>
        """
    }
    return """
      <section id="verification" aria-labelledby="verification-title">
      <h2 id="verification-title">Verification</h2>
      <p>\(words)</p>
      \(scrolling("Checks", "<table><caption>Checks</caption><thead><tr><th scope=\"col\">check</th>"
        + "<th scope=\"col\">outcome</th><th scope=\"col\" class=\"number\">measured</th>"
        + "<th scope=\"col\" class=\"number\">limit</th><th scope=\"col\">finding</th></tr></thead>"
        + "<tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table>"))
      </section>
      """
  }

  private func sign(_ outcome: Verification.Check.Outcome) -> String {
    switch outcome {
    case .passed: "\u{2713}"
    case .failed: "\u{2717}"
    case .warned: "!"
    case .skipped: "\u{2013}"
    }
  }

  // MARK: Parts

  private func section(_ section: ReportSection) throws -> String {
    let id = text(section.id)
    let paragraphs = section.paragraphs.map { "<p>\(text($0))</p>" }
    let large = try section.figures.filter { !$0.isSmall }.map(figure)
    let small = try section.figures.filter(\.isSmall).map(figure)
    let grid = small.isEmpty ? [] : ["<div class=\"grid\">\n\(small.joined(separator: "\n"))\n</div>"]
    let parts = paragraphs + large + grid + section.tables.map(table)
    return """
      <section id="\(id)" aria-labelledby="\(id)-title">
      <h2 id="\(id)-title">\(text(section.title))</h2>
      \(parts.joined(separator: "\n"))
      </section>
      """
  }

  private func figure(_ figure: ReportFigure) throws -> String {
    let id = text(figure.id)
    let numbers = figure.table.map {
      "<details><summary>In numbers: \(text(figure.title))</summary>\n\(table($0))\n</details>"
    }
    return """
      <figure id="figure-\(id)" aria-labelledby="figure-\(id)-title">
      <h3 id="figure-\(id)-title">\(text(figure.title))</h3>
      \(try content(figure))
      <figcaption>\(text(figure.reading))</figcaption>
      \(numbers ?? "")
      </figure>
      """
  }

  private func content(_ figure: ReportFigure) throws -> String {
    let id = text(figure.id)
    switch figure.content {
    case .chart(let specification):
      let json = HTMLText.script(json: String(decoding: try specification.json(), as: UTF8.self))
      let label = text("Chart. \(specification.description) \(figure.reading)")
      let isWide = specification.cells != nil
      let chart = "<div class=\"chart\" role=\"img\" aria-label=\"\(label)\" data-chart=\"\(id)\"></div>"
      return (isWide ? scrolling(figure.title, chart) : chart)
        + "\n<script type=\"application/json\" id=\"chart-\(id)\">\(json)</script>"
    case .image(let png, let description, let width):
      return """
        <img src="data:image/png;base64,\(png.base64EncodedString())" alt="\(text(description))" width="\(width)">
        """
    }
  }

  private func table(_ table: ReportTable) -> String {
    let head = table.header.enumerated().map { index, name in
      "<th scope=\"col\"\(isNumeric(table, index) ? " class=\"number\"" : "")>\(text(name))</th>"
    }
    let rows = table.rows.map { row in
      let cells = row.enumerated().map { index, cell in
        let kind = isNumeric(table, index) ? " class=\"number\"" : ""
        return index == 0 && table.hasRowNames
          ? "<th scope=\"row\"\(kind)>\(text(cell))</th>" : "<td\(kind)>\(text(cell))</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    return scrolling(
      table.caption,
      "<table><caption>\(text(table.caption))</caption><thead><tr>\(head.joined())</tr></thead>"
        + "<tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table>")
  }

  /// Whether a column holds numbers, which are aligned to the right.
  private func isNumeric(_ table: ReportTable, _ column: Int) -> Bool {
    let first = table.rows.prefix(3).map { $0[column].split(separator: " ").first.map(String.init) ?? "" }
    return !first.isEmpty && first.contains { Double($0) != nil }
      && first.allSatisfy { $0.isEmpty || $0 == "-" || Double($0) != nil }
  }

  /// Something that scrolls sideways by itself where it is too wide, by keyboard too.
  private func scrolling(_ name: String, _ content: String) -> String {
    "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(text(name))\">\(content)</div>"
  }

  private var provenance: String {
    let rows = report.provenance.map { line in
      let value = line.value.contains("\n") ? "<pre tabindex=\"0\">\(text(line.value))</pre>" : text(line.value)
      return "<div><dt>\(text(line.name))</dt><dd>\(value)</dd></div>"
    }
    return """
      <section id="provenance" aria-labelledby="provenance-title">
      <h2 id="provenance-title">Settings and provenance</h2>
      <dl>
      \(rows.joined(separator: "\n"))
      </dl>
      </section>
      """
  }

  private func looks() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let looks = ["light": VegaLiteConfiguration.light, "dark": VegaLiteConfiguration.dark]
    return HTMLText.script(json: String(decoding: try encoder.encode(looks), as: UTF8.self))
  }
}
