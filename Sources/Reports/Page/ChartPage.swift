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
    let figure = try HTMLFigure(ReportFigure("chart", "Chart", reading: reading, .chart(self))).html()
    let body = "<header>\n<h1>\(HTMLText.escaped(title))</h1>\n</header>\n<main>\n\(figure)\n</main>"
    return Data(try HTMLPage(title: title, body: body).html().utf8)
  }
}
