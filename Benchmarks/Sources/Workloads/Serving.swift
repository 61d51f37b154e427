import Foundation

/// What a workload of ours measures: the counterpart of `Benchmarks/peers/serving.py`.
///
/// The runner keeps the process alive and asks line by line. `measure NAME` is answered with the seconds of a call and the
/// memory of the process, `result` with what the workload found, for comparison with the peers'.
struct Served {
  /// By name, the seconds of a call.
  var measures: [String: () throws -> Double]
  /// Figures to compare; files are written beside them.
  var result: () throws -> [String: Any] = { [:] }

  /// Answers until the input ends.
  func serve() throws {
    resetPeak()
    answer(["ready": true, "resident_mib": memory("VmRSS")])
    while let line = readLine() {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      switch (words.first, words.count) {
      case ("measure", 2):
        guard let measure = measures[words[1]] else { throw UsageError("there is no measure \(words[1])") }
        answer(["seconds": try measure(), "peak_mib": memory("VmHWM")])
      case ("result", 1): answer(try result())
      default: throw UsageError("expected measure NAME or result, got \(line)")
      }
    }
  }

  private func answer(_ figures: [String: Any]) {
    let data = (try? JSONSerialization.data(withJSONObject: figures, options: .sortedKeys)) ?? Data()
    FileHandle.standardOutput.write(data + Data("\n".utf8))
  }
}

struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Seconds of one piece of work.
func seconds(_ work: () throws -> Void) rethrows -> Double { try ContinuousClock().measure(work) / .seconds(1) }

/// Mean seconds of as many calls as fill a fifth of a second, after one that is not counted; of a long call, that one's.
func secondsPerCall(_ work: () throws -> Void) rethrows -> Double {
  let shortest = 0.2
  let first = try seconds(work)
  if first >= shortest { return first }
  let calls = Int((shortest / first).rounded(.up))
  return try seconds { for _ in 0..<calls { try work() } } / Double(calls)
}

/// A figure of this process's memory, MiB: `VmRSS` now, `VmHWM` at its highest since ``resetPeak()``.
func memory(_ name: String) -> Double {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
  return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
}

/// Makes the highest memory that of now.
func resetPeak() { try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs")) }

func integer(_ text: String) throws -> Int {
  guard let number = Int(text) else { throw UsageError("expected a whole number, got \(text)") }
  return number
}

func number(_ text: String) throws -> Double {
  guard let number = Double(text) else { throw UsageError("expected a number, got \(text)") }
  return number
}
