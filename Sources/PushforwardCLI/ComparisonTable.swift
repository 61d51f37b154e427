import Diagnostics
import Foundation
import Probability

/// A comparison as lines of text.
struct ComparisonTable {
  private let comparison: ModelComparison

  init(_ comparison: ModelComparison) { self.comparison = comparison }

  /// P-values below this are marked.
  private static let significance = 0.01

  /// The head and one line a model, in columns.
  var lines: [String] {
    let head = [
      "model", "log p", "to the best", "bits/dim", "MMD^2", "C2ST", "sliced W", "draw us", "score us", "size",
    ]
    let rows = [head] + comparison.entries.enumerated().map(cells)
    return aligned(rows)
  }

  /// What balls around neighbours say of draws: a table of its own, as the first one is wide.
  var fidelityLines: [String] {
    let head = ["draws against rows", "precision", "recall", "density", "coverage"]
    func row(_ name: String, _ figures: FidelityAndDiversity) -> [String] {
      [name] + [figures.precision, figures.recall, figures.density, figures.coverage].map(plain)
    }
    return aligned(
      [head] + comparison.entries.map { row($0.name, $0.fidelity) } + [
        row("(two halves of the rows)", comparison.halves)
      ])
  }

  /// The three goals that pull apart: short codes, rows that come back, and draws that are distributed as rows; empty when no
  /// model has codes.
  var goalLines: [String] {
    guard comparison.entries.contains(where: { $0.codeSize != nil }) else { return [] }
    let head = ["three goals", "code numbers", "lost of a row", "C2ST of draws"]
    return aligned(
      [head]
        + comparison.entries.map { entry in
          [
            entry.name, entry.codeSize.map { "\($0)" } ?? "-", entry.reconstructionError.map(number) ?? "-",
            String(format: "%.3f", entry.accuracy.value),
          ]
        })
  }

  private func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }
  }

  /// How to read it.
  var legend: [String] {
    [
      "",
      "log p in nats: mean over \(comparison.rowCount) rows +- one standard error; to the best: mean of paired differences.",
      "MMD^2, C2ST and sliced W hold \(comparison.sampleCount) draws against as many rows, columns standardized: 0, 0.5 and "
        + "about \(number(comparison.noise)) (what chance makes of so many rows) for a perfect model.",
      "precision: share of draws that lie among the rows; recall: share of rows that lie among the draws; density and coverage: "
        + "the same, steadier; by balls that end at the 3rd and 5th nearest neighbour.",
      "lost of a row: root mean squared difference of rows from what their codes give back, in standard deviations.",
      "* beyond noise: more than 3 standard errors below the best, or p < \(Self.significance).",
    ]
  }

  private func cells(_ index: Int, _ entry: ModelComparison.Entry) -> [String] {
    [
      entry.name, logProb(entry), difference(entry, index), entry.bitsPerDimension.map { plain($0) } ?? "-",
      number(entry.discrepancy.value) + mark(entry.discrepancyPValue),
      String(format: "%.3f", entry.accuracy.value) + mark(entry.accuracyPValue), number(entry.slicedWasserstein.value),
      number(entry.samplingMicroseconds), entry.scoringMicroseconds.map(number) ?? "-", size(entry.bytes),
    ]
  }

  private func logProb(_ entry: ModelComparison.Entry) -> String {
    guard let estimate = entry.logProb else { return "-" }
    return estimate.value.isFinite ? plain(estimate) : "-inf (\(entry.impossibleRows) rows)"
  }

  private func difference(_ entry: ModelComparison.Entry, _ index: Int) -> String {
    if index == comparison.best { return "best" }
    guard entry.logProb != nil else { return "-" }
    return (entry.difference.map { plain($0) } ?? "-inf") + (entry.isWorse ? "*" : " ")
  }

  private func plain(_ estimate: Estimate) -> String {
    guard estimate.value.isFinite else { return "-" }
    guard abs(estimate.value) < 1e6 else {
      return String(format: "%.4g +- %.2g", estimate.value, estimate.standardError)
    }
    return String(format: "%.3f +- %.3f", estimate.value, estimate.standardError)
  }

  private func mark(_ pValue: Double) -> String { pValue < Self.significance ? "*" : " " }

  private func number(_ value: Double) -> String {
    abs(value) >= 100 ? String(format: "%.0f", value) : String(format: "%.2g", value)
  }

  private func size(_ bytes: Int?) -> String {
    guard let bytes else { return "-" }
    return bytes < 1_000_000 ? "\((bytes + 999) / 1000) kB" : String(format: "%.1f MB", Double(bytes) / 1e6)
  }
}
