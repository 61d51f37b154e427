import Datasets
import Foundation
import Testing
import Torch

@Suite struct EndToEndTests {
  @Test func aTableIsFittedSampledAndScored() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 300))
      let fit = try program.run(["fit", "nsf", "data.csv", "--out", "runs/a"] + quickFit)
      #expect(fit.code == 0, "\(fit.errors)")
      #expect(fit.errors.contains("Saved in runs/a"))
      let files = try FileManager.default.contentsOfDirectory(atPath: program.folder.appending(path: "runs/a").path)
      #expect(Set(files) == ["model.safetensors", "settings.yaml", "metrics.jsonl", "report.html"])

      let score = try program.run("score", "runs/a", "data.csv", "-o", "scores.csv", "--json")
      #expect(score.code == 0, "\(score.errors)")
      let result = try JSONDecoder().decode([String: Double].self, from: Data(score.output.utf8))
      let scores = try Table(contentsOf: program.folder.appending(path: "scores.csv").path).values.doubles()
      #expect(result["rows"] == 300 && scores.count == 300)
      #expect(abs((result["mean_log_prob"] ?? .nan) - scores.reduce(0, +) / 300) < 1e-5)

      for name in ["new.csv", "new.tsv", "new.jsonl", "new.parquet", "new.feather", "new.csv.gz"] {
        let sample = try program.run("sample", "runs/a", "-n", "17", "--seed", "7", "-o", name)
        #expect(sample.code == 0, "\(name): \(sample.errors)")
        let table = try Table(contentsOf: program.folder.appending(path: name).path)
        #expect(table.rowCount == 17 && table.columnNames == ["height", "weight"], "\(name)")
      }
    }
  }

  @Test func theSameSeedGivesTheSameBytesAndAnotherSeedOthers() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 200))
      for (name, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
        let fit = try program.run(["fit", "real-nvp", "data.csv", "--out", name, "--seed", seed, "--quiet"] + quickFit)
        #expect(fit.code == 0 && fit.errors.isEmpty && fit.output.isEmpty, "\(fit.errors)")
      }
      let draws = try ["a", "b", "c"].map { try program.run("sample", $0, "-n", "5", "--seed", "3").output }
      #expect(draws[0] == draws[1])
      #expect(draws[0] != draws[2])
      #expect(try program.run("sample", "a", "-n", "5", "--seed", "4").output != draws[0])
    }
  }

  @Test func anInterruptedFitResumesToTheSameModel() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 400))
      let options = ["--set", "training.maximumEpochs=60", "--set", "training.batchSize=64", "--threads", "1"]
      #expect(try program.run(["fit", "nsf", "data.csv", "--out", "whole", "--quiet"] + options).code == 0)
      let stopped = try program.run(["fit", "nsf", "data.csv", "--out", "parts"] + options) { process in
        waitForFile(program.folder.appending(path: "parts/metrics.jsonl"))
        process.interrupt()
      }
      #expect(stopped.code == 130, "\(stopped.errors)")
      #expect(stopped.errors.contains("pushforward resume parts"))
      let unfinished = try program.run("sample", "parts")
      #expect(unfinished.code == 74 && unfinished.errors.contains("not finished"))
      let resumed = try program.run("resume", "parts")
      #expect(resumed.code == 0, "\(resumed.errors)")
      let draws = try ["whole", "parts"].map { try program.run("sample", $0, "-n", "20").output }
      #expect(draws[0] == draws[1])
    }
  }

  @Test func settingsFilesAndAssignmentsAreHeeded() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      let defaults = try program.run("models", "nsf")
      #expect(defaults.code == 0 && defaults.output.contains("learningRate: 0.001"))
      try program.file("s.yaml", defaults.output.replacing("maximumEpochs: 500", with: "maximumEpochs: 1"))
      let fit = try program.run(
        "fit", "nsf", "data.csv", "--out", "a", "--config", "s.yaml", "--set", "training.schedule=cosine", "--set",
        "configuration.couplings.network.residual={hiddenFeatures: 16, blocks: 1}", "--set", "training.batchSize=10")
      #expect(fit.code == 0, "\(fit.errors)")
      #expect(fit.errors.contains("Done: 1 epochs, 9 steps"))
      let kept = try String(contentsOf: program.folder.appending(path: "a/settings.yaml"), encoding: .utf8)
      #expect(kept.contains("residual:") && kept.contains("cosine:") && kept.contains("batchSize: 10"))
    }
  }

  @Test func discreteColumnsComeBackOnTheirGrid() throws {
    try withProgram { program in
      let rows = (0..<200).map { "\($0 % 7),\(Double($0 * $0 % 101) / 10 + Double($0) / 1000)" }
      try program.file("data.csv", "count,size\n" + rows.joined(separator: "\n"))
      let fit = try program.run(["fit", "nsf", "data.csv", "--out", "a", "--dequantize", "count"] + quickFit)
      #expect(fit.code == 0, "\(fit.errors)")
      #expect(!fit.errors.contains("'count'"))
      _ = try program.run("sample", "a", "-n", "50", "-o", "new.csv")
      let counts = try Table(contentsOf: program.folder.appending(path: "new.csv").path).columns(["count"]).doubles()
      #expect(counts.allSatisfy { $0 == $0.rounded() && (0...6).contains($0) })
    }
  }

  @Test func columnsOfLargeNumbersKeepTheirDifferences() throws {
    try withProgram { program in
      // Seconds since 1970 within half an hour: 32-bit numbers there are 128 apart.
      let rows = (0..<400).map { "\(1_700_000_000 + ($0 * 7919) % 2000),\(Double($0 % 97) / 97)" }
      try program.file("data.csv", "time,x\n" + rows.joined(separator: "\n"))
      let fit = try program.run(["fit", "nsf", "data.csv", "--out", "a"] + quickFit)
      #expect(fit.code == 0, "\(fit.errors)")
      _ = try program.run("sample", "a", "-n", "400", "-o", "new.parquet")
      let options = TableOptions(columns: ["time"], dtype: .float64)
      let path = program.folder.appending(path: "new.parquet").path
      let times = try Table(contentsOf: path, options: options).values
      #expect(
        abs(times.mean().item() - 1_700_001_000) < 500 && (200...1200).contains(times.standardDeviation(0).item()))
      let score = try program.run("score", "a", "data.csv", "--json")
      let mean = try JSONDecoder().decode([String: Double].self, from: Data(score.output.utf8))["mean_log_prob"]
      // The density of uniform columns would be -log(2000).
      #expect(abs((mean ?? .nan) + 7.6) < 1)
    }
  }

  @Test func rowsWithoutADensityAreCountedAndKeepTheirPlace() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      #expect(try program.run(["fit", "nsf", "data.csv", "--out", "a"] + quickFit).code == 0)
      try program.file("holes.csv", "height,weight\n1.5,3.5\n,3\n1.4,1e38\n")
      let outcome = try program.run("score", "a", "holes.csv", "-o", "scores.csv")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("-inf"))
      #expect(outcome.errors.contains("1 rows have density 0") && outcome.errors.contains("1 rows with missing"))
      let lines = try String(contentsOf: program.folder.appending(path: "scores.csv"), encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count >= 4 && Double(lines[1]) != nil)
      let json = try program.run("score", "a", "holes.csv", "--json")
      #expect(json.code == 0 && json.output.contains("\"outside_support\":1") && json.output.contains("\"missing\":1"))
    }
  }

  @Test func aDivergingFitKeepsItsBestWeights() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 200))
      let fit = try program.run(
        "fit", "nsf", "data.csv", "--out", "a", "--set", "training.learningRate=1e18", "--set", "training.batchSize=180"
      )
      #expect(fit.code == 70, "\(fit.errors)")
      #expect(fit.errors.contains("diverged at step"))
      if fit.errors.contains("are kept") { #expect(try program.run("score", "a", "data.csv").code == 0) }
    }
  }

  @Test func standardOutputThatCannotBeWrittenIsAnError() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      #expect(try program.run(["fit", "nsf", "data.csv", "--out", "a"] + quickFit).code == 0)
      for arguments in [["models"], ["sample", "a"], ["score", "a", "data.csv"]] {
        let outcome = try program.run(arguments, outputPath: "/dev/full")
        #expect(outcome.code == 74 && outcome.errors.contains("standard output"), "\(arguments): \(outcome.errors)")
      }
    }
  }

  @Test func bundledDigitsAreDrawnAsAPicture() throws {
    try withProgram { program in
      let fit = try program.run(["fit", "real-nvp", "digits", "--out", "d"] + quickFit)
      #expect(fit.code == 0, "\(fit.errors)")
      #expect(try program.run("sample", "d", "-n", "9", "-o", "digits.png").code == 0)
      let picture = try Data(contentsOf: program.folder.appending(path: "digits.png"))
      #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]) && picture.count > 1000)
      #expect(try program.run("score", "d", "digits").code == 0)
    }
  }

  @Test func imagesHaveBitsPerDimension() throws {
    try withProgram { program in
      let small = ["configuration.steps=1", "configuration.hiddenChannels=4", "training.maximumEpochs=2"]
      let fit = try program.run(
        ["fit", "glow", "digits", "--out", "g", "--dequantize", "all"] + small.flatMap { ["--set", $0] })
      #expect(fit.code == 0, "\(fit.errors)")
      let score = try program.run("score", "g", "digits")
      #expect(score.code == 0 && score.errors.contains("bits/dim"), "\(score.errors)")
      struct Report: Decodable { let meanLogProb, bitsPerDimension: Double }
      let json = try program.run("score", "g", "digits", "--json").output
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let report = try decoder.decode(Report.self, from: Data(json.utf8))
      #expect(abs(report.bitsPerDimension + report.meanLogProb / (64 * log(2.0))) < 1e-6)
      #expect(try program.run("sample", "g", "-n", "4", "-o", "g.png").code == 0)
    }
  }

  @Test func modelsAreListedOneALine() throws {
    try withProgram { program in
      let outcome = try program.run("models")
      #expect(outcome.code == 0)
      let names = outcome.output.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
      #expect(names.count >= 3 && Set(names).count == names.count && Set(["nsf", "gaussian"]).isSubset(of: names))
      for name in names {
        #expect(try program.run("models", name).output.contains("configuration:"), "\(name)")
      }
    }
  }
}
