import Foundation
import Testing

@Suite struct ReportCommandTests {
  @Test func aFitLeavesAReportUnlessToldNot() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 200))
      let report = program.folder.appending(path: "a/report.html")
      let fit = try program.run("fit", "gaussian", "data.csv", "--out", "a")
      #expect(fit.code == 0 && fit.errors.contains("report.html"), "\(fit.errors)")
      #expect(try String(contentsOf: report, encoding: .utf8).contains("<h1>Report of a</h1>"))
      let again = try program.run("fit", "gaussian", "data.csv", "--out", "a", "--overwrite", "--no-report")
      #expect(again.code == 0 && !again.errors.contains("report.html"))
      #expect(!FileManager.default.fileExists(atPath: report.path))

      let outcome = try program.run("report", "a")
      #expect(outcome.code == 0 && outcome.errors.contains("Wrote a/report.html"), "\(outcome.errors)")
      let page = try Data(contentsOf: report)
      #expect(try program.run("report", "a", "-o", "other.html", "--quiet").errors.isEmpty)
      #expect(try Data(contentsOf: program.folder.appending(path: "other.html")) == page)
    }
  }

  /// A program that was moved without its resources fits, and says what the report lacks.
  @Test func aReportThatCannotBeWrittenDoesNotMakeAFitFail() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      let moved = program.folder.appending(path: "pushforward")
      try FileManager.default.copyItem(at: Program.executable, to: moved)
      let fit = try program.run(["fit", "gaussian", "data.csv", "--out", "a"], executable: moved)
      #expect(fit.code == 0 && fit.errors.contains("pushforward_Reports.resources"), "\(fit.errors)")
      #expect(fit.errors.contains("Saved in a") && !fit.errors.contains("report.html"))
      let report = try program.run(["report", "a"], executable: moved)
      #expect(report.code == 74 && report.errors.contains("pushforward_Reports.resources"))
      // With them it works.
      let name = "pushforward_Reports.resources"
      try FileManager.default.copyItem(
        at: Program.executable.deletingLastPathComponent().appending(path: name),
        to: program.folder.appending(path: name))
      #expect(try program.run(["report", "a"], executable: moved).code == 0)
    }
  }

  @Test func reportsGoToTheTerminal() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      #expect(try program.run("fit", "gaussian", "data.csv", "--out", "a", "--no-report", "-q").code == 0)
      let outcome = try program.run("report", "a", "--terminal")
      #expect(outcome.code == 0 && outcome.output.contains("Report of a") && outcome.output.contains("height"))
      #expect(!FileManager.default.fileExists(atPath: program.folder.appending(path: "a/report.html").path))
      #expect(try program.run("report", "a", "--terminal", "-o", "x.html").code == 64)
    }
  }

  @Test func aReportHoldsTheChecksOfTheModelWhenAsked() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 200))
      #expect(try program.run("fit", "gaussian", "data.csv", "--out", "a", "--no-report", "-q").code == 0)
      let outcome = try program.run("report", "a", "--verify")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let page = try String(contentsOf: program.folder.appending(path: "a/report.html"), encoding: .utf8)
      #expect(page.contains("id=\"verification\"") && page.contains("class=\"outcome passed\""))
    }
  }

  @Test func singleChartsAreWritten() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      #expect(try program.run("fit", "gaussian", "data.csv", "--out", "a", "--no-report", "-q").code == 0)
      let outcome = try program.run("report", "a", "--format", "vl.json", "-o", "charts")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let files = try FileManager.default.contentsOfDirectory(atPath: program.folder.appending(path: "charts").path)
      #expect(Set(files).isSuperset(of: ["column-1.vl.json", "pairs.vl.json", "scores.vl.json"]))
    }
  }

  @Test func wrongReportsHaveTheirCodes() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      #expect(try program.run("report", "nothing").code == 74)
      #expect(try program.run("fit", "gaussian", "data.csv", "--out", "a", "--no-report", "-q").code == 0)
      let missing = try program.run("report", "a", "--data", "gone.csv")
      #expect(missing.code == 74 && missing.errors.contains("gone.csv"), "\(missing.errors)")
      try program.file("other.csv", "x\n1\n2\n")
      #expect(try program.run("report", "a", "--data", "other.csv").code == 65)
    }
  }
}

@Suite struct PlotCommandTests {
  private func withTable(_ body: (Program) throws -> Void) throws {
    try withProgram { program in
      let rows = (0..<90).map {
        "\(Double($0 * 37 % 90) / 10),\(Double($0) / 7),\(["red", "blue", "green"][$0 % 3]),\($0 % 2)"
      }
      try program.file("data.csv", "a,b,kind,flag\n" + rows.joined(separator: "\n") + "\n")
      try body(program)
    }
  }

  private func specification(_ program: Program, _ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: program.folder.appending(path: name))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func eachKindIsDrawn() throws {
    try withTable { program in
      let cases: [[String]] = [
        ["--x", "a"], ["--x", "a", "--kind", "density"], ["--x", "a", "--y", "b"],
        ["--x", "a", "--y", "b", "--kind", "line"],
        ["--x", "a", "--y", "b", "--kind", "density"], ["--x", "a", "--color", "kind"],
        ["--x", "a", "--y", "b", "--color", "kind"], ["--x", "a", "--y", "b", "--color", "flag"],
      ]
      for options in cases {
        let outcome = try program.run(["plot", "data.csv", "-o", "c.vl.json", "--overwrite"] + options)
        #expect(outcome.code == 0, "\(options): \(outcome.errors)")
        let text = String(
          decoding: try JSONSerialization.data(withJSONObject: specification(program, "c.vl.json")), as: UTF8.self)
        #expect(text.contains("config"))
        if options.contains("kind"), options.contains("--color") {
          #expect(text.contains("\"red\"") && text.contains("\"green\""), "\(options)")
        }
        let terminal = try program.run(["plot", "data.csv", "--terminal"] + options)
        #expect(terminal.code == 0 && terminal.output.split(separator: "\n").count > 5, "\(options)")
      }
      let page = try program.run("plot", "data.csv", "--x", "a")
      #expect(page.code == 0 && page.errors.contains("Wrote plot.html"))
      #expect(
        try String(contentsOf: program.folder.appending(path: "plot.html"), encoding: .utf8).contains("data-chart"))
    }
  }

  @Test func wrongPlotsSayWhatIsWrong() throws {
    try withTable { program in
      let cases: [([String], Int32, String)] = [
        (["--x", "c"], 65, "'c'"), (["--x", "kind"], 64, "only --color takes"),
        (["--x", "a", "--color", "b"], 64, "90 different values"),
        (["--x", "a", "--kind", "line"], 64, "needs --y"),
        (["--x", "a", "--y", "b", "--kind", "histogram"], 64, "no --y"),
        (["--x", "a", "-o", "c.pdf"], 64, "c.pdf"), ([], 64, "--x"),
      ]
      for (options, code, words) in cases {
        let outcome = try program.run(["plot", "data.csv"] + options)
        #expect(outcome.code == code && outcome.errors.contains(words), "\(options): \(outcome.code) \(outcome.errors)")
      }
    }
  }
}
