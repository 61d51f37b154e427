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
      if let output, URL(filePath: output).standardizedFileURL == URL(filePath: data).standardizedFileURL {
        throw SettingsError.invalid(reason: "-o \(output) would replace the data; name another file")
      }
      let (model, description) = try RunFolder(folder).loadModel()
      guard let density = model as? any DensityModel else {
        throw ModelError.cannot(
          model: description.model, action: "give densities", instead: "compare its samples with data instead")
      }
      let place = try Device(named: device)
      try density.move(to: place)
      let loaded = try LoadedData(scoring: data, with: description)
      if !reporting.quiet, !reporting.json { loaded.warnings.forEach { Console.note("warning: \($0)") } }
      let scores = density.logProb(loaded.rows.to(place), given: nil).to(.float64, Device.cpu).doubles()
      let isMissing = loaded.table.values.isFinite().all(1).doubles().map { $0 == 0 }
      let score = try Score(scores, isMissing: isMissing, model: description.model)
      if let output {
        try TableWriter.write([OutputColumn("log_prob", .numbers(Tensor(scores)))], to: output)
      }
      try report(score)
    }
  }

  private func report(_ score: Score) throws {
    if reporting.json { return try Console.result(Console.json(score)) }
    let spread = score.standardError.map { " +- \(Console.fixed($0, 4))" } ?? ""
    let mean = score.meanLogProb.map { Console.fixed($0, 4) } ?? (score.rows == 0 ? "unknown" : "-inf")
    try Console.result("log p = \(mean)\(spread) nats (mean of \(score.rows) rows)")
    guard !reporting.quiet else { return }
    if let others = score.meanOfOthers {
      Console.note("\(score.outsideSupport) rows have density 0; the mean of the others is \(Console.fixed(others, 4))")
    }
    if score.missing > 0 { Console.note("\(score.missing) rows with missing or infinite values have no density") }
  }
}

/// What `score` reports. JSON knows no infinity: a mean of minus infinity is left out, and `outsideSupport` says why.
private struct Score: Encodable {
  /// Rows with a density, 0 included.
  var rows: Int
  var meanLogProb: Double?
  var standardError: Double?
  /// Rows with density 0.
  var outsideSupport: Int
  /// The mean of the rows with a positive density, when there are others.
  var meanOfOthers: Double?
  /// Rows without a finite number in each cell.
  var missing: Int

  init(_ scores: [Double], isMissing: [Bool], model: String) throws {
    let known = zip(scores, isMissing).filter { !$0.1 }.map(\.0)
    if let row = zip(scores, isMissing).firstIndex(where: { $0.0.isNaN && !$0.1 }) {
      throw ModelError.cannot(
        model: model, action: "give row \(row + 1) a density", instead: "its weights give no number there; fit it again"
      )
    }
    let finite = known.filter(\.isFinite)
    rows = known.count
    missing = scores.count - known.count
    outsideSupport = known.count - finite.count
    let mean = finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count)
    meanLogProb = outsideSupport == 0 ? mean : nil
    meanOfOthers = outsideSupport == 0 ? nil : mean
    if let mean, outsideSupport == 0, rows > 1 {
      let squares = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardError = (squares / Double(rows - 1) / Double(rows)).squareRoot()
    }
  }
}

extension Sequence {
  fileprivate func firstIndex(where matches: (Element) -> Bool) -> Int? {
    for (index, element) in enumerated() where matches(element) { return index }
    return nil
  }
}
