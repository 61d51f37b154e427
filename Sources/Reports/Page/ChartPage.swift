public import Foundation

extension VegaLiteSpecification {
  /// The chart alone as one HTML file that needs nothing else.
  ///
  /// - Parameters:
  ///   - title: the heading.
  ///   - reading: a sentence that says how to read it.
  /// - Returns: the file.
  /// - Throws: `ReportError.missingResource` when a file of the package is not beside the program.
  public func html(title: String, reading: String) throws -> Data {
    let figure = ReportFigure("chart", title, reading: reading, .chart(self))
    return Data(try HTMLPage(title: title, body: "<main>\n\(try HTMLFigure(figure).html())\n</main>").html().utf8)
  }
}
