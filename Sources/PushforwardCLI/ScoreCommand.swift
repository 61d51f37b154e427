import ArgumentParser
import Datasets
import Foundation
import Models
import NeuralNetworks
import Torch

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Give the log-density of rows under a fitted model.",
    discussion: """
      Prints the mean log p with its standard error, in nats and in the units of the data. With -o, writes log p of each \
      row.

      EXAMPLES
        pushforward score runs/mine heldout.csv
        pushforward score runs/mine heldout.csv -o scores.csv
      """)

  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @Argument(help: "The table, with the columns that the model was fitted to.", completion: .file())
  var data: String

  @Option(name: .shortAndLong, help: "Where to write log p of each row.", completion: .file())
  var output: String?

  @Option(name: .long, help: "auto, cpu, cuda or cuda:INDEX.")
  var device = "cpu"

  @OptionGroup var machine: MachineOptions
  @OptionGroup var reporting: OutputOptions

  func run() throws {
    try Failure.handling {
      machine.apply()
      let (model, description) = try RunFolder(folder).loadModel()
      guard let density = model as? any DensityModel else {
        throw ModelError.cannot(
          model: description.model, action: "give densities", instead: "compare its samples with data instead")
      }
      let place = try Device(named: device)
      density.convert(device: place)
      let loaded = try LoadedData(scoring: data, with: description)
      if !reporting.quiet, !reporting.json { loaded.warnings.forEach { Console.note("warning: \($0)") } }
      let scores = density.logProb(loaded.table.values.to(place), given: nil).to(.float64, Device.cpu)
      if let output {
        try TableWriter.write([OutputColumn("log_prob", .numbers(scores))], to: output)
      }
      try report(scores)
    }
  }

  private func report(_ scores: Tensor) throws {
    let result = Score(scores)
    if reporting.json {
      Console.result(try Console.json(result))
    } else {
      let spread = result.standardError.map { " +- \(Console.fixed($0, 4))" } ?? ""
      Console.result("log p = \(Console.fixed(result.meanLogProb, 4))\(spread) nats (mean of \(result.rows) rows)")
    }
    if result.outsideSupport > 0, !reporting.quiet {
      Console.note("warning: \(result.outsideSupport) rows have density 0; the mean is of the others")
    }
  }

  private struct Score: Encodable {
    var rows: Int
    var meanLogProb: Double
    var standardError: Double?
    var outsideSupport: Int

    init(_ scores: Tensor) {
      let values = scores.doubles()
      let finite = values.filter(\.isFinite)
      rows = finite.count
      outsideSupport = values.count - finite.count
      let mean = finite.isEmpty ? -Double.infinity : finite.reduce(0, +) / Double(finite.count)
      meanLogProb = mean
      let squares = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardError =
        finite.count > 1 ? (squares / Double(finite.count - 1) / Double(finite.count)).squareRoot() : nil
    }
  }
}
