import Datasets
import Foundation
import Testing
import Torch

@Suite struct TargetTests {
  private let small = [
    "--objective", "reverse-kl", "--threads", "1", "--set", "configuration.couplings.layers=2", "--set",
    "configuration.couplings.network.multilayerPerceptron.hiddenFeatures=[16]", "--set", "training.batchSize=32",
    "--set", "objective.reverse-kl.stepsPerEpoch=5", "--set", "objective.reverse-kl.diagnosisDraws=200", "--set",
    "objective.reverse-kl.annealingSteps=10",
  ]

  @Test func aTargetIsFittedAndSaysWhatWasFound() throws {
    try withProgram { program in
      let fit = try program.run(
        ["fit", "real-nvp", "banana", "--out", "a", "--set", "training.maximumEpochs=3"] + small)
      #expect(fit.code == 0, "\(fit.errors)")
      for words in [
        "Training towards banana", "Effective sample size", "log Z of what the model covers = ", "modes found",
        "Mass in common with the target", "Saved in a",
      ] {
        #expect(fit.errors.contains(words), "\(fit.errors)")
      }
      let files = try FileManager.default.contentsOfDirectory(atPath: program.folder.appending(path: "a").path)
      #expect(Set(files) == ["model.safetensors", "settings.yaml", "metrics.jsonl", "report.html"])
      let page = try String(contentsOf: program.folder.appending(path: "a/report.html"), encoding: .utf8)
      #expect(page.contains("coverage") || page.contains("modes"))
      let lines = try String(contentsOf: program.folder.appending(path: "a/metrics.jsonl"), encoding: .utf8)
      #expect(lines.split(separator: "\n").count == 3 && lines.contains("validation_loss"))
      _ = try program.run("sample", "a", "-n", "9", "-o", "new.csv")
      #expect(try Table(contentsOf: program.folder.appending(path: "new.csv").path).columnNames == ["x1", "x2"])
      #expect(try program.run("score", "a", "new.csv").code == 0)

      let verification = try program.run("verify", "a")
      #expect(verification.errors == "" && verification.output.contains("checks:"), "\(verification.errors)")

      // The saved model is a target in its turn, and the report is JSON on request.
      let again = try program.run(
        ["fit", "real-nvp", "a", "--out", "b", "--json", "--set", "training.maximumEpochs=1"] + small)
      #expect(again.code == 0, "\(again.errors)")
      #expect(again.output.contains("\"event\":\"diagnosis\"") && again.output.contains("effective_fraction"))
    }
  }

  @Test func whatAnnealingMeansIsSaid() throws {
    try withProgram { program in
      let options = small + ["--set", "objective.reverse-kl.annealingSteps=1000", "--set", "training.maximumEpochs=3"]
      let fit = try program.run(["fit", "real-nvp", "banana", "--out", "a"] + options)
      #expect(fit.code == 0 && fit.errors.contains("loss ") && fit.errors.contains(" at temperature "), "\(fit.errors)")
      #expect(
        fit.errors.contains("ends after 15 steps at temperature 19.1, before the annealing of 1000"), "\(fit.errors)")
      let page = try String(contentsOf: program.folder.appending(path: "a/report.html"), encoding: .utf8)
      #expect(page.contains("Training loss while annealing") && page.contains("temperature was still 19.1"))
      let json = try program.run(
        ["fit", "real-nvp", "banana", "--out", "b", "--json", "--no-report"] + small + [
          "--set", "training.maximumEpochs=4",
        ])
      let epochs = json.output.split(separator: "\n").filter { $0.contains("\"event\":\"epoch\"") }
      #expect(
        epochs.count == 4 && epochs[0].contains("\"temperature\":6.") && epochs[3].contains("\"temperature\":1,"),
        "\(epochs)")
      #expect(!json.output.contains("before the annealing"))
    }
  }

  @Test func anInterruptedFitResumesToTheSameModel() throws {
    try withProgram { program in
      let options = small + ["--set", "training.maximumEpochs=150"]
      #expect(try program.run(["fit", "real-nvp", "ring", "--out", "whole", "--quiet"] + options).code == 0)
      let stopped = try program.run(["fit", "real-nvp", "ring", "--out", "parts"] + options) { process in
        waitForFile(program.folder.appending(path: "parts/metrics.jsonl"))
        process.interrupt()
      }
      #expect(stopped.code == 130, "\(stopped.errors)")
      let resumed = try program.run("resume", "parts")
      #expect(resumed.code == 0 && resumed.errors.contains("Effective sample size"), "\(resumed.errors)")
      let draws = try ["whole", "parts"].map { try program.run("sample", $0, "-n", "20").output }
      #expect(draws[0] == draws[1])
    }
  }
}
