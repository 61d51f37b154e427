import Datasets
import Foundation
import Testing
import Torch

@Suite struct CodeTests {
  /// Three columns around a curve, and a group.
  private func table(rows: Int, seed: UInt64) -> String {
    var rng = RandomGenerator(seed: seed)
    let lines = (0..<rows).map { row -> String in
      let t = Double.random(in: -2...2, using: &rng)
      let noise = (0..<3).map { _ in Double.random(in: -0.1...0.1, using: &rng) }
      return "\(t + noise[0]),\(t * t + noise[1]),\(10 - t + noise[2]),\(row % 2 == 0 ? "a" : "b")"
    }
    return "x,y,z,group\n" + lines.joined(separator: "\n") + "\n"
  }

  private let quick = [
    "--set", "training.maximumEpochs=80", "--set", "training.learningRate=1e-2", "--set", "training.batchSize=64",
    "--set",
    "configuration.codeFeatures=1",
    "--set", "configuration.network={multilayerPerceptron: {hiddenFeatures: [16]}}", "--no-report", "--quiet",
  ]

  private func columns(_ program: Program, _ file: String, _ names: [String]) throws -> Tensor {
    try Table(
      contentsOf: program.folder.appending(path: file).path, options: TableOptions(columns: names, dtype: .float64)
    ).values
  }

  @Test(arguments: ["vae", "ae", "ae+gmm", "wae"])
  func codesGoBothWays(model: String) throws {
    try withProgram { program in
      try program.file("data.csv", table(rows: 400, seed: 1))
      let fit = try program.run(["fit", model, "data.csv", "--exclude", "group", "--out", "r"] + quick)
      #expect(fit.code == 0, "\(fit.errors)")
      #expect(try program.run("encode", "r", "data.csv", "-o", "codes.csv").code == 0)
      #expect(try program.run("decode", "r", "codes.csv", "-o", "rows.csv").code == 0)
      let back = try program.run("reconstruct", "r", "data.csv", "-o", "back.csv")
      #expect(back.code == 0 && back.errors.contains("standard deviations"), "\(back.errors)")
      let names = ["x", "y", "z"]
      #expect(try columns(program, "rows.csv", names).isEqual(to: try columns(program, "back.csv", names)))
      // One code number keeps most of what the curve makes of one.
      let (data, found) = (try columns(program, "data.csv", names), try columns(program, "back.csv", names))
      let lost = (data - found).squared().mean(0) / data.variance(0)
      #expect((lost.mean().item() as Double) < 0.5, "\(lost.doubles())")

      let score = try program.run("score", "r", "data.csv")
      #expect(model == "vae" ? score.code == 0 : score.code != 0 && score.errors.contains("cannot give densities"))
      if model == "vae" {
        #expect(score.errors.contains("500 codes a row"), "\(score.errors)")
        let json = try program.run("score", "r", "data.csv", "--json").output
        #expect(json.contains("median_effective_sample_size"), "\(json)")
      }
      let draws = try program.run("sample", "r", "-n", "3")
      #expect(draws.code == 0 && draws.output.split(separator: "\n").count == 4, "\(draws.errors)")
      let compare = try program.run("compare", "r", "--data", "data.csv", "--rows", "100")
      #expect(compare.code == 0 && compare.output.contains("three goals"), "\(compare.output)\(compare.errors)")
      let check = try program.run("verify", "r", "--draws", "1000")
      #expect(check.code == 0, "\(check.output)\(check.errors)")
    }
  }

  @Test func aConditionalOneIsAskedGivenAGroup() throws {
    try withProgram { program in
      try program.file("data.csv", table(rows: 300, seed: 2))
      let without = try program.run(["fit", "cvae", "data.csv", "--exclude", "group", "--out", "n"] + quick)
      #expect(without.code != 0 && without.errors.contains("--given"), "\(without.errors)")
      #expect(try program.run(["fit", "cvae", "data.csv", "--given", "group", "--out", "r"] + quick).code == 0)
      let draws = try program.run("sample", "r", "--given", "group=a", "-n", "3")
      #expect(draws.code == 0 && draws.output.contains(",a"), "\(draws.errors)")
      #expect(try program.run("score", "r", "data.csv").code == 0)
      #expect(try program.run("encode", "r", "data.csv", "-o", "codes.csv").code == 0)
      let alone = try program.run("decode", "r", "codes.csv")
      #expect(alone.code != 0 && alone.errors.contains("group"), "\(alone.errors)")
    }
  }

  /// The bundled digits have labels, which become a condition of text.
  @Test func imagesAreGivenTheirLabels() throws {
    try withProgram { program in
      let fit = try program.run([
        "fit", "cvae", "digits", "--given", "label", "--out", "c", "--set", "training.maximumEpochs=40", "--set",
        "training.learningRate=5e-3", "--set", "configuration.scoringSamples=5", "--set", "configuration.scaling=range",
        "--set", "configuration.likelihood=sharedGaussian", "--no-report", "--quiet",
      ])
      #expect(fit.code == 0, "\(fit.errors)")
      #expect(try program.run("sample", "c", "--given", "label=3", "-n", "9", "-o", "three.png").code == 0)
      let sevens = try program.run("transfer", "c", "digits", "--given", "label=7", "--rows", "20", "-o", "s.csv")
      #expect(sevens.code == 0, "\(sevens.errors)")
      let walk = try program.run("interpolate", "c", "digits", "--from", "1", "--to", "5", "--steps", "4")
      #expect(walk.code == 0 && walk.output.split(separator: "\n").count == 5, "\(walk.errors)")

      let found = try program.run("classify", "c", "digits", "-o", "classes.csv")
      #expect(found.code == 0 && found.errors.contains("calibration"), "\(found.errors)")
      let share = try #require(found.errors.split(separator: " ").first.flatMap { Double($0) })
      #expect(share > 80, "\(found.errors)")
      let none = try program.run("sample", "c", "--given", "label=12", "-n", "1")
      #expect(none.code != 0 && none.errors.contains("12"), "\(none.errors)")
    }
  }

  @Test func whatCannotBeCodedIsSaid() throws {
    try withProgram { program in
      try program.file("data.csv", table(rows: 100, seed: 3))
      #expect(try program.run("fit", "kde", "data.csv", "--exclude", "group", "--out", "k", "--quiet").code == 0)
      let none = try program.run("encode", "k", "data.csv")
      #expect(none.code != 0 && none.errors.contains("kde cannot give codes"), "\(none.errors)")
      let pair = try program.run("fit", "ae+wae", "data.csv", "--exclude", "group", "--out", "p")
      #expect(pair.code != 0 && pair.errors.contains("wae is no density"), "\(pair.errors)")
      let levels = try program.run(
        "fit", "vae", "data.csv", "--exclude", "group", "--out", "p", "--set", "configuration.likelihood=bernoulli",
        "--support", "z=positive")
      #expect(levels.code != 0 && levels.errors.contains("leave --support"), "\(levels.errors)")
      let size = try program.run(
        "fit", "vae", "data.csv", "--exclude", "group", "--out", "p", "--set", "configuration.codeFeatures=0")
      #expect(size.code != 0 && size.errors.contains("codeFeatures"), "\(size.errors)")
    }
  }
}
