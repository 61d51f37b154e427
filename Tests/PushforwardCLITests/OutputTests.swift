import Foundation
import Testing

/// What commands write, and what they leave alone.
@Suite struct OutputTests {
  @Test func filesAreReplacedOnlyWhenToldSo() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      #expect(try program.run("fit", "gaussian", "data.csv", "--out", "a", "-q").code == 0)
      let cases: [(name: String, arguments: [String])] = [
        ("s.csv", ["sample", "a", "-n", "5"]), ("s.npy", ["sample", "a", "-n", "5"]),
        ("l.csv", ["score", "a", "data.csv"]),
        ("r.html", ["report", "a"]), ("p.vl.json", ["plot", "data.csv", "--x", "height"]),
      ]
      for (name, arguments) in cases {
        let url = try program.file(name, "mine")
        let refused = try program.run(arguments + ["-o", name])
        #expect(refused.code == 64 && refused.errors.contains("\(name) is there already"), "\(refused.errors)")
        #expect(try String(contentsOf: url, encoding: .utf8) == "mine")
        let replaced = try program.run(arguments + ["-o", name, "--overwrite"])
        let size = try Data(contentsOf: url).count
        #expect(replaced.code == 0 && size > 10, "\(replaced.errors)")
      }
      // What stands in the run is written anew.
      #expect(try program.run("report", "a").code == 0)
      let charts = ["report", "a", "--format", "vl.json"]
      #expect(try program.run(charts).code == 0 && program.run(charts).code == 0)
      #expect(
        try program.run(charts + ["-o", "charts"]).code == 0 && program.run(charts + ["-o", "charts"]).code == 64)
    }
  }

  /// Columns of text come back as text, in the order of the table, so that samples can be scored.
  @Test func encodedColumnsComeBackAsText() throws {
    try withProgram { program in
      let rows = (0..<120).map { "\(Double($0 * 37 % 120) / 10),\(["red, dark", "blue"][$0 % 2]),\(Double($0) / 7)" }
      let quoted = rows.map { $0.replacing("red, dark", with: "\"red, dark\"") }
      try program.file("data.csv", "a,colour,b\n" + quoted.joined(separator: "\n") + "\n")
      let fit = try program.run("fit", "gmm", "data.csv", "--one-hot", "colour", "--dequantize", "colour", "--out", "a")
      #expect(fit.code == 0, "\(fit.errors)")
      let printed = try program.run("sample", "a", "-n", "50")
      let lines = printed.output.split(separator: "\n")
      #expect(lines.first == "a,colour,b" && lines.count == 51)
      #expect(lines.dropFirst().allSatisfy { $0.contains(",\"red, dark\",") || $0.contains(",blue,") })
      #expect(printed.output.contains("blue") && printed.output.contains("dark"))
      for name in ["new.csv", "new.parquet"] {
        #expect(try program.run("sample", "a", "-n", "50", "-o", name).code == 0)
        let score = try program.run("score", "a", name)
        #expect(score.code == 0 && score.output.contains("mean of 50 rows"), "\(score.errors)")
      }
      let array = try program.run("sample", "a", "-o", "new.npy")
      #expect(array.code == 65 && array.errors.contains("'colour'"), "\(array.errors)")
    }
  }

  @Test func samplesAreWrittenAsAnArray() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      #expect(try program.run("fit", "gaussian", "data.csv", "--out", "a", "-q", "--no-report").code == 0)
      #expect(try program.run("sample", "a", "-n", "20000", "-o", "new.npy").code == 0)
      let score = try program.run("score", "a", "new.npy", "--json")
      #expect(score.code == 65 && score.errors.contains("height"))
      #expect(try Data(contentsOf: program.folder.appending(path: "new.npy")).count == 20_000 * 2 * 8 + 128)
    }
  }

  /// Under a mixture a row with missing cells has the density of the others; its mean stands apart.
  @Test func missingCellsHaveTheDensityOfTheOthers() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 200))
      #expect(try program.run("fit", "gmm", "data.csv", "--out", "a", "-q", "--no-report").code == 0)
      #expect(
        try program.run(
          "fit", "gmm", "data.csv", "--columns", "height", "--out", "b", "-q", "--no-report", "--set",
          "configuration.components=1"
        ).code == 0)
      try program.file("holes.csv", "height,weight\n1.5,\n,\n1.5,3.5\n")
      let outcome = try program.run("score", "a", "holes.csv", "-o", "scores.csv")
      #expect(outcome.code == 0 && outcome.output.contains("mean of 1 rows"), "\(outcome.errors)")
      #expect(
        outcome.errors.contains("1 more rows have missing cells") && outcome.errors.contains("1 rows with missing"))
      let scores = try String(contentsOf: program.folder.appending(path: "scores.csv"), encoding: .utf8)
        .split(separator: "\n").dropFirst().map(String.init)
      #expect(
        Double(scores[0])?.isFinite == true && Double(scores[1])?.isFinite != true
          && Double(scores[2])?.isFinite == true)
      // A model of one column that is as good as the marginal one has nearly its density.
      try program.file("one.csv", "height\n1.5\n1.5\n")
      #expect(try program.run("score", "b", "one.csv", "-o", "one-scores.csv").code == 0)
      let single = try String(contentsOf: program.folder.appending(path: "one-scores.csv"), encoding: .utf8)
        .split(separator: "\n").dropFirst().compactMap { Double($0) }
      #expect(abs((Double(scores[0]) ?? .nan) - single[0]) < 0.15)
      // Models that cannot say so nothing of such rows.
      #expect(try program.run("fit", "density-tree", "data.csv", "--out", "c", "-q", "--no-report").code == 0)
      let tree = try program.run("score", "c", "holes.csv", "--json")
      #expect(tree.output.contains("\"missing\":2") && tree.output.contains("\"incomplete\":0"), "\(tree.output)")
    }
  }

  /// Ctrl-C in a fit that computes everything at once.
  @Test func anInterruptedComputationLeavesNothing() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 20_000))
      let folder = program.folder.appending(path: "runs/a")
      let arguments = ["fit", "gmm", "data.csv", "--out", "runs/a", "--set", "configuration.components=40"]
      let outcome = try program.run(arguments) { process in
        waitForFile(folder)
        process.interrupt()
      }
      #expect(outcome.code == 130 && outcome.errors.contains("interrupted; nothing was saved"), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
  }
}
