// The Sinkhorn divergence of two samples, and its gradient; `Benchmarks/transport_peers.py` runs it beside POT and geomloss.
//
//     Transport X.npy Y.npy EPSILON TOLERANCE ITERATIONS
import Foundation
import Pushforward

func seconds<Result>(_ work: () throws -> Result) rethrows -> (Result, Double) {
  let start = ContinuousClock.now
  let result = try work()
  return (result, (ContinuousClock.now - start) / .seconds(1))
}

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 5, let epsilon = Double(arguments[3]), let tolerance = Double(arguments[4]),
  let iterations = Int(arguments[5])
else {
  FileHandle.standardError.write(Data("usage: Transport X.npy Y.npy EPSILON TOLERANCE ITERATIONS\n".utf8))
  exit(64)
}
let x = try NumPyFile.read(URL(fileURLWithPath: arguments[1]))
let y = try NumPyFile.read(URL(fileURLWithPath: arguments[2]))
let sinkhorn = SinkhornDivergence(epsilon: epsilon, tolerance: tolerance, maximumIterations: iterations)
let (result, solveSeconds) = try seconds { try sinkhorn(x, y) }
let leaf = x.requiringGradient()
let (norm, gradientSeconds) = try seconds {
  gradients(of: try sinkhorn.loss(leaf, y), withRespectTo: [leaf])[0].squared().sum().item()
}
let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
let kilobytes = peak?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
let figures: [String: Any] = [
  "value": result.value, "seconds": solveSeconds, "gradient_seconds": gradientSeconds,
  "gradient_norm": norm.squareRoot(),
  "iterations": result.iterations, "marginal_error": result.marginalError, "converged": result.isConverged,
  "transport_cost": result.transportCost, "peak_mib": kilobytes >> 10,
]
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
