import Foundation
import Models
import Probability

extension ReportParts {
  private static let mostModes = 50

  /// What a look at a model found that was fitted to a target: how its draws weigh, and which modes it misses.
  var targetSection: ReportSection? {
    guard let diagnosis = evidence.description.diagnosis else { return nil }
    let modes = diagnosis.modes.prefix(Self.mostModes)
    let rows = modes.enumerated().map { index, mode in
      [
        "\(index + 1)", mode.isMissed ? "missed" : "found",
        mode.location.prefix(8).map { FormattedNumber.general($0, digits: 3) }.joined(separator: ", ")
          + (mode.location.count > 8 ? ", ..." : ""),
        Self.share(mode.modelShare), Self.share(mode.targetShare),
      ]
    }
    let table = ReportTable(
      "The modes of the target that were found by descending its energy, the deepest first; missed are those of which the "
        + "model has less than a tenth of the mass.",
      header: ["mode", "", "at", "share of the model", "share of the target"], rows: rows)
    return ReportSection(
      "target", "Target", paragraphs: Self.sentences(diagnosis), tables: rows.isEmpty ? [] : [table])
  }

  private static func sentences(_ diagnosis: ReverseKullbackLeibler.Diagnosis) -> [String] {
    // What follows the first three lines is in the table.
    let lines = diagnosis.description.split(separator: "\n").prefix(3).map { $0.trimmingCharacters(in: .whitespaces) }
    let missed = diagnosis.missedModes.count
    let advice =
      missed == 0
      ? "No mode was seen that the model misses; modes that no descent has reached stay unseen."
      : "The reverse Kullback-Leibler divergence lets modes go. To catch them, anneal longer from a higher temperature "
        + "(objective.reverse-kl), draw more in each step (training.batchSize), or start with another seed."
    return lines + [advice]
  }

  private static func share(_ estimate: Estimate) -> String {
    String(format: "%.1f %% ± %.1f", 100 * estimate.value, 100 * estimate.standardError)
  }
}
