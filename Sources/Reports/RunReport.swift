public import Diagnostics
import Foundation
public import Models
import Torch

/// A report of a run: what its model learnt, for a person to look at.
///
///     let report = try RunReport(of: RunFolder("runs/mine"))
///     try report.html().write(to: URL(filePath: "report.html"))
///     print(report.text(TerminalStyle()))
///
/// The same run gives the same report, byte by byte: random numbers start from a seed of their own, and no clock is read.
public struct RunReport: Sendable {
  /// The heading.
  public var title: String
  /// The line under the heading.
  public var subtitle: String
  /// What is to be known, in plain sentences, the most important first.
  public var summary: [String]
  /// The parts, in order; more can be added.
  public var sections: [ReportSection]
  /// What the model found when it checked itself, when it did; a part of its own after the summary.
  public var verification: Verification?
  /// Settings and provenance: name and value.
  public var provenance: [(name: String, value: String)]
  /// What the terminal shows.
  var glance: ReportGlance

  /// Reads a run, asks its model and says what came of it.
  ///
  /// - Parameters:
  ///   - folder: the run.
  ///   - data: a table to hold the model against, such as held-out rows; the one that it was fitted to when nil. When
  ///     that cannot be read, the report says so and shows what it can without.
  ///   - verification: what the model found when it checked itself.
  ///   - options: how much is looked at.
  /// - Throws: `ModelError` and `TensorFileError` when the model cannot be read, `DatasetError` or `ModelError.columns` when
  ///   the table that was named cannot.
  /// - Complexity: one density and one draw for each of at most ``ReportOptions/mostRows`` rows, twice.
  public init(
    of folder: RunFolder, data: String? = nil, verification: Verification? = nil,
    options: ReportOptions = ReportOptions()
  ) throws {
    if let data { _ = try LoadedData(scoring: data, with: folder.loadModel().description) }
    let evidence = try RunEvidence(folder, dataPath: data, options: options)
    let parts = ReportParts(evidence)
    title = "Report of \(folder.path)"
    subtitle = parts.subtitle
    summary = parts.summary
    self.verification = verification
    sections = parts.sections
    provenance = parts.provenance(folder)
    glance = parts.glance
  }

  /// All charts, with their names: what can be exported one by one.
  public var charts: [(name: String, specification: VegaLiteSpecification)] {
    sections.flatMap(\.figures).compactMap { figure in
      guard case .chart(let specification) = figure.content else { return nil }
      return (figure.id, specification)
    }
  }
}
