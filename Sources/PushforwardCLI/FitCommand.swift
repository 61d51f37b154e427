import ArgumentParser
import Foundation
import Models
import Torch

struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit a model to a table.",
    discussion: """
      Reads .csv .tsv .jsonl (also .gz), .parquet, .feather and .npy, or data that the package brings: digits. \
      With --objective reverse-kl a target stands in place of the table: \(FitCommand.targets), or the folder \
      of a run, whose density is then the target. \
      Every column must hold numbers; columns of text are encoded with --one-hot or left out with --exclude.

      EXAMPLES
        pushforward fit nsf data.csv --out runs/mine
        pushforward fit nsf data.parquet --columns height,weight --out runs/two
        pushforward fit real-nvp data.csv --out runs/b --set training.batchSize=128
        pushforward fit nsf data.csv --out runs/c --set configuration.bins=16
        pushforward fit nsf data.csv --out runs/d --config settings.yaml
        pushforward fit gmm data.csv --out runs/e --set configuration.components=3
        pushforward fit causal data.csv --out runs/f --dag 'rain->wet,sprinkler->wet'
        pushforward fit hmm series.csv --states 3 --emission poisson --out runs/j
        pushforward fit nsf data.csv --given dose,sex --out runs/h        # p(the other columns | dose, sex)
        pushforward fit nsf data.csv --support age=positive,share=unit --out runs/i
        pushforward fit nsf ring --objective reverse-kl --out runs/g      # a target instead of a table
        pushforward models nsf      # all settings with their defaults, as YAML
      """)

  @Argument(help: "The model; `pushforward models` lists them.")
  var model: String

  /// The names of targets, for help.
  private static let targets = Targets.entries.map(\.name).joined(separator: ", ")

  @Argument(
    help: "The table, the name of data that the package brings, or a target (--objective reverse-kl).",
    completion: .file())
  var data: String

  @Option(name: .shortAndLong, help: "The folder of the run; made when missing.", completion: .directory)
  var out: String

  @Flag(name: .long, help: "Replace a run that is in the folder.")
  var overwrite = false

  @Option(
    name: .shortAndLong, help: "A YAML file of settings.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var config: String?

  @Option(name: .long, help: ArgumentHelp("A setting, over those of --config.", valueName: "key=value"))
  var set: [String] = []

  @Option(name: .long, help: ArgumentHelp("The columns to model (default: all).", valueName: "a,b"))
  var columns: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Columns to condition the others on, text included: regression, where one other column is left.",
      valueName: "a,b"))
  var given: String?

  @Option(name: .long, help: ArgumentHelp("Columns to leave out.", valueName: "a,b"))
  var exclude: String?

  @Option(
    name: .long, help: ArgumentHelp("Columns of text to encode as 0 and 1; 'all' for every one.", valueName: "a,b"))
  var oneHot: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Columns of few values, such as counts, that the model sees with noise of one step; 'all' for every one.",
      valueName: "a,b"))
  var dequantize: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The numbers that columns can take: positive, unit (0 to 1), interval(LOW,HIGH), integer.",
      valueName: "a=positive,b=interval(0,10)"))
  var support: String?

  @Flag(name: .long, help: "Leave out rows with missing or infinite values instead of refusing them.")
  var dropMissing = false

  @Option(name: .long, help: ArgumentHelp("The column that says how much each row counts.", valueName: "column"))
  var weights: String?

  @Option(
    name: .long, help: ArgumentHelp("The graph of the model causal, causes before effects.", valueName: "a->b,b->c"))
  var dag: String?

  @OptionGroup var series: SeriesOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "forward-kl fits to the rows of a table, reverse-kl to a density that is known up to a constant.",
      valueName: "forward-kl|reverse-kl"),
    transform: FitCommand.objective)
  var objective: Objective.Name?

  @Option(name: .long, help: "The start of all random numbers.")
  var seed: UInt64?

  @Option(name: .long, help: "auto, cpu, cuda or cuda:INDEX.")
  var device: String?

  @Flag(name: .long, inversion: .prefixedNo, help: "Write report.html into the folder of the run.")
  var report = true

  @OptionGroup var machine: MachineOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var explanation: VerboseOptions

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out names no folder") }
  }

  func run() throws {
    try Failure.handling {
      try FitRunner(output: output, isVerbose: explanation.verbose, writesReport: report).run(
        ModelFit(try settings(), into: RunFolder(out)), overwriting: overwrite)
    }
  }

  /// Defaults, then `--config`, then `--set`, then the options of their own.
  private func settings() throws -> FitSettings {
    var settings = try FitSettings(
      model: model, data: DataSettings(path: data, dequantize: data == "digits" && objective != .reverse ? ["*"] : []),
      objective: objective ?? .forward)
    if let config {
      settings = try settings.merging(try SettingsValue(yaml: try text(of: config), path: config))
      guard settings.model == model else {
        throw SettingsError.invalid(reason: "\(config) is for the model \(settings.model), not \(model)")
      }
      settings.data.path = data
    }
    for assignment in set { settings = try settings.setting(assignment) }
    if let dag { settings = try settings.merging(graph(dag)) }
    if let series = try series.settings(model: model) { settings = try settings.merging(series) }
    if let objective, settings.objective?.name ?? .forward != objective {
      throw SettingsError.invalid(reason: "--objective \(objective.rawValue) contradicts the settings")
    }
    guard settings.model == model, settings.data.path == data else {
      throw SettingsError.invalid(reason: "the model and the data are the arguments of fit, not settings")
    }
    // The run can be resumed from another folder. The name of a target is no path, whatever lies in this folder.
    let isTarget = settings.objective?.name == .reverse && Targets.entries.contains { $0.name == data }
    let isFile = !isTarget && FileManager.default.fileExists(atPath: data)
    settings.data.path = isFile ? URL(filePath: data).path : data
    if let columns { settings.data.columns = names(columns) }
    if let given { settings.data.given = names(given) }
    if let exclude { settings.data.exclude = names(exclude) }
    if let oneHot { settings.data.oneHot = namesOrAll(oneHot) }
    if let dequantize { settings.data.dequantize = dequantize == "none" ? [] : namesOrAll(dequantize) }
    if let support { settings.data.support = declarations(support) }
    if dropMissing { settings.data.missing = .drop }
    if let weights { settings.data.weights = weights }
    if let seed { settings.seed = seed }
    if let threads = machine.threads { settings.threads = threads }
    if let device { settings.device = device }
    return settings
  }

  private func graph(_ dag: String) throws -> SettingsValue {
    guard model == "causal" else {
      throw SettingsError.invalid(reason: "--dag is for the model causal, not \(model)")
    }
    return .object(["configuration": .object(["dag": .string(dag)])])
  }

  private static func objective(_ name: String) throws -> Objective.Name {
    guard let objective = Objective.Name(rawValue: name) else {
      let names = Objective.Name.allCases.map(\.rawValue).joined(separator: " or ")
      throw ValidationError("--objective must be \(names), not '\(name)'")
    }
    return objective
  }

  private func text(of path: String) throws -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ModelError.inputOutput(
        path: path,
        reason: FileManager.default.fileExists(atPath: path) ? "the settings cannot be read" : "there is no such file")
    }
  }

  private func names(_ list: String) -> [String] { list.split(separator: ",").map(String.init) }

  /// Parts between commas, those within brackets apart.
  private func declarations(_ list: String) -> [String] {
    var parts = [""]
    var depth = 0
    for character in list {
      depth += character == "(" ? 1 : character == ")" ? -1 : 0
      if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return parts.filter { !$0.isEmpty }
  }

  private func namesOrAll(_ list: String) -> [String] { list == "all" ? ["*"] : names(list) }
}
