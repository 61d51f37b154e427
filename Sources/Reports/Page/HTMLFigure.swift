import Foundation

/// Markup of a figure, with its specification as data for the program of the page.
struct HTMLFigure {
  private let figure: ReportFigure

  init(_ figure: ReportFigure) { self.figure = figure }

  /// The markup.
  func html() throws -> String {
    let id = HTMLText.escaped(figure.id)
    let numbers = figure.table.map {
      "<details><summary>In numbers: \(HTMLText.escaped(figure.title))</summary>\n\(HTMLTable($0).html())\n</details>"
    }
    return """
      <figure id="figure-\(id)" aria-labelledby="figure-\(id)-title">
      <h3 id="figure-\(id)-title">\(HTMLText.escaped(figure.title))</h3>
      \(try content())
      <figcaption>\(HTMLText.escaped(figure.reading))</figcaption>
      \(numbers ?? "")
      </figure>
      """
  }

  private func content() throws -> String {
    let id = HTMLText.escaped(figure.id)
    switch figure.content {
    case .chart(let specification):
      let json = HTMLText.script(json: String(decoding: try specification.json(), as: UTF8.self))
      let label = HTMLText.escaped("Chart. \(specification.description) \(figure.reading)")
      let isWide = specification.cells != nil
      let chart = "<div class=\"chart\" role=\"img\" aria-label=\"\(label)\" data-chart=\"\(id)\"></div>"
      return (isWide ? HTMLText.scrolling(figure.title, chart) : chart)
        + "\n<script type=\"application/json\" id=\"chart-\(id)\">\(json)</script>"
    case .image(let png, let description, let width):
      return """
        <img src="data:image/png;base64,\(png.base64EncodedString())" alt="\(HTMLText.escaped(description))" width="\(width)">
        """
    }
  }
}
