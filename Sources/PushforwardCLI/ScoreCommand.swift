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
      row; a file that is there already is left alone unless --overwrite is given. A row with missing cells has no density; \
      under the model gmm it has that of the cells that are there, of which a mean of its own is printed. Of a model with \
      conditions it is log p of the row given the conditions that the table has beside it. Where all columns are discrete \
      and were dequantized, such as pixels, bits/dim are printed too: -log2 of the probability of a row, for each column, \
      of which they are an upper bound.

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

  @OptionGroup var overwriting: OverwriteOption

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
      let file = try output.map(overwriting.file)
      let (model, description) = try RunFolder(folder).loadModel()
      guard let density = model as? any DensityModel else {
        throw ModelError.cannot(
          model: description.model, action: "give densities", instead: "compare its samples with data instead")
      }
      let place = try Device(named: device)
      try density.move(to: place)
      let loaded = try LoadedData(scoring: data, with: description)
      if !reporting.quiet, !reporting.json { loaded.warnings.forEach { Console.note("warning: \($0)") } }
      let (rows, context) = (loaded.rows.to(place), loaded.context?.to(place))
      let estimate = (density as? any ImportanceSampledModel)?.estimatedLogProb(rows, given: context)
      let scores = (estimate?.logProb ?? density.logProb(rows, given: context)).to(.float64, Device.cpu).doubles()
      var score = try Score(
        scores, cells: loaded.table.values, conditions: loaded.conditions?.values,
        allowingMissing: description.scoresMissingCells, model: description.model,
        bitsPerDimension: { description.bitsPerDimension(meanLogProb: $0) })
      score.estimation = estimate.map(Score.Estimation.init)
      if let file {
        try TableWriter.write([OutputColumn("log_prob", .numbers(Tensor(score.logProbs)))], to: file.path)
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
    if let estimation = score.estimation {
      let error = estimation.standardError.map { Console.fixed($0, 4) } ?? "unknown"
      Console.note(
        "estimated by importance sampling from \(estimation.samples) codes a row, effectively "
          + "\(Console.fixed(estimation.medianEffectiveSampleSize, 1)) (median); this alone gives the mean an error of \(error)"
      )
    }
    if let bits = score.bitsPerDimension { Console.note("\(Console.fixed(bits, 4)) bits/dim of the discrete columns") }
    if let others = score.meanOfOthers {
      Console.note("\(score.outsideSupport) rows have density 0; the mean of the others is \(Console.fixed(others, 4))")
    }
    if score.incomplete > 0 {
      let mean = score.meanOfIncomplete.map { "mean \(Console.fixed($0, 4))" } ?? "no mean, as some have density 0"
      Console.note("\(score.incomplete) more rows have missing cells: log p of the cells that are there has \(mean)")
    }
    if score.missing > 0 { Console.note("\(score.missing) rows with missing or infinite values have no density") }
  }
}

/// What `score` reports. JSON knows no infinity: a mean of minus infinity is left out, and `outsideSupport` says why.
private struct Score: Encodable {
  /// Complete rows, those of density 0 included.
  var rows: Int
  var meanLogProb: Double?
  var standardError: Double?
  /// Of a row of discrete columns.
  var bitsPerDimension: Double?
  /// Rows with density 0.
  var outsideSupport: Int
  /// The mean of the rows with a positive density, when there are others.
  var meanOfOthers: Double?
  /// Rows with missing cells that have a density of the others; densities of different cells are no figures of one kind.
  var incomplete: Int
  var meanOfIncomplete: Double?
  /// Rows without a density, since cells are missing or infinite.
  var missing: Int
  /// How log p was estimated; nil where it is exact.
  var estimation: Estimation?
  /// log p of each row; NaN for those without a density.
  let logProbs: [Double]

  /// What is known of estimates by importance sampling.
  struct Estimation: Encodable {
    var samples: Int
    /// Of the mean log p, from the estimation alone.
    var standardError: Double?
    var medianEffectiveSampleSize: Double

    init(_ estimate: LogProbEstimate) {
      samples = estimate.samples
      let errors = estimate.standardError.to(.float64, Device.cpu).doubles()
      let sum = errors.reduce(0) { $0 + $1 * $1 }
      standardError = sum.isFinite ? sum.squareRoot() / Double(max(1, errors.count)) : nil
      medianEffectiveSampleSize = estimate.effectiveSampleSize.to(.float64, Device.cpu).quantile(0.5, 0).item()
    }
  }

  private enum CodingKeys: CodingKey {
    case estimation, rows, meanLogProb, standardError, bitsPerDimension, outsideSupport, meanOfOthers, incomplete,
      meanOfIncomplete,
      missing
  }

  init(
    _ scores: [Double], cells: Tensor, conditions: Tensor?, allowingMissing: Bool, model: String,
    bitsPerDimension: (_ meanLogProb: Double) -> Double?
  ) throws {
    let isConditioned = conditions?.isFinite().all(1) ?? Tensor.ones([cells.size(0)], dtype: .bool)
    let isComplete = (cells.isFinite().all(1) .& isConditioned).doubles().map { $0 == 1 }
    // A row without any cell has the density of nothing.
    let hasDensity = ((cells.isFinite() .| cells.isNaN()).all(1) .& cells.isFinite().any(1) .& isConditioned)
      .doubles().map { $0 == 1 }
    let logProbs = scores.indices.map { isComplete[$0] || (allowingMissing && hasDensity[$0]) ? scores[$0] : .nan }
    if let row = scores.indices.first(where: { scores[$0].isNaN && isComplete[$0] }) {
      throw ModelError.cannot(
        model: model, action: "give row \(row + 1) a density", instead: "its weights give no number there; fit it again"
      )
    }
    let known = scores.indices.filter { isComplete[$0] }.map { scores[$0] }
    let partial = scores.indices.filter { !isComplete[$0] && !logProbs[$0].isNaN }.map { scores[$0] }
    let finite = known.filter(\.isFinite)
    self.logProbs = logProbs
    rows = known.count
    incomplete = partial.count
    let sum = partial.reduce(0, +)
    meanOfIncomplete = partial.isEmpty || !sum.isFinite ? nil : sum / Double(partial.count)
    missing = scores.count - known.count - partial.count
    outsideSupport = known.count - finite.count
    let mean = finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count)
    meanLogProb = outsideSupport == 0 ? mean : nil
    self.bitsPerDimension = meanLogProb.flatMap(bitsPerDimension)
    meanOfOthers = outsideSupport == 0 ? nil : mean
    if let mean, outsideSupport == 0, rows > 1 {
      let squares = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardError = (squares / Double(rows - 1) / Double(rows)).squareRoot()
    }
  }
}
