import ArgumentParser
import Datasets
import Foundation
import Models
import Probability
import Torch

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict columns from those that they are conditioned on, or the steps after a series, with intervals.",
    discussion: """
      For a model that was fitted with --given. Of each row of a table of conditions it gives mean, median and an interval; \
      when the table has the columns that are predicted, also how good that was: the share of rows within the interval, the \
      continuous ranked probability score (CRPS), the root of the mean squared error of the means, log p, each with its \
      standard error, and whether predictions are calibrated (the probability integral transform, PIT, is uniform). Without \
      -o the predictions are printed as CSV.

      For the model hmm the table holds series, and the predictions are of the steps after each, as many as --steps says: mean, \
      median and an interval, and the probabilities of the states.

      EXAMPLES
        pushforward predict runs/mine rows.csv -o predictions.csv
        pushforward predict runs/mine heldout.csv --interval 0.5 --json
        pushforward predict runs/hmm series.csv --steps 12 -o forecast.csv
      """)

  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @Argument(help: "The table: columns that the model is conditioned on, or series.", completion: .file())
  var data: String

  @Option(name: .long, help: "The probability with which the interval should hold the truth.")
  var interval = 0.9

  @Option(name: .long, help: "Steps after each series, for hmm (default: 1).")
  var steps: Int?

  @Option(name: .shortAndLong, help: "Draws of each row.")
  var draws = 1000

  @Option(name: .long, help: "The start of all random numbers.")
  var seed: UInt64 = 0

  @Option(name: .shortAndLong, help: "Where to write the predictions.", completion: .file())
  var output: String?

  @OptionGroup var overwriting: OverwriteOption
  @OptionGroup var machine: MachineOptions
  @OptionGroup var reporting: OutputOptions

  func validate() throws {
    guard interval > 0, interval < 1 else {
      throw ValidationError("--interval must be between 0 and 1, not \(interval)")
    }
    guard (1...1_000_000).contains(steps ?? 1) else {
      throw ValidationError("--steps must be from 1 to 1000000, not \(steps ?? 1)")
    }
    guard (2...1_000_000).contains(draws) else {
      throw ValidationError("--draws must be from 2 to 1000000, not \(draws)")
    }
  }

  func run() throws {
    try Failure.handling {
      machine.apply()
      if let output, URL(filePath: output).standardizedFileURL == URL(filePath: data).standardizedFileURL {
        throw SettingsError.invalid(reason: "-o \(output) would replace the data; name another file")
      }
      let file = try output.map(overwriting.file)
      let (model, description) = try RunFolder(folder).loadModel()
      if let series = model as? HiddenMarkovTableModel { return try forecast(series, description, to: file) }
      guard steps == nil else {
        throw ModelError.cannot(
          model: description.model, action: "predict steps", instead: "leave --steps out, or fit hmm")
      }
      let conditions = try LoadedData.conditions(in: data, of: description)
      var rng = RandomGenerator(seed: seed)
      let predictions = try Predictor(draws: draws, level: interval).predict(
        model, description, conditions: conditions.values, truth: try truth(description), using: &rng)
      if let file {
        try TableWriter.write(predictions.outputColumns, to: file.path)
      } else if !reporting.json {
        try StandardOutputTable.write(predictions.outputColumns, isNamed: true)
      }
      try report(predictions)
    }
  }

  private func forecast(_ model: HiddenMarkovTableModel, _ description: ModelDescription, to file: OutputFile?) throws {
    let loaded = try LoadedData(scoring: data, with: description)
    var rng = RandomGenerator(seed: seed)
    let forecaster = SeriesForecaster(model: model, steps: steps ?? 1, interval: interval, draws: draws)
    let columns = forecaster.columns(loaded.rows, names: description.columns, using: &rng)
    try columns.write(to: file)
  }

  /// The columns that are predicted, where the table has them all.
  private func truth(_ description: ModelDescription) throws -> Tensor? {
    do {
      return try LoadedData(scoring: data, with: description).table.values
    } catch ModelError.columns(_, let reason) {
      if !reporting.quiet, !reporting.json { Console.note("note: no scores, as \(reason)") }
      return nil
    }
  }

  private func report(_ predictions: Predictions) throws {
    let scores = predictions.scores
    if reporting.json {
      return try Console.result(
        Console.json(Report(rows: predictions.mean.size(0), interval: interval, scores: scores.map(Report.Scores.init)))
      )
    }
    // Where the predictions are on standard output, nothing else may be.
    let say: (String) throws -> Void = output == nil ? { Console.note($0) } : { try Console.result($0) }
    guard let scores, !reporting.quiet || output != nil else { return }
    for line in PredictionTable(scores, interval: interval).lines { try say(line) }
  }

  /// What programs get; numbers that are not finite are left out.
  private struct Report: Encodable {
    struct Figure: Encodable {
      let value: Double?
      let standardError: Double?

      init(_ estimate: Estimate) {
        value = estimate.value.isFinite ? estimate.value : nil
        standardError = estimate.standardError.isFinite ? estimate.standardError : nil
      }
    }

    struct Column: Encodable {
      let name: String
      let coverage: Figure
      let crps: Figure
      let rmse: Figure
      let pitDistance: Double
      let pitPValue: Double
    }

    struct Scores: Encodable {
      let rows: Int
      let logProb: Figure?
      let energyScore: Figure?
      let columns: [Column]

      init(_ scores: PredictionScores) {
        rows = scores.rows
        logProb = scores.logProb.map(Figure.init)
        energyScore = scores.energyScore.map(Figure.init)
        columns = scores.columns.map {
          Column(
            name: $0.name, coverage: Figure($0.coverage), crps: Figure($0.rankedProbabilityScore),
            rmse: Figure($0.rootMeanSquaredError), pitDistance: $0.calibrationDistance, pitPValue: $0.calibrationPValue)
        }
      }
    }

    let rows: Int
    let interval: Double
    let scores: Scores?
  }
}

/// Scores of predictions as lines of text.
struct PredictionTable {
  let lines: [String]

  init(_ scores: PredictionScores, interval: Double) {
    func words(_ estimate: Estimate) -> String {
      estimate.value.isFinite ? String(format: "%.4g +- %.2g", estimate.value, estimate.standardError) : "-inf"
    }
    let head = ["column", "in the \(String(format: "%g", 100 * interval)) % interval", "CRPS", "RMSE", "PIT p-value"]
    let rows =
      [head]
      + scores.columns.map { column in
        [
          column.name,
          String(format: "%.1f +- %.1f %%", 100 * column.coverage.value, 100 * column.coverage.standardError),
          words(column.rankedProbabilityScore), words(column.rootMeanSquaredError),
          String(format: "%.2g", column.calibrationPValue),
        ]
      }
    let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }
    if let energy = scores.energyScore { lines.append("energy score of all columns, standardized: \(words(energy))") }
    if let logProb = scores.logProb { lines.append("log p = \(words(logProb)) nats (mean of \(scores.rows) rows)") }
    self.lines = lines
  }
}
