import ArgumentParser
import Datasets
import Diagnostics
import Foundation
import Models
import Probability
import Torch

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Lay fitted models side by side on rows that none has seen.",
    discussion: """
      Prints held-out log-densities with standard errors and paired differences, how far draws are from the rows (maximum \
      mean discrepancy, a classifier that tries to tell them apart, sliced Wasserstein distance, precision, recall, \
      density and coverage), speed and size. A * marks what is beyond noise. A model without a density gets a dash. Of \
      models with conditions, all the same ones, log p is of each row given its conditions; their draws, under the \
      conditions of one half of the rows, are held against the other half together with the conditions.

      EXAMPLE
        pushforward compare runs/a runs/b runs/c --data heldout.csv
      """)

  @Argument(help: "The folders of the runs.", completion: .directory)
  var folders: [String]

  @Option(name: .long, help: "Rows that no model has seen, with the columns of all.", completion: .file())
  var data: String

  @Option(name: .long, help: "The most rows, and draws of each model, that are held against each other.")
  var rows = 2000

  @Option(name: .long, help: "The start of all random numbers.")
  var seed: UInt64 = 0

  @OptionGroup var machine: MachineOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if rows < 20 { throw ValidationError("--rows must be at least 20, not \(rows)") }
  }

  func run() throws {
    try Failure.handling {
      machine.apply()
      var runs: [(name: String, candidate: ModelComparator.Candidate)] = []
      var heldOut: ComparedRows?
      for folder in folders {
        let run = RunFolder(folder)
        let (model, description) = try run.loadModel()
        guard !(model is any SeriesModel) else {
          throw ModelError.cannot(
            model: description.model, action: "be compared row by row, as its rows follow from each other",
            instead: "hold what pushforward score says of each model against the other")
        }
        try heldOut?.require(sameAs: description, run.path, folders[0])
        let rows = try heldOut ?? readRows(description)
        heldOut = rows
        runs.append((run.path, rows.candidate(run, model, description)))
      }
      guard let heldOut else { return }
      var rng = RandomGenerator(seed: seed)
      let comparison = try ModelComparator(mostRows: rows).compare(
        runs.map(\.candidate), heldOut: heldOut.values, drawsAgainst: heldOut.reference,
        dimensions: heldOut.columns.count, using: &rng)
      try output.json ? Console.result(Console.json(comparison.entries.map(Row.init))) : show(comparison)
    }
  }

  /// The rows without a missing cell, in the user's units.
  private func readRows(_ description: ModelDescription) throws -> ComparedRows {
    let loaded = try LoadedData(scoring: data, with: description)
    let tellsAll = !output.quiet && !output.json
    if tellsAll { loaded.warnings.forEach { Console.note("warning: \($0)") } }
    let rows = ComparedRows(loaded, description)
    let missing = loaded.table.rowCount - rows.values.size(0)
    if missing > 0, tellsAll { Console.note("note: \(missing) rows with missing or infinite values are left out") }
    // Draws under conditions are held against half of the rows.
    let needed = description.conditions == nil ? 20 : 40
    guard rows.values.size(0) >= needed else {
      throw SettingsError.invalid(
        reason: "\(data) has \(rows.values.size(0)) complete rows; a comparison needs at least \(needed)")
    }
    return rows
  }

  private func show(_ comparison: ModelComparison) throws {
    let table = ComparisonTable(comparison)
    let goals = table.goalLines
    for line in table.lines + [""] + table.fidelityLines + (goals.isEmpty ? [] : [""] + goals) {
      try Console.result(line)
    }
    guard !output.quiet else { return }
    for line in table.legend { try Console.result(line) }
  }

  /// A model's figures for programs; what is not a finite number is left out.
  private struct Row: Encodable {
    struct Figure: Encodable {
      let value: Double?
      let standardError: Double?

      init(_ estimate: Estimate) {
        value = estimate.value.isFinite ? estimate.value : nil
        standardError = estimate.standardError.isFinite ? estimate.standardError : nil
      }
    }

    let model: String
    let logProb: Figure?
    let bitsPerDimension: Figure?
    let impossibleRows: Int
    let differenceToBest: Figure?
    let isWorse: Bool
    let discrepancy: Figure
    let discrepancyPValue: Double
    let classifierAccuracy: Figure
    let classifierPValue: Double
    let slicedWasserstein: Figure
    let precision: Figure
    let recall: Figure
    let density: Figure
    let coverage: Figure
    let samplingMicroseconds: Double
    let scoringMicroseconds: Double?
    let bytes: Int?
    let codeSize: Int?
    let reconstructionError: Double?

    init(_ entry: ModelComparison.Entry) {
      model = entry.name
      codeSize = entry.codeSize
      reconstructionError = entry.reconstructionError
      logProb = entry.logProb.map(Figure.init)
      bitsPerDimension = entry.bitsPerDimension.map(Figure.init)
      impossibleRows = entry.impossibleRows
      differenceToBest = entry.difference.map(Figure.init)
      isWorse = entry.isWorse
      discrepancy = Figure(entry.discrepancy)
      discrepancyPValue = entry.discrepancyPValue
      classifierAccuracy = Figure(entry.accuracy)
      classifierPValue = entry.accuracyPValue
      slicedWasserstein = Figure(entry.slicedWasserstein)
      precision = Figure(entry.fidelity.precision)
      recall = Figure(entry.fidelity.recall)
      density = Figure(entry.fidelity.density)
      coverage = Figure(entry.fidelity.coverage)
      samplingMicroseconds = entry.samplingMicroseconds
      scoringMicroseconds = entry.scoringMicroseconds
      bytes = entry.bytes
    }
  }
}
