import ArgumentParser
import Datasets
import Foundation
import Models
import Reports
import Torch

/// One chart of columns of a table.
struct TablePlot {
  /// The kinds of charts.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case histogram, scatter, line, density
  }

  let title: String
  let reading: String
  let chart: VegaLiteSpecification
  let warnings: [String]
  private let kind: Kind
  private let groups: [Group]

  /// The rows of one colour.
  private struct Group {
    let name: String
    let x: [Double]
    let y: [Double]
  }

  private static let mostColors = 8

  /// Reads the columns and chooses the chart.
  ///
  /// - Throws: `DatasetError` when the columns cannot be read, `ReportError.cannotDraw` when they cannot be shown so.
  init(_ path: String, x: String, y: String?, color: String?, kind: Kind) throws {
    self.kind = kind
    let table = try Self.read(path, columns: [x] + [y, color].compactMap { $0 }, text: color)
    warnings = table.warnings
    let xs = try table.columns([x]).doubles()
    let ys = try y.map { try table.columns([$0]).doubles() } ?? []
    let keys = try color.map { try Self.groupNames(table, $0) }
    let names = keys.map { Set($0).sorted(by: Self.isBefore) } ?? [x]
    groups = names.map { name in
      let rows = keys.map { keys in keys.indices.filter { keys[$0] == name } } ?? Array(xs.indices)
      return Group(name: name, x: rows.map { xs[$0] }, y: ys.isEmpty ? [] : rows.map { ys[$0] })
    }
    let colored = color.map { " by \($0)" } ?? ""
    title = (y.map { "\($0) against \(x)" } ?? x) + colored
    (chart, reading) = Self.chart(kind, groups, x: x, y: y)
  }

  /// Rows without a missing value in the columns.
  private static func read(_ path: String, columns: [String], text: String?) throws -> Table {
    var unique: [String] = []
    for name in columns where !unique.contains(name) { unique.append(name) }
    if let images = try LabelledImages.found(at: path) {
      return Table(values: try images.table.columns(unique), columnNames: unique, path: path)
    }
    var options = TableOptions(columns: unique, missingValues: .drop, dtype: .float64)
    do {
      return try Table(contentsOf: path, options: options)
    } catch {
      guard case .textColumn(let place, let example) = error else { throw error }
      guard let text, place.column == text else {
        throw ReportError.cannotDraw(
          reason: "the column '\(place.column ?? "")' holds text ('\(example)'); only --color takes such a column")
      }
      options.oneHot = .columns([text])
      return try Table(contentsOf: path, options: options)
    }
  }

  /// For each row, the text or number by which it is coloured.
  private static func groupNames(_ table: Table, _ color: String) throws -> [String] {
    if let categories = table.categories[color] {
      try checkColors(categories.count, color)
      let indicators = try table.columns(categories.map { "\(color)=\($0)" })
      return indicators.argMax(1).scalars(as: Int.self).map { categories[$0] }
    }
    let names = try table.columns([color]).doubles().map {
      $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int($0))" : "\($0)"
    }
    try checkColors(Set(names).count, color)
    return names
  }

  private static func checkColors(_ count: Int, _ color: String) throws {
    guard count <= mostColors else {
      throw ReportError.cannotDraw(
        reason: "--color \(color): the column has \(count) different values, and a chart at most \(mostColors) colours")
    }
  }

  /// Numbers by size, before texts by letters.
  private static func isBefore(_ first: String, _ second: String) -> Bool {
    guard let a = Double(first), let b = Double(second) else { return first < second }
    return a < b
  }

  private static func chart(
    _ kind: Kind, _ groups: [Group], x: String, y: String?
  ) -> (VegaLiteSpecification, String) {
    switch (kind, y) {
    case (.line, let y?):
      let lines = groups.map { group -> NamedLine in
        let order = group.x.indices.sorted { group.x[$0] < group.x[$1] }
        return NamedLine(group.name, x: order.map { group.x[$0] }, y: order.map { group.y[$0] })
      }
      return (
        .lines(lines, x: x, y: y, height: 360), "Rows joined from left to right; at most 500 of each line are drawn."
      )
    case (.scatter, let y?), (.histogram, let y?):
      let points = groups.map { NamedPoints($0.name, x: $0.x, y: $0.y) }
      return (
        .scatter(points, x: x, y: y), "One point a row; at most 2,000 are drawn, evenly apart in the table's order."
      )
    case (.density, let y?):
      let points = NamedPoints("rows", x: groups.flatMap(\.x), y: groups.flatMap(\.y))
      return (
        .counts(points, x: x, y: y), "The lighter a cell, the more rows are in it; cells without colour are empty."
      )
    case (.density, nil):
      let curves = groups.map { NamedSample($0.name, $0.x) }
      return (
        .smoothed(curves, title: x), "A smooth density of the rows (Gaussian kernel, bandwidth by Silverman's rule)."
      )
    case (_, nil):
      let samples = groups.map { NamedSample($0.name, $0.x) }
      return (
        .histogram(samples, title: x, height: 320),
        "The area over a stretch, or the height of a bar, is the share of rows in it."
      )
    }
  }

  /// The chart in a terminal.
  func text(_ style: TerminalStyle) -> String {
    let body: [String]
    if groups.allSatisfy(\.y.isEmpty) {
      let samples = groups.map { NamedSample($0.name, $0.x) }
      body = samples.map { TerminalHistogram($0, comparedWith: samples).text(style) }
    } else {
      body = groups.map { group in
        let order = kind == .line ? group.x.indices.sorted { group.x[$0] < group.x[$1] } : Array(group.x.indices)
        let plot = TerminalPlot(
          x: order.map { group.x[$0] }, y: order.map { group.y[$0] }, isLine: kind == .line, height: 16)
        return (groups.count > 1 ? group.name + "\n" : "") + plot.text(style)
      }
    }
    // The histogram of a single group has its name.
    return ((groups.count == 1 && groups[0].y.isEmpty ? [] : [title]) + body).joined(separator: "\n")
  }
}
