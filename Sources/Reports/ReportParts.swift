import Diagnostics
import Foundation
import Models
import Probability
import Torch

/// Turns what is known of a run into the parts of its report.
struct ReportParts {
  let evidence: RunEvidence
  /// The distance of samples from data in each column (Kolmogorov-Smirnov); empty without data.
  let distances: [Double]

  init(_ evidence: RunEvidence) {
    self.evidence = evidence
    distances = evidence.data.isThere ? zip(evidence.data.columns, evidence.samples).map(Self.distance) : []
  }

  private static func distance(_ first: [Double], _ second: [Double]) -> Double {
    let (first, second) = (first.filter(\.isFinite), second.filter(\.isFinite))
    return first.isEmpty || second.isEmpty ? .nan : KolmogorovSmirnov.test(first, second).statistic
  }

  /// The parts that there is something to show for.
  var sections: [ReportSection] {
    [
      lossSection, predictionSection, modeSection, imageSection, marginalSection, seriesSection, densitySection,
      pairSection,
      structureSection,
      reconstructionSection, codeSection, scoreSection,
    ].compactMap { $0 }
  }

  var subtitle: String {
    let columns = FormattedNumber.count(evidence.columnNames.count, "column")
    let kind = evidence.entry.map { " \($0.summary)" } ?? ""
    let given = evidence.description.conditions.map { " given \($0.sourceColumns.joined(separator: ", "))" } ?? ""
    return "The model \(evidence.description.model) of \(columns)\(given).\(kind)"
  }

  // MARK: How far samples are from data, column by column

  /// The distance above which a column differs beyond noise: exceeded by any of the columns by chance in 1 % of reports.
  var distanceLimit: Double {
    KolmogorovSmirnov.limit(
      max(evidence.data.rowNumbers.count, 1), max(evidence.samples.first?.count ?? 1, 1),
      probability: 0.01 / Double(max(evidence.columnNames.count, 1)))
  }

  /// Columns in the order in which they are shown when not all can be: the farthest from data first.
  var columnsByDistance: [Int] {
    let distances = distances
    guard !distances.isEmpty else { return Array(evidence.columnNames.indices) }
    return evidence.columnNames.indices.sorted {
      distances[$0] == distances[$1] ? $0 < $1 : distances[$0] > distances[$1]
    }
  }

  /// Columns in the order in which pairs are shown: those that depend most on another one, by the greatest absolute
  /// correlation.
  var columnsByDependence: [Int] {
    let table = evidence.data.isThere ? evidence.data.columns : evidence.samples
    let correlations = SampleStatistics.correlations(table)
    let strength = correlations.enumerated().map { index, row in
      row.enumerated().filter { $0.offset != index }.map { abs($0.element) }.max() ?? 0
    }
    return table.indices.sorted { strength[$0] == strength[$1] ? $0 < $1 : strength[$0] > strength[$1] }
  }

  /// Data and draws of a column under their names, data first and only when there are some.
  func samples(of column: Int) -> [NamedSample] {
    let drawn = NamedSample("samples", evidence.samples[column])
    return evidence.data.isThere ? [NamedSample("data", evidence.data.columns[column]), drawn] : [drawn]
  }
}
