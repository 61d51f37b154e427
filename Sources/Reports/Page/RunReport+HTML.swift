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
  /// - Throws: what ``html()`` throws; `TensorFileError` when the file cannot be written.
  public func write(to url: URL) throws { try AtomicFile.write(try html(), to: url) }
}

/// Markup of a report.
private struct ReportPage {
  private let report: RunReport

  init(_ report: RunReport) { self.report = report }

  private func text(_ text: String) -> String { HTMLText.escaped(text) }

  func html() throws -> String {
    let body = """
      <a class="skip" href="#summary">Skip to the summary</a>
      <header>
      <h1>\(text(report.title))</h1>
      <p class="subtitle">\(text(report.subtitle))</p>
      \(navigation)
      </header>
      <main>
      \(summary)
      \(verification)
      \(try report.sections.map(section).joined(separator: "\n"))
      \(provenance)
      </main>
      <footer><p>Written by Pushforward \(text(packageVersion)). Charts are drawn by Vega, which is in this file.</p></footer>
      """
    return try HTMLPage(title: report.title, body: body).html()
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
    let words = Self.words(verification)
    let rows = verification.checks.map { check in
      let numbers = [check.measured, check.limit].map { $0.map { FormattedNumber.general($0) } ?? "" }
      return """
        <tr><th scope="row">\(text(check.name))</th>\
        <td><span class="outcome \(check.outcome.rawValue)">\(sign(check.outcome)) \(check.outcome.rawValue)</span></td>\
        <td class="finding">\(text(check.finding))</td>\
        <td class="number">\(numbers[0])</td><td class="number">\(numbers[1])</td></tr>
        """
    }
    return """
      <section id="verification" aria-labelledby="verification-title">
      <h2 id="verification-title">Verification</h2>
      <p>\(words)</p>
      \(HTMLText.scrolling("Checks", "<table><caption><span>Checks</span></caption><thead><tr><th scope=\"col\">check</th>"
        + "<th scope=\"col\">outcome</th><th scope=\"col\">finding</th>"
            + "<th scope=\"col\" class=\"number\">measured</th><th scope=\"col\" class=\"number\">limit</th></tr></thead>"
        + "<tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table>"))
      </section>
      """
  }

  /// What the checks come to. They are about the model itself; how well it fits the data is another matter.
  private static func words(_ verification: Verification) -> String {
    let warnings = verification.checks.count { $0.outcome == .warned }
    guard verification.isPassed else {
      return "The model checked itself and failed: do not trust it in what is marked below."
    }
    let text = "The model checked itself: its density, draws and codes agree with one another"
    return warnings == 0
      ? text + "." : text + ", but \(FormattedNumber.count(warnings, "check")) warned; see what is marked with !."
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
    let large = try section.figures.filter { !$0.isSmall }.map { try HTMLFigure($0).html() }
    let small = try section.figures.filter(\.isSmall).map { try HTMLFigure($0).html() }
    let grid = small.isEmpty ? [] : ["<div class=\"grid\">\n\(small.joined(separator: "\n"))\n</div>"]
    let parts = paragraphs + large + grid + section.tables.map { HTMLTable($0).html() }
    return """
      <section id="\(id)" aria-labelledby="\(id)-title">
      <h2 id="\(id)-title">\(text(section.title))</h2>
      \(parts.joined(separator: "\n"))
      </section>
      """
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
}
