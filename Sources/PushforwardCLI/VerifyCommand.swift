import ArgumentParser
import Diagnostics
import Foundation
import Models

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Let a fitted model check itself.",
    discussion: """
      Looks whether the density integrates to 1, draws have this density, the map to codes inverts and its log-determinant \
      is right, codes of rows that the model has not seen are normal, gradients are finite at the edges, and draws are not \
      copies of the data. A model with conditions is looked at under some of those of the data, and its held-out rows each \
      under their own. Ends with exit code 0, or 1 when a check fails.

      EXAMPLES
        pushforward verify runs/mine
        pushforward verify runs/mine --data heldout.csv
      """)

  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @Option(
    name: .long, help: "Rows that the model has not seen (default: those that the fit of a flow held out).",
    completion: .file())
  var data: String?

  @Option(name: .shortAndLong, help: "How many rows to draw for statistical checks.")
  var draws = 10_000

  @Option(name: .long, help: "The start of all random numbers.")
  var seed: UInt64 = 0

  @OptionGroup var machine: MachineOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if draws < 1000 { throw ValidationError("--draws must be at least 1000, not \(draws)") }
  }

  func run() throws {
    try Failure.handling {
      machine.apply()
      let verification = try RunVerifier(run: RunFolder(folder), data: data, draws: draws, seed: seed)
        .verification { if !output.quiet, !output.json { Console.note("note: \($0)") } }
      try report(verification)
      if !verification.isPassed { throw ExitCode(1) }
    }
  }

  private func report(_ verification: Verification) throws {
    if output.json {
      return try Console.result(Console.json(Report(passed: verification.isPassed, checks: verification.checks)))
    }
    let width = verification.checks.map(\.name.count).max() ?? 0
    for check in verification.checks where !output.quiet || check.outcome == .failed {
      let outcome = check.outcome == .failed ? "FAILED" : check.outcome.rawValue
      let name = check.name.padding(toLength: width, withPad: " ", startingAt: 0)
      try Console.result("\(outcome.padding(toLength: 7, withPad: " ", startingAt: 0))  \(name)  \(check.finding)")
    }
    guard !output.quiet else { return }
    let counts = Verification.Check.Outcome.allCases.compactMap { outcome in
      let count = verification.checks.count { $0.outcome == outcome }
      return count == 0 ? nil : "\(count) \(outcome.rawValue)"
    }
    try Console.result("\n\(verification.checks.count) checks: \(counts.joined(separator: ", ")).")
  }

  private struct Report: Encodable {
    let passed: Bool
    let checks: [Verification.Check]
  }
}
