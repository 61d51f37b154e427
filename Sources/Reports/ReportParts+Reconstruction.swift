import Autoencoders
import Foundation

extension ReportParts {
  private static let mostCodes = 100

  /// What codes keep of rows, and whether each code number says anything.
  var reconstructionSection: ReportSection? {
    guard let found = evidence.reconstruction else { return nil }
    var words = [
      "A row has \(FormattedNumber.count(found.codes.count, "code number")) for "
        + "\(FormattedNumber.count(evidence.columnNames.count, "column")). Rows from their codes miss a column by "
        + "\(FormattedNumber.fixed(found.error, 3)) of its standard deviations (root mean square; the mean of the columns)."
    ]
    if let statistics = found.statistics {
      words.append(
        "A code says \(FormattedNumber.fixed(statistics.divergence, 2)) nats of its row (the divergence of its distribution "
          + "from the prior); \(statistics.active.count) of \(statistics.variances.count) code numbers are active.")
      if let advice = statistics.advice { words.append(advice.prefix(1).uppercased() + advice.dropFirst() + ".") }
    }
    var samples: [NamedSample] = []
    if evidence.columnNames.count > 1 {
      samples = [NamedSample("columns", found.errors.filter(\.isFinite))]
    }
    let figures = samples.filter { $0.values.count > 1 }.map { sample in
      ReportFigure(
        "reconstruction", "What codes lose, column by column",
        reading:
          "0: the column comes back exactly; 1: its code says nothing of it. The area over a stretch is the share of columns.",
        .chart(
          .histogram(
            [sample], title: "root mean squared difference, in standard deviations", countsValues: false, height: 180)))
    }
    return ReportSection(
      "reconstruction", "Reconstruction", paragraphs: words, figures: figures, tables: [codeTable(found)])
  }

  private func codeTable(_ found: Reconstruction) -> ReportTable {
    let statistics = found.statistics
    let active = Set(statistics?.active ?? [])
    let header = ["code", "mean", "std. dev."] + (statistics == nil ? [] : ["nats", "active"])
    let rows = found.codes.prefix(Self.mostCodes).enumerated().map { index, values -> [String] in
      let mean = values.reduce(0, +) / Double(max(values.count, 1))
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(values.count, 1))
      let nats = statistics?.divergences.map { FormattedNumber.fixed($0[index], 3) } ?? ""
      return ["code\(index + 1)", FormattedNumber.general(mean), FormattedNumber.general(variance.squareRoot())]
        + (statistics == nil ? [] : [nats, active.contains(index) ? "yes" : "no"])
    }
    return ReportTable(
      "Code numbers over rows" + (statistics == nil ? "" : ": a number that is not active is the same for all rows"),
      header: header, rows: rows)
  }
}
