import Foundation
import Reports

/// Writes one chart as a file.
struct ChartWriter {
  private let chart: VegaLiteSpecification
  private let converter: ChartConverter?

  init(_ chart: VegaLiteSpecification, _ converter: ChartConverter?) {
    self.chart = chart.standalone()
    self.converter = converter
  }

  /// What draws pictures of a kind; nil when none is wanted.
  ///
  /// - Throws: `ReportError.noConverter` when it is not installed.
  static func converter(for format: ChartConverter.Format?) throws -> ChartConverter? {
    guard let format else { return nil }
    return try ChartConverter(for: format, searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
  }

  /// Writes the chart as a picture, or as its specification.
  func write(to url: URL, as format: ChartConverter.Format?) throws {
    guard let converter, let format else { return try chart.json(isIndented: true).write(to: url, options: .atomic) }
    try converter.picture(of: chart, as: format).write(to: url, options: .atomic)
  }
}
