import ArgumentParser
import Datasets
import Foundation
import Models
import NeuralNetworks
import Torch

struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw new rows from a fitted model.",
    discussion: """
      Writes .csv .tsv .jsonl (also .gz), .parquet, .feather or .npy by the name of the output; without -o, CSV on \
      standard output. Columns of text that were encoded come back as text. For a model of images, .png draws them side \
      by side. A model that was fitted with --given draws at one condition, --given, or for each row of a table of \
      conditions, --given-rows; the conditions stand beside the draws. A file that is there already is left alone unless --overwrite is given.

      EXAMPLES
        pushforward sample runs/mine -n 1000 --seed 7 -o new.parquet
        pushforward sample runs/digits -n 100 -o digits.png
        pushforward sample runs/f -n 1000 --do sprinkler=1
        pushforward sample runs/h -n 1000 --given dose=0.5,sex=female
        pushforward sample runs/h -n 10 --given-rows patients.csv -o draws.parquet
      """)

  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @Option(
    name: [.customShort("n"), .customLong("count")],
    help: "How many rows (default: 1000; with --given-rows 1 for each of its rows).")
  var count: Int?

  @Option(name: .long, help: "The start of all random numbers.")
  var seed: UInt64 = 0

  @Option(name: .shortAndLong, help: "Where to write them.", completion: .file())
  var output: String?

  @OptionGroup var overwriting: OverwriteOption

  @Option(
    name: .long,
    help: ArgumentHelp("The condition, a value for each column that is given.", valueName: "a=0.3,b=text"))
  var given: String?

  @Option(name: .long, help: "A table of conditions; rows are drawn for each of its rows.", completion: .file())
  var givenRows: String?

  @Option(
    name: .customLong("do"),
    help: ArgumentHelp("Set columns from outside, as in an experiment; for the model causal.", valueName: "a=1,b=0"))
  var interventions: String?

  @Option(name: .long, help: "auto, cpu, cuda or cuda:INDEX.")
  var device = "cpu"

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  @OptionGroup var machine: MachineOptions

  func validate() throws {
    if let count, count < 1 { throw ValidationError("-n must be at least 1, not \(count)") }
    if given != nil, givenRows != nil { throw ValidationError("--given and --given-rows exclude each other") }
  }

  func run() throws {
    try Failure.handling {
      machine.apply()
      let file = try output.map(overwriting.file)
      let (fitted, description) = try RunFolder(folder).loadModel()
      let model = try intervening(fitted, description)
      let place = try Device(named: device)
      try model.move(to: place)
      let sampler = RowSampler(
        model: model, description: description, conditions: try conditions(description),
        count: count ?? (givenRows == nil ? 1000 : 1), device: place)
      var rng = RandomGenerator(seed: seed)
      if let file, file.path.lowercased().hasSuffix(".png") {
        try drawImages(sampler, to: file, using: &rng)
      } else {
        try writeTable(sampler, using: &rng)
      }
      if let output, !quiet { Console.note("Wrote \(sampler.rowCount) rows to \(output)") }
    }
  }

  private func intervening(
    _ model: any GenerativeModel, _ description: ModelDescription
  ) throws -> any GenerativeModel {
    guard let interventions else { return model }
    guard let model = model as? any InterventionModel else {
      throw ModelError.cannot(
        model: description.model, action: "be intervened in",
        instead: "fit the model causal, without --dequantize, to the same table")
    }
    var values: [String: Double] = [:]
    for assignment in interventions.split(separator: ",") {
      // Names of encoded columns hold one of these signs, too.
      guard let sign = assignment.lastIndex(of: "="), sign > assignment.startIndex,
        let value = Double(assignment[assignment.index(after: sign)...])
      else {
        throw SettingsError.invalid(
          reason: "--do: '\(assignment)' is no intervention: expected COLUMN=NUMBER, the columns being "
            + description.columns.joined(separator: ", "))
      }
      values[String(assignment[..<sign])] = value
    }
    return try model.intervening(values)
  }

  /// The conditions to draw at, `[rows, conditions]`; nil for a model without.
  private func conditions(_ description: ModelDescription) throws -> Tensor? {
    guard let conditions = description.conditions else {
      guard given == nil, givenRows == nil else { throw ModelError.noConditions(description.model) }
      return nil
    }
    if let given { return try conditions.values(of: given).unsqueezed(0) }
    if let givenRows { return try LoadedData.conditions(in: givenRows, of: description).values }
    throw SettingsError.invalid(
      reason: "the model draws rows given \(conditions.sourceColumns.joined(separator: ", ")): add "
        + "--given \(conditions.example), or --given-rows and a table with these columns")
  }

  private func writeTable(_ sampler: RowSampler, using rng: inout RandomGenerator) throws {
    // An array begins with its size, so it is written as a whole.
    let isArray = try output.map { try TableFormat(path: $0) == .numpy } ?? false
    var writer: TableWriter?
    try sampler.drawPieces(asWhole: isArray, using: &rng) { columns, isFirst in
      guard let output else { return try StandardOutputTable.write(columns, isNamed: isFirst) }
      if isArray { return try TableWriter.write(columns, to: output) }
      let open = try writer ?? TableWriter(path: output, columns: columns)
      writer = open
      try open.append(columns)
    }
    try writer?.commit()
  }

  private func drawImages(_ sampler: RowSampler, to file: OutputFile, using rng: inout RandomGenerator) throws {
    try file.requireImages(sampler.description, count: sampler.rowCount)
    try file.write(images: sampler.rows(using: &rng), sampler.description)
  }
}
