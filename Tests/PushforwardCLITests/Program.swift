import Foundation
import Testing

/// The built command line, run as a user runs it.
struct Program {
  /// What a run left behind.
  struct Outcome {
    let code: Int32
    let output: String
    let errors: String
  }

  let folder: URL

  /// Runs with arguments in the folder.
  func run(_ arguments: String..., whileRunning: (Process) -> Void = { _ in }) throws -> Outcome {
    try run(arguments, whileRunning: whileRunning)
  }

  /// Runs with arguments in the folder; the closure may send signals.
  func run(
    _ arguments: [String], outputPath: String? = nil, executable: URL = Self.executable,
    whileRunning: (Process) -> Void = { _ in }
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    // Small networks on one thread: tests run side by side, and threads that wait for a busy core cost much time.
    process.environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "1"]) { _, new in new }
    // Files, not pipes: a full pipe would block the program.
    let files = try ["out", "err"].map { name in
      let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).\(name)")
      try Data().write(to: url)
      return url
    }
    defer { files.forEach { try? FileManager.default.removeItem(at: $0) } }
    let handles = try files.map { try FileHandle(forWritingTo: $0) }
    process.standardOutput = try outputPath.map { try FileHandle(forWritingTo: URL(filePath: $0)) } ?? handles[0]
    process.standardError = handles[1]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    whileRunning(process)
    process.waitUntilExit()
    for handle in handles { try handle.close() }
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    // A program that a signal ended has the shell's code for it.
    let code =
      process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    return Outcome(code: code, output: texts[0], errors: texts[1])
  }

  /// Writes a file into the folder.
  @discardableResult
  func file(_ name: String, _ content: String) throws -> URL {
    let url = folder.appending(path: name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content.utf8).write(to: url)
    return url
  }

  /// The built program.
  static var executable: URL {
    // Tests run from .build/CONFIGURATION, where the program is too.
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<4 {
      let candidate = folder.appending(path: "PushforwardCLI")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      let product = folder.appending(path: "pushforward")
      if FileManager.default.isExecutableFile(atPath: product.path) { return product }
      folder = folder.deletingLastPathComponent()
    }
    return folder
  }
}

/// Runs a closure with the program in a folder that is removed afterwards.
func withProgram<Result>(_ body: (Program) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(Program(folder: folder))
}

/// Waits until a file is there, half a minute at most.
func waitForFile(_ url: URL) {
  for _ in 0..<600 where !FileManager.default.fileExists(atPath: url.path) { Thread.sleep(forTimeInterval: 0.05) }
}

/// A table of two correlated columns that is the same in every run.
func correlatedTable(rows: Int) -> String {
  var state: UInt64 = 1
  func uniform() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(1 << 53)
  }
  let lines = (0..<rows).map { _ in
    let a = uniform() + uniform() + uniform()
    return "\(a),\(a * 2 + uniform())"
  }
  return "height,weight\n" + lines.joined(separator: "\n") + "\n"
}

let quickFit = ["--set", "training.maximumEpochs=2", "--set", "configuration.couplings.layers=2"]
