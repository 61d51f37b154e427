import ArgumentParser
import Foundation
import Models
import Reports
import Training

/// Runs a fit with progress and Ctrl-C, and says how it ended; `fit` and `resume` share it.
struct FitRunner {
  let output: OutputOptions
  var isVerbose = false
  var writesReport = true

  func run(_ fit: ModelFit, overwriting: Bool = false, resuming: Bool = false) throws {
    let saving = SavingGuard()
    let interrupts = interruptHandling(of: fit, saving)
    let reporter = ProgressReporter(output, isVerbose: isVerbose)
    let report: FitReport
    do {
      defer { reporter.finish() }
      report = try fit.run(overwriting: overwriting, resuming: resuming, stop: interrupts.stop) { event in
        if case .saving = event { saving.beginSaving() }
        reporter.show(event)
      }
    }
    if case .estimation = report, interrupts.stop.isRequested {
      Console.error("interrupted; the model is saved in \(fit.folder.path), its report was not written")
      throw Failure.interrupted
    }
    if writesReport { writeReport(fit.folder) }
    switch report {
    case .training(let report): try conclude(report, fit.folder)
    case .estimation(let report): try conclude(report, fit.folder)
    }
  }

  /// A fit that computes everything at once has nothing to resume from, so a request to stop ends it; before its end it
  /// has written nothing, but made the folder when there was none.
  private func interruptHandling(of fit: ModelFit, _ saving: SavingGuard) -> InterruptHandling {
    guard fit.settings.training == nil else { return InterruptHandling() }
    let path = fit.folder.url.path
    return InterruptHandling {
      // A folder that holds anything stays.
      saving.end("interrupted; nothing was saved") { rmdir(path) }
    }
  }

  /// A fit is not worth less when its report cannot be written, so that only says so.
  private func writeReport(_ folder: RunFolder) {
    guard folder.isFinished else { return }
    do {
      try RunReport(of: folder).write(to: folder.report)
    } catch {
      if !output.quiet { Console.note("warning: the report was not written: \(error)") }
    }
  }

  private func conclude(_ report: EstimationReport, _ folder: RunFolder) throws {
    if output.json {
      try Console.result(Console.json(EstimationResult(event: "result", folder: folder.path, estimation: report)))
    } else if !output.quiet {
      Console.note(summary(report))
      Console.note("Saved in \(folder.path): \(files(folder, ["model.safetensors", "settings.yaml"]))")
    }
  }

  private func files(_ folder: RunFolder, _ names: [String]) -> String {
    let hasReport = FileManager.default.fileExists(atPath: folder.report.path)
    return (names + (hasReport ? ["report.html"] : [])).joined(separator: ", ")
  }

  private func summary(_ report: EstimationReport) -> String {
    var text = "Done in \(Console.duration(report.seconds))."
    if let mean = report.meanLogProb {
      let rows = report.completeRows == report.rows ? "\(report.rows)" : "\(report.completeRows) complete"
      text += " log p = \(Console.fixed(mean, 4)) nats (mean of the \(rows) rows of the fit)"
    } else if report.completeRows > 0 {
      text += " Some rows of the fit have density 0."
    }
    return ([text] + report.details.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" })
      .joined(separator: "\n")
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
      Console.note("Saved in \(folder.path): \(files(folder, ["model.safetensors", "settings.yaml", "metrics.jsonl"]))")
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

  private struct EstimationResult: Encodable {
    var event: String
    var folder: String
    var estimation: EstimationReport
  }

  private struct Result: Encodable {
    var event: String
    var folder: String
    var training: TrainingReport
  }
}
