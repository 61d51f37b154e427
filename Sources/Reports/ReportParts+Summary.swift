import Foundation
import Models
import Probability
import Training

extension ReportParts {
  /// The most important findings in plain sentences.
  var summary: [String] {
    [source, ending].compactMap { $0 } + targetSummary + [scores, predictionSummary, likeness, codes].compactMap { $0 }
      + evidence.data.notes.map { "Note: \($0)." }
  }

  private var source: String {
    let rows = FormattedNumber.count(evidence.data.rowCount, "row")
    let drawn = FormattedNumber.count(evidence.samples.first?.count ?? 0, "sample")
    let looked = evidence.data.rowNumbers.count
    let part = looked < evidence.data.rowCount ? ", of which \(FormattedNumber.count(looked)) are looked at" : ""
    switch evidence.data.source {
    case .fitted(let path):
      return "It was fitted to \(path) (\(rows)\(part)); \(drawn) of it\(underConditions) are held against these data."
    case .given(let path): return "\(drawn) of it\(underConditions) are held against \(path) (\(rows)\(part))."
    case .target(let name):
      return "It was fitted to the target \(name), which has no data; \(drawn) of it are shown."
    case .missing(let reason):
      return "There are no data to hold it against: \(reason). What needs data is left out; \(drawn) are shown."
    }
  }

  private var underConditions: String {
    evidence.description.conditions == nil ? "" : ", one under the conditions of each row,"
  }

  private var ending: String? {
    if let training = evidence.description.training {
      var text = "Training took \(FormattedNumber.count(training.epochs, "epoch")), "
      text += "\(FormattedNumber.count(training.steps, "step")), and ended because "
      switch training.stopReason {
      case .patience: text += "held-out rows did not improve further"
      case .maximumEpochs: text += "all epochs were done: more of them may improve it"
      case .interrupted: text += "it was interrupted"
      case .diverged: text += "the loss stopped being a number; the weights are the best before that"
      }
      text += "; it keeps the weights of epoch \(training.bestEpoch)."
      if let objective = evidence.objective, training.steps < objective.annealingSteps {
        let temperature = FormattedNumber.general(objective.temperature(step: training.steps), digits: 3)
        text += " It ended while the temperature was still \(temperature), so the target itself was never trained for: "
        text += "more epochs are needed, or fewer steps of annealing."
      }
      return text
    }
    guard let estimation = evidence.description.estimation, !estimation.details.isEmpty else { return nil }
    let details = estimation.details.sorted { $0.key < $1.key }.map { "\($0.key) \(words($0.value))" }
    let text = details.joined(separator: "; ")
    return "The fit found: \(text.count > 400 ? text.prefix(400) + "..." : text)."
  }

  /// A value as a reader wants it.
  private func words(_ value: SettingsValue) -> String {
    switch value {
    case .null: "none"
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value): FormattedNumber.count(value)
    case .number(let value): FormattedNumber.general(value, digits: 5)
    case .string(let value): value
    case .list(let values): values.map(words).joined(separator: ", ")
    case .object(let values):
      values.sorted { $0.key < $1.key }.map { "\($0.key) \(words($0.value))" }.joined(separator: ", ")
    }
  }

  /// The mean log-densities of the rows, held-out ones apart from those trained on.
  private var scores: String? {
    guard let scores = evidence.dataScores else { return nil }
    let pairs = zip(scores, evidence.data.isHeldOut).filter { !$0.0.isNaN }
    let heldOut = pairs.filter(\.1).map(\.0)
    let trained = pairs.filter { !$0.1 }.map(\.0)
    let sentences = [
      heldOut.isEmpty ? nil : "On \(FormattedNumber.count(heldOut.count, "row")) \(heldOutWords), \(mean(heldOut))",
      trained.isEmpty
        ? nil : "On \(FormattedNumber.count(trained.count, "row")) that it was fitted to, \(mean(trained))",
    ]
    return sentences.compactMap { $0 }.joined(separator: " ")
  }

  private var heldOutWords: String {
    if case .given(let path) = evidence.data.source { return "of \(path)" }
    return "that it was not trained on"
  }

  private func mean(_ values: [Double]) -> String {
    let finite = values.filter(\.isFinite)
    let estimate = Estimate(meanOf: finite)
    let outside = values.count - finite.count
    let spread = finite.count > 1 ? " \u{00B1} \(FormattedNumber.general(estimate.standardError, digits: 2))" : ""
    let value = finite.isEmpty ? "unknown" : FormattedNumber.general(estimate.value) + spread
    let text = "the mean log-density is \(value) nats"
    guard outside > 0 else { return text + "." }
    let verb = outside == 1 ? "row has" : "rows have"
    return text + " among rows with a density; \(FormattedNumber.count(outside)) \(verb) density 0."
  }

  private var likeness: String? {
    let distances = distances
    guard !distances.isEmpty, !(evidence.model is any SeriesModel) else { return nil }
    let beyond = columnsByDistance.filter { distances[$0] > distanceLimit }
    let all = evidence.columnNames.count
    if beyond.isEmpty {
      return all == 1
        ? "The samples do not differ from the data beyond noise."
        : "Taken one by one, the samples of no column differ from the data beyond noise."
    }
    let named = beyond.prefix(5).map { "'\(evidence.columnNames[$0])'" }.joined(separator: ", ")
    let more = beyond.count > 5 ? " and \(FormattedNumber.count(beyond.count - 5)) more" : ""
    return "Samples differ from the data beyond noise in \(FormattedNumber.count(beyond.count)) of "
      + "\(FormattedNumber.count(all, "column")): \(named)\(more). Look at these first."
  }

  private var codes: String? {
    guard let codes = codeSamples else { return nil }
    let beyond = codes.filter { $0.distance > codeLimit(among: codes) }
    guard let worst = beyond.map(\.distance).max() else {
      return "Its codes of the data are \(codeWords) within noise."
    }
    let first = codes.count == 1 ? "Its code" : "\(FormattedNumber.count(beyond.count)) of its \(codes.count) codes"
    // A large table shows differences that are too small to matter.
    let verdict = worst < 0.05 ? "slightly" : worst < 0.15 ? "clearly" : "very"
    return
      "\(first) of the data \(beyond.count == 1 ? "is" : "are") not \(codeWords), beyond noise: the fit is \(verdict) off "
      + "there (shares of rows differ by up to \(FormattedNumber.fixed(worst, 3)))."
  }

  private var codeWords: String { evidence.latents != nil ? "standard normal" : "uniform" }
}
