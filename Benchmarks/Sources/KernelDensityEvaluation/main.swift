// Seconds of the log-density of a Gaussian kernel density at many places, without and with the fit: what
// classical_peers.py measures for SciPy and scikit-learn, on the same files.
//
//     KernelDensityEvaluation rows.npy places.npy out.npy exact|tree scott|BANDWIDTH [wide|narrow]
//
// `exact` takes all rows, `tree` allows a relative error of 1e-4; `narrow` gives places in 32 bits.
import Foundation
import Pushforward

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 5 else {
  fatalError("expected: rows.npy places.npy out.npy exact|tree scott|BANDWIDTH [wide|narrow]")
}
let files = arguments.prefix(3).map { URL(fileURLWithPath: $0) }
let (rows, given) = (try NumPyFile.read(files[0]), try NumPyFile.read(files[1]))
let places = arguments.last == "narrow" ? given.to(.float32) : given
let estimator = KernelDensityEstimator(
  bandwidth: Double(arguments[4]).map { .fixed($0) } ?? .scott,
  evaluation: arguments[3] == "tree" ? .tree(relativeTolerance: 1e-4) : .exact)

/// The highest memory in bytes, and the seconds of all threads so far.
func usage() -> (peak: Int, seconds: Double) {
  var usage = rusage()
  #if canImport(Glibc)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let peak = usage.ru_maxrss * 1024
  #else
    getrusage(RUSAGE_SELF, &usage)
    let peak = usage.ru_maxrss
  #endif
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
  return (peak, seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

let before = usage().peak
let clock = ContinuousClock()
var density = try estimator.fit(rows)
var logProb = density.logProb(places)
var (fitting, scoring, processor) = (Double.infinity, Double.infinity, Double.infinity)
for _ in 0..<5 {
  let start = usage().seconds
  fitting = min(fitting, try clock.measure { density = try estimator.fit(rows) } / .seconds(1))
  scoring = min(scoring, clock.measure { logProb = density.logProb(places) } / .seconds(1))
  processor = min(processor, usage().seconds - start)
}
try NumPyFile.write(logProb, to: files[2])
let figures: [String: Any] = [
  "library": "pushforward", "rows": rows.size(0), "places": places.size(0), "columns": rows.size(1),
  "seconds": fitting + scoring, "seconds_fitting": fitting, "processor_seconds": processor,
  "added_mib": Double(usage().peak - before) / 1_048_576,
]
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
