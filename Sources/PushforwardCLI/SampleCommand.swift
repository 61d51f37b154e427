import ArgumentParser
import Datasets
import Foundation
import Models
import NeuralNetworks
import Reports
import Torch

struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw new rows from a fitted model.",
    discussion: """
      Writes .csv .tsv .jsonl (also .gz), .parquet, .feather or .npy by the name of the output; without -o, CSV on \
      standard output. Columns of text that were encoded come back as text. For a model of images, .png draws them side \
      by side. A file that is there already is left alone unless --overwrite is given.

      EXAMPLES
        pushforward sample runs/mine -n 1000 --seed 7 -o new.parquet
        pushforward sample runs/digits -n 100 -o digits.png
        pushforward sample runs/f -n 1000 --do sprinkler=1
      """)

  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @Option(name: [.customShort("n"), .customLong("count")], help: "How many rows.")
  var count = 1000

  @Option(name: .long, help: "The start of all random numbers.")
  var seed: UInt64 = 0

  @Option(name: .shortAndLong, help: "Where to write them.", completion: .file())
  var output: String?

  @OptionGroup var overwriting: OverwriteOption

  @Option(
    name: .customLong("do"),
    help: ArgumentHelp("Set columns from outside, as in an experiment; for the model causal.", valueName: "a=1,b=0"))
  var interventions: String?

  @Option(name: .long, help: "auto, cpu, cuda or cuda:INDEX.")
  var device = "cpu"

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  @OptionGroup var machine: MachineOptions

  /// Rows drawn at a time: bounds the memory whatever the count.
  private static let chunkSize = 16_384

  private static let mostImages = 10_000

  func validate() throws {
    if count < 1 { throw ValidationError("-n must be at least 1, not \(count)") }
  }

  func run() throws {
    try Failure.handling {
      machine.apply()
      let file = try output.map(overwriting.file)
      let (fitted, description) = try RunFolder(folder).loadModel()
      let model = try intervening(fitted, description)
      let place = try Device(named: device)
      try model.move(to: place)
      var rng = RandomGenerator(seed: seed)
      if let file, file.path.lowercased().hasSuffix(".png") {
        try drawImages(model, description, to: file, using: &rng)
      } else {
        try writeTable(model, description, using: &rng)
      }
      if let output, !quiet { Console.note("Wrote \(count) rows to \(output)") }
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

  private func writeTable(
    _ model: any GenerativeModel, _ description: ModelDescription, using rng: inout RandomGenerator
  ) throws {
    var writer: TableWriter?
    let isArray = try output.map { try TableFormat(path: $0) == .numpy } ?? false
    // The steps of a series follow one another, and an array begins with its size, so they are drawn as a whole.
    let chunkSize = isArray || model is any SeriesModel ? count : Self.chunkSize
    for start in stride(from: 0, to: count, by: chunkSize) {
      let drawn = model.sample(min(chunkSize, count - start), given: nil, using: &rng).to(Device.cpu)
      let columns = description.outputColumns(drawn)
      guard let output else {
        try StandardOutputTable.write(columns, isNamed: start == 0)
        continue
      }
      if isArray { return try TableWriter.write(columns, to: output) }
      let open = try writer ?? TableWriter(path: output, columns: columns)
      writer = open
      try open.append(columns)
    }
    try writer?.commit()
  }

  private func drawImages(
    _ model: any GenerativeModel, _ description: ModelDescription, to file: OutputFile, using rng: inout RandomGenerator
  ) throws {
    guard let size = description.imageSize, size.count == 2 else {
      throw SettingsError.invalid(
        reason: "\(file.path): the model's rows are no images; write a table, such as samples.csv")
    }
    guard count <= Self.mostImages else {
      throw SettingsError.invalid(
        reason: "\(file.path): a picture holds at most \(Self.mostImages) images; use a smaller -n")
    }
    let rows = description.dataRows(model.sample(count, given: nil, using: &rng).to(Device.cpu))
    let grid = ImageGrid(rows, height: size[0], width: size[1])
    try file.write(grid.png(scale: max(1, 32 / size[1])))
  }
}
