import Diagnostics
import Foundation
import Models
import Probability
import Testing

@testable import Reports

@Suite struct RunReportTests {
  /// Fits a model to a table in a folder that is removed afterwards.
  private func withRun<Result>(
    _ model: String, _ table: String, settings: [String] = [], _ body: (RunFolder, URL) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = folder.appending(path: "data.csv")
    try Data(table.utf8).write(to: data)
    var fit = try FitSettings(model: model, data: DataSettings(path: data.path))
    for setting in settings { fit = try fit.setting(setting) }
    let run = RunFolder(folder.appending(path: "run").path)
    _ = try ModelFit(fit, into: run).run()
    return try body(run, data)
  }

  private static let quickFlow = ["training.maximumEpochs=3", "configuration.couplings.layers=2"]

  /// A table of columns that depend on one another; the same in every run.
  private func table(_ header: String, columns: Int, rows: Int) -> String {
    var state: UInt64 = 3
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 53)
    }
    let lines = (0..<rows).map { _ in
      let first = uniform() + uniform()
      return (0..<columns).map { "\(first * Double($0) + uniform() + uniform())" }.joined(separator: ",")
    }
    return ([header] + lines).joined(separator: "\n") + "\n"
  }

  private func page(_ report: RunReport) throws -> ParsedPage {
    let html = try report.html()
    #expect(html.count < 3_000_000)
    return try ParsedPage(String(decoding: html, as: UTF8.self))
  }

  /// What every page must have, whatever the model.
  private func check(_ report: RunReport) throws -> ParsedPage {
    let page = try page(report)
    let ids = Set(page.elements.compactMap { $0.attributes["id"] })
    for figure in page.all("figure") {
      #expect(ids.contains(figure.attributes["aria-labelledby"] ?? ""))
    }
    #expect(page.all("figure").count == page.all("figcaption").count && !page.all("figure").isEmpty)
    #expect(page.all("figcaption").allSatisfy { $0.content.count > 20 })
    for chart in page.elements where chart.attributes["data-chart"] != nil {
      let name = chart.attributes["data-chart"] ?? ""
      #expect(chart.attributes["role"] == "img" && (chart.attributes["aria-label"] ?? "").count > 30)
      let script = try #require(page.all("script").first { $0.attributes["id"] == "chart-\(name)" })
      _ = try JSONDecoder().decode(VegaLiteSpecification.self, from: Data(script.content.utf8))
    }
    for link in page.all("a") { #expect(ids.contains(String((link.attributes["href"] ?? "").dropFirst()))) }
    #expect(page.all("img").allSatisfy { !($0.attributes["alt"] ?? "").isEmpty })
    // Nothing is loaded from elsewhere.
    for element in page.elements {
      for key in ["src", "href"] {
        let value = element.attributes[key] ?? "#"
        #expect(value.hasPrefix("#") || value.hasPrefix("data:"), "\(element.name) \(value.prefix(60))")
      }
    }
    return page
  }

  @Test func aFlowHasAllItsParts() throws {
    try withRun("nsf", table("a,b,c", columns: 3, rows: 300), settings: Self.quickFlow) { run, _ in
      let report = try RunReport(of: run)
      let page = try check(report)
      #expect(
        report.sections.map(\.id) == ["training", "columns", "pairs", "codes", "scores"])
      #expect(
        report.charts.map(\.name) == [
          "loss", "column-1", "column-2", "column-3", "pairs", "quantiles",
          "calibration", "scores",
        ])
      let text = report.summary.joined(separator: "\n")
      #expect(text.contains("On 30 rows that it was not trained on") && text.contains("On 270 rows"))
      #expect(page.all("h2").map(\.content).first == "Summary")
      #expect(report.provenance.contains { $0.name == "rows" && $0.value == "270 trained on, 30 held out" })
    }
  }

  @Test func theSameRunHasTheSameBytes() throws {
    try withRun("gmm", table("a,b", columns: 2, rows: 200), settings: ["configuration.components=2"]) { run, _ in
      let pages = try (0..<2).map { _ in try RunReport(of: run).html() }
      #expect(pages[0] == pages[1])
      let other = try RunReport(of: run, options: ReportOptions(seed: 1)).html()
      #expect(other != pages[0])
    }
  }

  @Test func hostileColumnNamesStayText() throws {
    let names = [
      "</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a'b&c<!--", "\u{2028}\u{202E}π 😀",
    ]
    let header = names.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
    for model in ["gmm", "density-tree", "gaussian"] {
      let settings = model == "gmm" ? ["configuration.components=2"] : []
      try withRun(model, table(header, columns: 4, rows: 120), settings: settings) { run, _ in
        let report = try RunReport(of: run)
        let page = try check(report)
        #expect(page.all("img").isEmpty && page.all("b").isEmpty)
        // Two of the page, the looks, and one a chart.
        #expect(page.all("script").count == 3 + report.charts.count)
        let titles = page.all("h3").map(\.content)
        #expect(titles.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(!titles.joined().contains("\u{202E}"))
        let drawn = report.charts.map { String(decoding: (try? $0.specification.json()) ?? Data(), as: UTF8.self) }
        #expect(drawn.contains { $0.contains("</script><script>alert(1)</script>") })
      }
    }
  }

  @Test func dataThatHaveGoneAreAGapAndNotAnError() throws {
    try withRun("nsf", table("a,b", columns: 2, rows: 200), settings: Self.quickFlow) { run, data in
      try FileManager.default.removeItem(at: data)
      let report = try RunReport(of: run)
      #expect(
        report.summary.contains { $0.contains("There are no data to hold it against") && $0.contains("data.csv") })
      #expect(report.sections.map(\.id) == ["training", "columns", "density", "scores"])
      _ = try check(report)
      // A table that was named must be there.
      #expect(throws: (any Error).self) { try RunReport(of: run, data: data.path) }
    }
  }

  @Test func aModelWithoutDataHasAReport() throws {
    try withRun("gaussian", table("a,b", columns: 2, rows: 100)) { run, _ in
      var (model, description) = try run.loadModel()
      description.data.path = ""
      try ModelFile.save(model, description, to: run.model)
      (model, description) = try run.loadModel()
      let report = try RunReport(of: run)
      #expect(report.summary.contains { $0.contains("was not fitted to a table") })
      #expect(report.sections.map(\.id) == ["columns", "density", "scores"])
      _ = try check(report)
    }
  }

  @Test func aModelOfATargetShowsItsModes() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = try FitSettings(model: "real-nvp", data: DataSettings(path: "four-modes"), objective: .reverse)
    for setting in [
      "training.maximumEpochs=2", "configuration.couplings.layers=2", "training.batchSize=32",
      "objective.reverse-kl.stepsPerEpoch=5", "objective.reverse-kl.diagnosisDraws=500",
    ] { settings = try settings.setting(setting) }
    let run = RunFolder(folder.path)
    _ = try ModelFit(settings, into: run).run()
    // As it would be for a model that went to two of the four.
    var (model, description) = try run.loadModel()
    let found = try #require(description.diagnosis?.modes)
    #expect(found.count == 4)
    for index in 0..<2 { description.diagnosis?.modes[index].modelShare = Estimate(0, standardError: 0) }
    for index in 2..<4 { description.diagnosis?.modes[index].modelShare = Estimate(0.5, standardError: 0.01) }
    try ModelFile.save(model, description, to: run.model)
    (model, description) = try run.loadModel()
    let report = try RunReport(of: run)
    #expect(report.summary.contains { $0.contains("fitted to the target four-modes, which has no data") })
    #expect(report.summary.contains("It misses 2 of the 4 modes that were found."))
    #expect(report.sections.map(\.id) == ["training", "modes", "columns", "density", "scores"])
    let rows = try #require(report.sections.first { $0.id == "modes" }?.tables.first?.rows)
    #expect(rows.map { $0[1] } == ["missed", "missed", "covered", "covered"])
    _ = try check(report)
  }

  @Test func dataThatHaveChangedAreSaidToHave() throws {
    try withRun("nsf", table("a,b", columns: 2, rows: 200), settings: Self.quickFlow) { run, data in
      try Data(table("a,b", columns: 2, rows: 150).utf8).write(to: data)
      let report = try RunReport(of: run)
      #expect(report.summary.contains { $0.contains("changed since the fit: it had 200 rows then and has 150 now") })
      #expect(!report.summary.contains { $0.contains("not trained on") })
    }
  }

  @Test func rowsKeepTheirNumbersAndOutliersAreFound() throws {
    var lines = table("a,b", columns: 2, rows: 150).split(separator: "\n").map(String.init)
    lines[57] = "30,-40"
    lines.insert(",1", at: 10)
    let settings = ["configuration.components=1", "data.missing=drop"]
    try withRun("gmm", lines.joined(separator: "\n") + "\n", settings: settings) { run, _ in
      let report = try RunReport(of: run)
      let table = try #require(report.sections.first { $0.id == "scores" }?.tables.first)
      // The header is line 0, and a row with a missing cell stands before.
      #expect(table.rows.first?.first == "58")
      #expect(table.rows.first?[2...] == ["30", "-40"])
    }
  }

  @Test func otherTablesAreHeldAgainstIt() throws {
    try withRun("gaussian", table("a,b", columns: 2, rows: 200)) { run, data in
      let other = data.deletingLastPathComponent().appending(path: "other.csv")
      let lines = (0..<50).map { "\(Double($0) / 10),\(Double($0 * 37 % 50) / 5 + 40)" }
      try Data((["b,a"] + lines).joined(separator: "\n").utf8).write(to: other)
      let report = try RunReport(of: run, data: other.path)
      #expect(report.summary.contains { $0.contains("differ from the data beyond noise in 2 of 2 columns") })
      #expect(report.summary.contains { $0.contains("On 50 rows of") })
      #expect(
        report.summary.contains { $0.contains("are not standard normal") || $0.contains("is not standard normal") })
    }
  }

  @Test(arguments: [
    ("density-tree", 2, "boxes"), ("histogram", 1, "calibration"), ("kde", 1, "calibration"),
    ("markov", 2, "series-1"), ("autoregressive", 2, "calibration"), ("gmm", 2, "components"),
    ("bayesian-gmm", 2, "components"), ("gaussian", 2, "quantiles"),
  ])
  func eachKindOfModelHasItsFigure(model: String, columns: Int, figure: String) throws {
    let names = (0..<columns).map { "c\($0)" }.joined(separator: ",")
    let settings = model.hasSuffix("gmm") ? ["configuration.components=2", "configuration.starts=1"] : []
    try withRun(model, table(names, columns: columns, rows: 150), settings: settings) { run, _ in
      let report = try RunReport(of: run)
      #expect(report.charts.map(\.name).contains(figure))
      _ = try check(report)
      #expect(
        report.text(TerminalStyle(width: 60)).split(separator: "\n").allSatisfy { $0.count <= 60 || !$0.contains(" ") })
    }
  }

  @Test func imagesAreShown() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: folder) }
    let settings = try FitSettings(model: "gaussian", data: DataSettings(path: "digits", dequantize: ["*"]))
    _ = try ModelFit(settings, into: RunFolder(folder.path)).run()
    let report = try RunReport(of: RunFolder(folder.path), options: ReportOptions(mostRows: 100))
    let page = try check(report)
    #expect(page.all("img").count == 2)
    let sources = page.all("img").compactMap { $0.attributes["src"]?.split(separator: ",").last }
    for source in sources {
      let picture = try DecodedPNG(try #require(Data(base64Encoded: String(source))))
      #expect(picture.width == 8 * 9 + 1 && picture.height == 8 * 9 + 1)
    }
  }

  @Test func aVerificationIsAPartOfItsOwn() throws {
    try withRun("gaussian", table("a,b", columns: 2, rows: 100)) { run, _ in
      let checks = Verification(checks: [
        Verification.Check("inverse", .passed, measured: 1e-7, limit: 1e-4, finding: "x comes back <from> z."),
        Verification.Check("normalization", .failed, measured: 1.5, limit: 0.01, finding: "The mass is 1.5."),
        Verification.Check("memory", .skipped, finding: "No data."),
      ])
      let report = try RunReport(of: run, verification: checks)
      let page = try check(report)
      let section = try #require(page.all("section").first { $0.attributes["id"] == "verification" })
      #expect(
        section.content.contains("failed: do not trust it") && section.content.contains("x comes back &lt;from&gt; z."))
      #expect(
        page.all("span").map { $0.attributes["class"] ?? "" }.filter { $0.hasPrefix("outcome") }
          == ["outcome passed", "outcome failed", "outcome skipped"])
      #expect(report.text(TerminalStyle()).contains("failed: normalization. The mass is 1.5."))
      let unchecked = try RunReport(of: run).text(TerminalStyle())
      #expect(!unchecked.contains("normalization"))
    }
  }

  @Test func partsCanBeAdded() throws {
    try withRun("gaussian", table("a,b", columns: 2, rows: 100)) { run, _ in
      var report = try RunReport(of: run)
      let chart = VegaLiteSpecification.lines([NamedLine("a", x: [0, 1], y: [1, 0])], x: "x", y: "y")
      report.sections.append(
        ReportSection(
          "modes", "Modes",
          figures: [ReportFigure("modes", "Modes", reading: "A line of a mode is enough.", .chart(chart))]))
      #expect(try check(report).all("h2").contains { $0.content == "Modes" })
    }
  }
}

@Suite struct HTMLTextTests {
  @Test func nothingIsMarkup() {
    #expect(HTMLText.escaped("<a href=\"x\" & 'y'>") == "&lt;a href=&quot;x&quot; &amp; &#39;y&#39;&gt;")
    #expect(HTMLText.escaped("a\u{0}\u{1B}\u{202E}b\tü") == "a\u{FFFD}\u{FFFD}\u{FFFD}b\tü")
  }

  @Test func scriptsHoldTheSameValues() throws {
    let text = "</script><!-- & \u{2028}\u{2029} \\u003c"
    let json = String(decoding: try JSONEncoder().encode([text]), as: UTF8.self)
    let safe = HTMLText.script(json: json)
    #expect(!safe.contains("<") && !safe.contains("&") && !safe.contains("\u{2028}"))
    #expect(try JSONDecoder().decode([String].self, from: Data(safe.utf8)) == [text])
  }
}
