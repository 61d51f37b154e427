public import Foundation

/// A part of a report: a heading, sentences, figures and tables.
public struct ReportSection: Sendable {
  /// The name in links, of letters, digits and hyphens.
  public var id: String
  /// The heading.
  public var title: String
  /// Sentences under the heading.
  public var paragraphs: [String]
  /// Figures.
  public var figures: [ReportFigure]
  /// Tables.
  public var tables: [ReportTable]

  /// A part of a report.
  ///
  /// - Parameters:
  ///   - id: the name in links.
  ///   - title: the heading.
  ///   - paragraphs: sentences under it.
  ///   - figures: figures.
  ///   - tables: tables.
  public init(
    _ id: String, _ title: String, paragraphs: [String] = [], figures: [ReportFigure] = [], tables: [ReportTable] = []
  ) {
    self.id = id
    self.title = title
    self.paragraphs = paragraphs
    self.figures = figures
    self.tables = tables
  }
}

/// A chart or a picture, with a sentence that says how to read it.
public struct ReportFigure: Sendable {
  /// What a figure shows.
  public enum Content: Sendable {
    /// A chart.
    case chart(VegaLiteSpecification)
    /// A picture of points that are shown enlarged, as a PNG file; the words are for those who do not see it.
    case image(Data, description: String, width: Int)
  }

  /// The name in links and of files, of letters, digits and hyphens.
  public var id: String
  /// The heading.
  public var title: String
  /// The sentence that says how to read it.
  public var reading: String
  /// What it shows.
  public var content: Content
  /// The same in numbers.
  public var table: ReportTable?
  /// Whether it stands beside others of its kind where there is room.
  public var isSmall: Bool

  /// A figure.
  ///
  /// - Parameters:
  ///   - id: the name in links and of files.
  ///   - title: the heading.
  ///   - reading: how to read it.
  ///   - content: what it shows.
  ///   - table: the same in numbers.
  ///   - isSmall: whether it stands beside others of its kind.
  public init(
    _ id: String, _ title: String, reading: String, _ content: Content, table: ReportTable? = nil, isSmall: Bool = false
  ) {
    self.id = id
    self.title = title
    self.reading = reading
    self.content = content
    self.table = table
    self.isSmall = isSmall
  }
}

/// A table of a report.
public struct ReportTable: Sendable, Hashable {
  /// What the table shows.
  public var caption: String
  /// The names of its columns.
  public var header: [String]
  /// Its rows, a text a column.
  public var rows: [[String]]
  /// Whether the first column names the rows.
  public var hasRowNames: Bool

  /// A table.
  ///
  /// - Precondition: each row has a text for each column.
  public init(_ caption: String, header: [String], rows: [[String]], hasRowNames: Bool = true) {
    precondition(
      rows.allSatisfy { $0.count == header.count }, "ReportTable: expected rows of \(header.count) texts")
    self.caption = caption
    self.header = header
    self.rows = rows
    self.hasRowNames = hasRowNames
  }
}
