import ArgumentParser
import Datasets
import Foundation
import Models
import Reports
import Torch

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw one chart from any table.",
    discussion: """
      Reads what fit reads, and the columns that are named only; rows with a missing value in them are left out. Writes \
      .html (the default, plot.html), .vl.json (the specification), and .svg or .png through vl-convert.

      EXAMPLES
        pushforward plot data.csv --x height
        pushforward plot data.csv --x height --y weight --color species -o plot.svg
        pushforward plot runs/mine/samples.csv --x height --y weight --kind density
        pushforward plot data.csv --x height --terminal
      """)

  @Argument(help: "The table, or the name of data that the package brings.", completion: .file())
  var table: String

  @Option(name: .long, help: "The column from left to right.")
  var x: String

  @Option(name: .long, help: "The column upward.")
  var y: String?

  @Option(name: .long, help: "A column of text or of few values, by which rows are coloured.")
  var color: String?

  @Option(
    name: .long,
    help: "histogram, scatter, line or density (default: a histogram of one column, a scatter plot of two).")
  var kind: TablePlot.Kind?

  @Option(name: .shortAndLong, help: "Where to write it: .html, .vl.json, .svg or .png.", completion: .file())
  var output: String?

  @OptionGroup var overwriting: OverwriteOption

  @Flag(name: .long, help: "Draw in the terminal instead.")
  var terminal = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  func validate() throws {
    if terminal, output != nil { throw ValidationError("--terminal prints; it takes no -o") }
    if y == nil, kind == .scatter || kind == .line { throw ValidationError("--kind \(kind?.rawValue ?? "") needs --y") }
    if y != nil, kind == .histogram { throw ValidationError("--kind histogram takes no --y") }
  }

  func run() throws {
    try Failure.handling {
      let target = output ?? "plot.html"
      let format = try terminal ? nil : Self.format(of: target)
      // The page of the default name is drawn anew each time.
      let file = try terminal ? nil : output.map(overwriting.file) ?? OutputFile(target, overwriting: true)
      let converter = try ChartWriter.converter(for: format?.picture)
      let plot = try TablePlot(
        table, x: x, y: y, color: color, kind: kind ?? (y == nil ? .histogram : .scatter))
      plot.warnings.forEach(note)
      guard let format, let file else { return try Console.result(plot.text(Terminal.style)) }
      try file.write(
        format == .html
          ? plot.chart.html(title: plot.title, reading: plot.reading)
          : ChartWriter(plot.chart, converter).content(as: format.picture))
      note("Wrote \(target)")
    }
  }

  private static func format(of path: String) throws -> ReportCommand.Format {
    guard let format = ReportCommand.Format.allCases.first(where: { path.lowercased().hasSuffix(".\($0.rawValue)") })
    else {
      throw SettingsError.invalid(reason: "\(path): a chart is written as .html, .vl.json, .svg or .png")
    }
    return format
  }

  private func note(_ text: String) {
    if !quiet { Console.note(text) }
  }
}
