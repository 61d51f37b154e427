import Foundation
import Testing

/// Runs every example of this package and checks the figures that it prints.
///
/// The bounds are the mean log-density of the true distribution (numerical integration) and four standard errors of the
/// held-out mean on one side, a model that has plainly not learned the shape on the other. Seeds are fixed.
@Suite struct ExampleTests {
  @Test func fitAFlow() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "moons.safetensors")
    let output = try run("FitAFlow", [file.path])
    // The moons themselves have -1.00, the normal distribution with their mean and covariance -1.85.
    let logProb = try number(after: "held-out log-likelihood: ", in: output)
    #expect((-1.25 ... -0.92).contains(logProb), "\(output)")
    // The moons' own mean is (0.5, 0.25); four standard errors of the mean of 1000 draws are below 0.12.
    let mean = try number(after: "mean of 1000 draws: (", in: output)
    #expect((0.35...0.65).contains(mean), "\(output)")
    #expect(output.contains("read back, the densities are the same"), "\(output)")
    #expect(FileManager.default.fileExists(atPath: file.path))
  }

  @Test func conditionalFlow() throws {
    let output = try run("ConditionalFlow", [])
    // The exact posterior has -1.62, the prior -2.84.
    let logProb = try number(after: "held-out log p(position | distance): ", in: output)
    #expect((-1.95 ... -1.54).contains(logProb), "\(output)")
    let learned = try number(after: "learned: ", in: output)
    let exact = try number(after: "exact:   ", in: output)
    #expect(abs(learned - exact) < 0.05, "\(output)")
  }

  @Test func posteriorFromSets() throws {
    let output = try run("PosteriorFromSets", ["1500", "12"])
    let learned = try number(after: "learned: ", in: output)
    let exact = try number(after: "exact:   ", in: output)
    // The prior, which knows nothing of the sets, has -1.88. A mean excess of 0.02 over the exact density of 1000 rows has
    // probability exp(-20) at most: likelihood ratios have mean 1 (Markov's inequality).
    #expect(learned > exact - 1.5 && learned < exact + 0.02, "\(output)")
  }

  @Test func modeCovering() throws {
    let lines = try run("ModeCovering", []).split(separator: "\n").map { line in
      line.split(separator: " ").compactMap { Double($0) }
    }
    #expect(lines.count == 5, "\(lines)")
    guard lines.count == 5 else { return }
    // Columns: mean, deviation, left, right, KL[p*||p], KL[p||p*], missed. The target has mean 0.4 and deviation 2.02.
    let (forward, forwardFlow, reverse, reverseFlow) = (lines[1], lines[2], lines[3], lines[4])
    // Mode-covering: the moments of the target. Mode-seeking: one of its peaks, at 2 and of deviation 0.5.
    #expect(abs(forward[0] - 0.4) < 0.15 && abs(forward[1] - 2.02) < 0.15 && forward[6] == 0, "\(forward)")
    #expect(abs(reverse[0] - 2) < 0.1 && abs(reverse[1] - 0.5) < 0.1 && reverse[6] == 1, "\(reverse)")
    // KL of the peak alone is -log(0.6); each objective is better at its own divergence.
    #expect(abs(reverse[5] + log(0.6)) < 0.1 && reverse[4] > forward[4] && forward[5] > reverse[5])
    for flow in [forwardFlow, reverseFlow] { #expect(flow[4] < 0.1 && flow[5] < 0.2 && flow[6] == 0, "\(flow)") }
  }
}

private struct ExampleError: Error, CustomStringConvertible {
  let description: String
}

/// What an example prints; throws unless it ends with exit code 0.
private func run(_ name: String, _ arguments: [String]) throws -> String {
  let process = Process()
  process.executableURL = try executable(name)
  process.arguments = arguments
  // One thread: several wait for each other's turn on a machine that other tests keep busy.
  process.environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "1"]) { _, new in new }
  process.standardInput = FileHandle.nullDevice
  let output = Pipe()
  process.standardOutput = output
  process.standardError = output
  try process.run()
  let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
  process.waitUntilExit()
  guard process.terminationReason == .exit, process.terminationStatus == 0 else {
    throw ExampleError(description: "\(name) ended with \(process.terminationStatus):\n\(text)")
  }
  return text
}

/// The built example: tests run from .build/CONFIGURATION, where it is too.
private func executable(_ name: String) throws -> URL {
  var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
  for _ in 0..<4 {
    let candidate = folder.appending(path: name)
    if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
    folder = folder.deletingLastPathComponent()
  }
  throw ExampleError(description: "\(name) is not built")
}

/// The number that follows a text.
private func number(after label: String, in output: String) throws -> Double {
  guard let start = output.range(of: label)?.upperBound,
    let number = Double(output[start...].prefix { "-0123456789.".contains($0) })
  else { throw ExampleError(description: "no number after '\(label)' in:\n\(output)") }
  return number
}
