import ArgumentParser
import Foundation
import Models
import Reports
import Torch

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show what a fitted model learnt: a page to look at, or a glance in the terminal.",
    discussion: """
      Writes one HTML file that works offline, by default report.html in the folder of the run: loss, columns of data \
      against samples, pairs, density, codes, log-densities with outliers, settings. --format svg or png writes each \
      chart as a file into the folder that -o names (by default charts in the run), through vl-convert.

      EXAMPLES
        pushforward report runs/mine
        pushforward report runs/mine --data heldout.csv -o heldout.html
        pushforward report runs/mine --format svg -o charts
        pushforward report runs/mine --verify
        pushforward report runs/mine --terminal
      """)

  /// What is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case html, svg, png
    case specification = "vl.json"
  }

  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @Option(
    name: .long, help: "A table to hold the model against (default: the one that it was fitted to).",
    completion: .file())
  var data: String?

  @Option(name: .shortAndLong, help: "Where to write the page, or the folder of the charts.", completion: .file())
  var output: String?

  @OptionGroup var overwriting: OverwriteOption

  @Option(name: .long, help: "html, or single charts: svg, png, vl.json.")
  var format = Format.html

  @Option(name: .long, help: "The start of all random numbers.")
  var seed: UInt64 = 0

  @Flag(name: .long, help: "Let the model check itself, as verify does, and put the checks into the report.")
  var verify = false

  @Flag(name: .long, help: "Print a short report in the terminal instead.")
  var terminal = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false

  @OptionGroup var machine: MachineOptions

  func validate() throws {
    if terminal, output != nil || format != .html {
      throw ValidationError("--terminal prints; it takes neither -o nor --format")
    }
  }

  func run() throws {
    try Failure.handling {
      machine.apply()
      let run = RunFolder(folder)
      // What stands in the run by default is written anew each time.
      let file = try output.flatMap { format == .html ? try overwriting.file($0) : nil }
      // The converter is looked for before the work is done.
      let converter = try ChartWriter.converter(for: format.picture)
      var report = try RunReport(of: run, data: data, options: ReportOptions(seed: seed))
      if verify {
        report.verification = try RunVerifier(run: run, data: data, draws: 10_000, seed: seed)
          .verification { note("note: \($0)") }
      }
      if terminal { return try Console.write(Data(report.text(Terminal.style).utf8)) }
      if format == .html {
        let page = try report.html()
        let target = try file ?? OutputFile(run.report.relativePath, overwriting: true)
        try target.write(page)
        return note("Wrote \(target.path)")
      }
      try writeCharts(of: report, into: output ?? run.url.appending(path: "charts").relativePath, converter)
    }
  }

  private func writeCharts(of report: RunReport, into folder: String, _ converter: ChartConverter?) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw ModelError.inputOutput(
        path: folder, reason: "the folder cannot be made (\(systemReason(of: error))); choose another with -o")
    }
    let files = try report.charts.map { chart in
      try OutputFile("\(folder)/\(chart.name).\(format.rawValue)", overwriting: overwriting.overwrite || output == nil)
    }
    for (file, chart) in zip(files, report.charts) {
      try file.write(try ChartWriter(chart.specification, converter).content(as: format.picture))
    }
    note("Wrote \(files.count) charts into \(folder)")
  }

  private func note(_ text: String) {
    if !quiet { Console.note(text) }
  }
}

extension ReportCommand.Format {
  /// The kind of picture; nil for what needs no converter.
  var picture: ChartConverter.Format? {
    switch self {
    case .html, .specification: nil
    case .svg: .svg
    case .png: .png
    }
  }
}
