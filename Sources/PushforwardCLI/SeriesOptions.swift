import ArgumentParser
import Models

/// What the model hmm can be told by options of their own.
struct SeriesOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Hidden states of hmm; of several numbers BIC chooses.", valueName: "n,n"))
  var states: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Emissions of hmm, one for all columns or one for each: gaussian, diagonal, mixture, poisson, categorical, multinomial.",
      valueName: "a,b"))
  var emission: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The column of numbers that tells several series of hmm apart.", valueName: "column"))
  var sequenceColumn: String?

  /// The settings that the options stand for; nil when none is given.
  func settings(model: String) throws -> SettingsValue? {
    var configuration: [String: SettingsValue] = [:]
    if let states {
      let numbers = states.split(separator: ",").map { Int($0) }
      guard !numbers.isEmpty, !numbers.contains(nil) else {
        throw SettingsError.invalid(reason: "--states must be whole numbers, as 3 or 1,2,3, not '\(states)'")
      }
      configuration["states"] = .list(numbers.compactMap { $0.map { .integer($0) } })
    }
    if let emission {
      configuration["emission"] = .list(emission.split(separator: ",").map { .string(String($0)) })
    }
    if let sequenceColumn { configuration["sequenceColumn"] = .string(sequenceColumn) }
    guard !configuration.isEmpty else { return nil }
    guard model == "hmm" else {
      throw SettingsError.invalid(
        reason: "--states, --emission and --sequence-column are for the model hmm, not \(model)")
    }
    return .object(["configuration": .object(configuration)])
  }
}
