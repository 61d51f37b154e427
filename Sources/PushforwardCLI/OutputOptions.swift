import ArgumentParser
import Foundation
import Torch

/// How a command reports, and the machine that it uses.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Print results and progress as lines of JSON on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print errors only.")
  var quiet = false
}

/// Whether a fit explains itself.
struct VerboseOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say which parts of the model run as single operations, and why.")
  var verbose = false
}

/// How many threads operations use.
struct MachineOptions: ParsableArguments {
  @Option(name: .long, help: "Threads of one operation (default: one for each core).")
  var threads: Int?

  func validate() throws {
    let most = 4 * ProcessInfo.processInfo.activeProcessorCount
    if let threads, !(1...most).contains(threads) {
      throw ValidationError("--threads must be from 1 to \(most), not \(threads)")
    }
  }

  func apply() { threads.map(setThreadCount) }
}
