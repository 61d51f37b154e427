import Foundation
import Testing

@Suite struct VerifyAndCompareTests {
  @Test func aFittedModelPassesAndOtherDataFail() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 300))
      let others = (1...60).map { "\(-5000 - 50 * $0),\(9000 + 3 * $0)" }.joined(separator: "\n")
      try program.file("other.csv", "height,weight\n" + others)
      #expect(try program.run(["fit", "nsf", "data.csv", "--out", "a", "--quiet"] + quickFit).code == 0)
      let passed = try program.run("verify", "a", "--draws", "2000")
      #expect(passed.code == 0, "\(passed.output)\(passed.errors)")
      for check in ["normalization", "inverse", "log-determinant", "memorization", "edges"] {
        #expect(passed.output.contains("passed   \(check)"), "\(passed.output)")
      }
      #expect(!passed.output.contains("FAILED"))
      let failed = try program.run("verify", "a", "--draws", "2000", "--data", "other.csv", "--json")
      #expect(failed.code == 1)
      struct Report: Decodable {
        struct Check: Decodable { let name: String, outcome: String }
        let passed: Bool
        let checks: [Check]
      }
      let report = try JSONDecoder().decode(Report.self, from: Data(failed.output.utf8))
      #expect(!report.passed)
      #expect(report.checks.filter { $0.outcome == "failed" }.map(\.name) == ["codes of held-out rows"])
    }
  }

  @Test func theDataOfARunMayHaveGone() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 200))
      #expect(try program.run("fit", "gmm", "data.csv", "--out", "a", "--quiet").code == 0)
      try FileManager.default.removeItem(at: program.folder.appending(path: "data.csv"))
      let result = try program.run("verify", "a", "--draws", "1000")
      #expect(result.code == 0 && result.errors.contains("cannot be read again"), "\(result.errors)")
      #expect(result.output.contains("skipped  memorization"))
    }
  }

  @Test func modelsAreLaidSideBySide() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 300))
      for model in ["gaussian", "histogram"] {
        #expect(try program.run("fit", model, "data.csv", "--out", model, "--quiet").code == 0)
      }
      let table = try program.run("compare", "gaussian", "histogram", "--data", "data.csv")
      #expect(table.code == 0, "\(table.errors)")
      let lines = table.output.split(separator: "\n")
      #expect(lines[0].contains("log p") && lines[0].contains("C2ST") && lines[0].contains("sliced W"))
      #expect(lines[1].hasPrefix("gaussian") && lines[2].hasPrefix("histogram") && table.output.contains("best"))
      for words in ["precision", "coverage", "(two halves of the rows)"] { #expect(table.output.contains(words)) }
      let json = try program.run("compare", "gaussian", "histogram", "--data", "data.csv", "--json")
      let rows = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
      #expect(rows.count == 2 && rows[0]["model"] as? String == "gaussian")
      for name in ["classifier_accuracy", "precision", "recall", "density", "coverage"] {
        #expect(rows.allSatisfy { $0[name] is [String: Any] }, "\(name)")
      }
    }
  }

  @Test func modelsOfOtherColumnsAreRefused() throws {
    try withProgram { program in
      try program.file("data.csv", correlatedTable(rows: 100))
      #expect(try program.run("fit", "gaussian", "data.csv", "--out", "a", "--quiet").code == 0)
      #expect(try program.run("fit", "gaussian", "data.csv", "--out", "b", "--columns", "height", "--quiet").code == 0)
      let result = try program.run("compare", "a", "b", "--data", "data.csv")
      #expect(result.code == 65 && result.errors.contains("same columns"), "\(result.errors)")
      #expect(try program.run("compare", "a", "--data", "nowhere.csv").code == 74)
      #expect(try program.run("verify", "a", "--draws", "10").code == 64)
    }
  }
}
