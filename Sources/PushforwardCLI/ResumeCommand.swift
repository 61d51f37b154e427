import ArgumentParser
import Models

struct ResumeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Go on with a fit that was interrupted.",
    discussion: """
      The run continues with the same bits that an uninterrupted one would have had.

      EXAMPLE
        pushforward resume runs/mine
      """)

  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @OptionGroup var output: OutputOptions
  @OptionGroup var explanation: VerboseOptions

  func run() throws {
    try Failure.handling {
      let run = RunFolder(folder)
      guard run.isUnfinished else {
        throw ModelError.inputOutput(
          path: run.path,
          reason: run.isFinished
            ? "this run is finished; there is nothing to resume"
            : "there is no checkpoint to resume from; start with: pushforward fit")
      }
      try FitRunner(output: output, isVerbose: explanation.verbose)
        .run(ModelFit(try FitSettings(contentsOf: run.settings), into: run), resuming: true)
    }
  }
}
