import Foundation
import Reports

/// One chart as the content of a file.
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

  /// The chart as a picture, or its specification.
  func content(as format: ChartConverter.Format?) throws -> Data {
    guard let converter, let format else { return try chart.json(isIndented: true) }
    return try converter.picture(of: chart, as: format)
  }
}
