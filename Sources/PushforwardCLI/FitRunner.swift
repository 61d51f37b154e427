import ArgumentParser
import Models
import Training

/// Runs a fit with progress and Ctrl-C, and says how it ended; `fit` and `resume` share it.
struct FitRunner {
  let output: OutputOptions

  func run(_ fit: ModelFit, overwriting: Bool = false, resuming: Bool = false) throws {
    let interrupts = InterruptHandling()
    let reporter = ProgressReporter(output)
    let report: TrainingReport
    do {
      defer { reporter.finish() }
      report = try fit.run(
        overwriting: overwriting, resuming: resuming, stop: interrupts.stop, onEvent: reporter.show)
    }
    try conclude(report, fit.folder)
  }

  private func conclude(_ report: TrainingReport, _ folder: RunFolder) throws {
    let isInterrupted = report.stopReason == .interrupted
    if output.json {
      try Console.result(Console.json(Result(event: "result", folder: folder.path, training: report)))
    } else if isInterrupted {
      Console.error(
        "interrupted in epoch \(report.epochs + 1), step \(report.steps). Go on with: pushforward resume \(folder.path)"
      )
    } else if !output.quiet {
      Console.note(summary(report))
      Console.note("Saved in \(folder.path): model.safetensors, settings.yaml, metrics.jsonl")
    }
    if isInterrupted { throw Failure.interrupted }
  }

  private func summary(_ report: TrainingReport) -> String {
    var text = "Done: \(report.epochs) epochs, \(report.steps) steps in \(Console.duration(report.seconds))."
    if let best = report.bestValidationLoss {
      text += " Best validation loss \(Console.fixed(best, 4)) in epoch \(report.bestEpoch)"
      text += report.stopReason == .patience ? "; stopped because it did not improve further." : "."
    }
    return text
  }

  private struct Result: Encodable {
    var event: String
    var folder: String
    var training: TrainingReport
  }
}
