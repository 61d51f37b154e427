import Foundation
import Models
import Probability
import Training

/// Shows a fit's events: a line that is drawn again on a terminal, plain lines elsewhere, JSON on request, or nothing.
final class ProgressReporter {
  private let output: OutputOptions
  private let isVerbose: Bool
  private var lastShown = ContinuousClock.now - .seconds(3600)
  private var hasDrawnLine = false
  /// How the temperature falls in a fit to a target.
  private var objective: ReverseKullbackLeiblerSettings?

  init(_ output: OutputOptions, isVerbose: Bool = false) {
    self.output = output
    self.isVerbose = isVerbose
  }

  func show(_ event: ModelFit.Event) {
    switch event {
    case .warning(let text): warn(text)
    case .slowParts(let parts):
      if isVerbose { explain(parts) }
    case .started(let training, let validation, let columns, let parameters):
      if output.json {
        emit(Started(trainingRows: training, validationRows: validation, columns: columns, parameters: parameters))
      } else if !output.quiet {
        Console.note(
          "Training on \(training) rows of \(columns) columns, \(validation) held out; \(parameters) parameters.")
      }
    case .computing(let rows, let columns):
      if output.json {
        emit(Computing(rows: rows, columns: columns))
      } else if !output.quiet {
        Console.note("Fitting to \(rows) rows of \(columns) \(columns == 1 ? "column" : "columns").")
      }
    case .seeking(let target, let objective, let columns, let parameters):
      self.objective = objective
      let steps = objective.stepsPerEpoch
      if output.json {
        emit(Seeking(target: target, stepsPerEpoch: steps, columns: columns, parameters: parameters))
      } else if !output.quiet {
        Console.note(
          "Training towards \(target), \(columns) columns, \(steps) steps an epoch; \(parameters) parameters.")
      }
    case .diagnosed(let diagnosis):
      finish()
      if output.json {
        emit(Diagnosed(diagnosis: diagnosis))
      } else if !output.quiet {
        Console.note(diagnosis.description)
      }
    case .saving: break
    case .progress(let progress): show(progress)
    }
  }

  /// Ends the line that was drawn last.
  func finish() {
    if hasDrawnLine { Console.note("") }
    hasDrawnLine = false
  }

  private func warn(_ text: String) {
    if output.json { return emit(Warning(message: text)) }
    if !output.quiet { Console.note("warning: \(text)") }
  }

  private func explain(_ parts: [String]) {
    if output.json {
      emit(SlowParts(composed: parts))
    } else {
      for part in parts { Console.note("composed, not in one kernel: \(part)") }
    }
  }

  private func show(_ progress: TrainingProgress) {
    if output.json {
      if progress.isEndOfEpoch { emit(Epoch(progress, temperature: temperature(progress))) }
    } else if !output.quiet {
      Console.isTerminal ? redraw(progress) : printLine(progress)
    }
  }

  private func redraw(_ progress: TrainingProgress) {
    guard isDue(.milliseconds(100)) else { return }
    let width = 20
    let share = Double(progress.step) / Double(max(progress.maximumEpochs * progress.stepsPerEpoch, 1))
    let filled = Int((share * Double(width)).rounded(.down))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    Console.redraw("\(bar) \(summary(progress)), at most \(Console.duration(progress.secondsLeft)) left")
    hasDrawnLine = true
  }

  private func printLine(_ progress: TrainingProgress) {
    guard progress.isEndOfEpoch, isDue(.seconds(5)) else { return }
    Console.note("\(summary(progress)), at most \(Console.duration(progress.secondsLeft)) left")
  }

  private func summary(_ progress: TrainingProgress) -> String {
    var text = "epoch \(progress.epoch)/\(progress.maximumEpochs)  loss \(Console.fixed(progress.trainingLoss))"
    // Held-out draws are judged at temperature 1, so the two losses are no figures of one kind before.
    if let temperature = temperature(progress), temperature > 1 {
      text += " at temperature \(Console.fixed(temperature, 1))"
    }
    if let validation = progress.validationLoss, let best = progress.bestValidationLoss {
      text += "  validation \(Console.fixed(validation)) (best \(Console.fixed(best))"
      text += progress.epochsSinceBest > 0 ? ", \(progress.epochsSinceBest) ago)" : ")"
    }
    return text + "  \(Int(progress.rowsPerSecond)) rows/s"
  }

  /// The temperature of the last step; nil in a fit to data.
  private func temperature(_ progress: TrainingProgress) -> Double? {
    objective?.temperature(step: max(progress.step - 1, 0))
  }

  private func isDue(_ interval: Duration) -> Bool {
    let now = ContinuousClock.now
    guard now - lastShown >= interval else { return false }
    lastShown = now
    return true
  }

  /// A line that cannot be written must not end the training.
  private func emit(_ value: some Encodable) { try? Console.result(Console.json(value)) }

  private struct Warning: Encodable {
    var event = "warning"
    var message: String
  }

  private struct Started: Encodable {
    var event = "started"
    var trainingRows: Int
    var validationRows: Int
    var columns: Int
    var parameters: Int
  }

  private struct Seeking: Encodable {
    var event = "started"
    var target: String
    var stepsPerEpoch: Int
    var columns: Int
    var parameters: Int
  }

  private struct Diagnosed: Encodable {
    var event = "diagnosis"
    var diagnosis: ReverseKullbackLeibler.Diagnosis
  }

  private struct SlowParts: Encodable {
    var event = "composed"
    var composed: [String]
  }

  private struct Computing: Encodable {
    var event = "computing"
    var rows: Int
    var columns: Int
  }

  private struct Epoch: Encodable {
    var event = "epoch"
    var epoch: Int
    var step: Int
    var trainingLoss: Double
    var validationLoss: Double?
    var learningRate: Double
    var seconds: Double
    /// That of the last step, by which the energy is divided in the training loss; nil in a fit to data.
    var temperature: Double?

    init(_ progress: TrainingProgress, temperature: Double?) {
      self.temperature = temperature
      epoch = progress.epoch
      step = progress.step
      trainingLoss = progress.trainingLoss
      validationLoss = progress.validationLoss
      learningRate = progress.learningRate
      seconds = progress.seconds
    }
  }
}
