import Datasets
import Foundation
import Testing
import Torch

@Suite struct ConditionalTests {
  /// A number around a curve of the dose, its spread growing with it, higher for one of two groups.
  private func table(rows: Int, seed: UInt64) -> String {
    var rng = RandomGenerator(seed: seed)
    let lines = (0..<rows).map { row -> String in
      let dose = Double.random(in: 0...2, using: &rng)
      let noise = (0..<3).map { _ in Double.random(in: -1...1, using: &rng) }.reduce(0, +)
      let group = row % 3 == 0 ? "treated" : "control"
      return "\(dose),\(group),\(dose * dose + (row % 3 == 0 ? 1 : 0) + (0.1 + 0.3 * dose) * noise)"
    }
    return "dose,group,y\n" + lines.joined(separator: "\n") + "\n"
  }

  private let quick = ["--set", "training.maximumEpochs=15", "--set", "configuration.couplings.layers=2", "--quiet"]

  @Test func aConditionalModelIsFittedAskedAndChecked() throws {
    try withProgram { program in
      try program.file("data.csv", table(rows: 600, seed: 1))
      try program.file("new.csv", table(rows: 300, seed: 2))
      let fit = try program.run(["fit", "nsf", "data.csv", "--given", "dose,group", "--out", "a"] + quick)
      #expect(fit.code == 0, "\(fit.errors)")
      let page = try String(contentsOf: program.folder.appending(path: "a/report.html"), encoding: .utf8)
      #expect(page.contains("given dose, group") && page.contains("Coverage of intervals"))

      let score = try program.run("score", "a", "new.csv", "--json", "-o", "scores.csv")
      let result = try JSONDecoder().decode([String: Double].self, from: Data(score.output.utf8))
      #expect(score.code == 0 && result["rows"] == 300 && (result["standard_error"] ?? 0) > 0, "\(score.errors)")

      let one = try program.run("sample", "a", "--given", "dose=0.5,group=treated", "-n", "4")
      #expect(one.code == 0, "\(one.errors)")
      let lines = one.output.split(separator: "\n")
      #expect(lines.first == "y,dose,group" && lines.count == 5)
      #expect(lines.dropFirst().allSatisfy { $0.hasSuffix(",0.5,treated") })

      let many = try program.run("sample", "a", "--given-rows", "new.csv", "-n", "2", "-o", "draws.csv", "--quiet")
      #expect(many.code == 0, "\(many.errors)")
      let options = TableOptions(columns: ["dose"], dtype: .float64)
      let drawn = try Table(contentsOf: program.folder.appending(path: "draws.csv").path, options: options).values
      let asked = try Table(contentsOf: program.folder.appending(path: "new.csv").path, options: options).values
      #expect(drawn.isEqual(to: asked.repeatingEach(2, 0)))

      let verify = try program.run("verify", "a", "--draws", "1000", "--data", "new.csv")
      #expect(verify.code == 0, "\(verify.output)\(verify.errors)")
      #expect(verify.output.contains("calibration") && verify.output.contains("of 3 conditions"))

      #expect(
        try program.run(["fit", "real-nvp", "data.csv", "--given", "dose,group", "--out", "b"] + quick).code == 0)
      let compare = try program.run("compare", "a", "b", "--data", "new.csv", "--json")
      #expect(compare.code == 0 && compare.output.contains("difference_to_best"), "\(compare.errors)")
    }
  }

  @Test func predictionsComeWithIntervalsAndScores() throws {
    try withProgram { program in
      try program.file("data.csv", table(rows: 600, seed: 1))
      try program.file("new.csv", table(rows: 300, seed: 2))
      #expect(try program.run(["fit", "nsf", "data.csv", "--given", "dose,group", "--out", "a"] + quick).code == 0)
      let predict = try program.run("predict", "a", "new.csv", "-o", "p.csv", "--interval", "0.8")
      #expect(predict.code == 0, "\(predict.errors)")
      for words in ["in the 80 % interval", "CRPS", "RMSE", "PIT", "log p = "] {
        #expect(predict.output.contains(words), "\(predict.output)")
      }
      let table = try Table(contentsOf: program.folder.appending(path: "p.csv").path)
      #expect(
        table.rowCount == 300
          && table.columnNames == ["y_mean", "y_median", "y_lower", "y_upper", "y", "y_crps", "y_pit", "log_prob"])
      let columns = try table.columns(["y_lower", "y_median", "y_upper"])
      #expect(
        (columns[.all, .at(0)] .< columns[.all, .at(1)]).all() && (columns[.all, .at(1)] .< columns[.all, .at(2)]).all()
      )
      // The log-densities are those of score.
      _ = try program.run("score", "a", "new.csv", "-o", "s.csv")
      let scores = try Table(contentsOf: program.folder.appending(path: "s.csv").path).columns(["log_prob"])
      #expect(((try table.columns(["log_prob"]) - scores).absolute().max().item() as Double) < 1e-4)

      // Without the truth there are predictions, but no scores.
      let lines = try String(contentsOf: program.folder.appending(path: "new.csv"), encoding: .utf8).split(
        separator: "\n")
      try program.file(
        "rows.csv",
        lines.prefix(4).map { $0.split(separator: ",").prefix(2).joined(separator: ",") }
          .joined(separator: "\n"))
      let blind = try program.run("predict", "a", "rows.csv")
      #expect(blind.code == 0 && blind.output.hasPrefix("y_mean,y_median,y_lower,y_upper\n"), "\(blind.errors)")
      #expect(blind.errors.contains("no scores, as") && blind.output.split(separator: "\n").count == 4)
    }
  }

  @Test func questionsThatCannotBeAnsweredAreRefusedInWords() throws {
    try withProgram { program in
      try program.file("data.csv", table(rows: 100, seed: 1))
      let short = ["--set", "training.maximumEpochs=1", "--quiet", "--no-report"]
      #expect(
        try program.run(["fit", "real-nvp", "data.csv", "--given", "dose,group", "--out", "a"] + short).code == 0)
      #expect(
        try program.run(["fit", "real-nvp", "data.csv", "--columns", "dose,y", "--out", "b"] + short).code == 0)
      try program.file("seen.csv", "dose,group,y\n1,placebo,2\n")
      try program.file("gap.csv", "dose,group\n1,control\n,treated\n")
      for (arguments, code, words) in [
        (["sample", "a"], 64, "add --given dose=NUMBER,group=control, or --given-rows"),
        (["sample", "a", "--given", "dose=1"], 64, "no value is given for 'group'"),
        (["sample", "b", "--given", "dose=1"], 64, "cannot take conditions"),
        (["predict", "b", "data.csv"], 64, "cannot take conditions"),
        (["score", "a", "seen.csv"], 65, "'placebo' is not among the categories"),
        (["sample", "a", "--given-rows", "gap.csv"], 65, "row 2"),
        (["predict", "a", "gap.csv"], 65, "column 'dose'"),
        (["compare", "a", "b", "--data", "data.csv"], 65, "compare models of the same"),
        (["predict", "a", "data.csv", "--interval", "1.5"], 64, "--interval must be between 0 and 1"),
        (["fit", "kde", "data.csv", "--given", "dose,group", "--out", "c"], 64, "cannot be conditioned"),
      ] as [([String], Int32, String)] {
        let outcome = try program.run(arguments)
        #expect(outcome.code == code && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
      }
    }
  }
}
