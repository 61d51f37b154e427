// Seconds of MMD^2 of two samples, and of its gradient with respect to the first: what discrepancy_peers.py measures for
// PyTorch, on the same files.
//
//     Discrepancies x.npy y.npy BANDWIDTH value|gradient [gradient.npy]
import Foundation
import Pushforward

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 4, let bandwidth = Double(arguments[2]) else {
  fatalError("expected: x.npy y.npy BANDWIDTH value|gradient [gradient.npy]")
}
let x = try NumPyFile.read(URL(fileURLWithPath: arguments[0]))
let y = try NumPyFile.read(URL(fileURLWithPath: arguments[1]))
let mmd = MaximumMeanDiscrepancy(kernel: .squaredExponential(bandwidth: .fixed(bandwidth)))

/// The highest memory of this process, MiB.
func peak() -> Double {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
  return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan) / 1024
}

let before = peak()
let clock = ContinuousClock()
var (seconds, value, slope): (Double, Double, Tensor?) = (.infinity, 0, nil)
for _ in 0..<3 {
  slope = nil
  let time = clock.measure {
    if arguments[3] == "gradient" {
      let leaf = x.requiringGradient()
      let loss = mmd.loss(leaf, y)
      slope = gradients(of: loss, withRespectTo: [leaf])[0]
      value = loss.item()
    } else {
      value = mmd.loss(x, y).item()
    }
  }
  seconds = min(seconds, time / .seconds(1))
}
if arguments.count > 4, let slope { try NumPyFile.write(slope, to: URL(fileURLWithPath: arguments[4])) }
let figures: [String: Any] = [
  "library": "pushforward", "rows": x.size(0), "columns": x.size(1), "what": arguments[3], "seconds": seconds,
  "value": value, "peak_mib": peak(), "peak_before_mib": before,
]
print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
