// The cost of one tensor operation from Swift against the same loop in C++: rounds of both alternate in one process,
// and the medians are compared.
import Foundation
import OperationLoops
import Pushforward

let count = 200_000
let rounds = 15

@inline(never)
func keep(_ tensor: Tensor) {}

func secondsInSwift(recordingGradients: Bool) -> Double {
  let ones = Tensor.ones([1])
  let left = recordingGradients ? ones.requiringGradient() : ones
  let right = Tensor.ones([1])
  let clock = ContinuousClock()
  let duration = clock.measure {
    for _ in 0..<count { keep(left + right) }
  }
  return Double(duration.components.attoseconds) * 1e-18 + Double(duration.components.seconds)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

for recordingGradients in [false, true] {
  var swift: [Double] = []
  var cpp: [Double] = []
  for _ in 0..<rounds {
    cpp.append(operation_loops_add(Int64(count), recordingGradients))
    swift.append(secondsInSwift(recordingGradients: recordingGradients))
  }
  let nanoseconds = 1e9 / Double(count)
  let figures: [String: Any] = [
    "benchmark": "operation cost", "recording_gradients": recordingGradients,
    "swift_ns": (median(swift) * nanoseconds).rounded(), "cpp_ns": (median(cpp) * nanoseconds).rounded(),
    "ratio": (median(zip(swift, cpp).map { $0 / $1 }) * 1000).rounded() / 1000,
  ]
  let data = try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys)
  print(String(decoding: data, as: UTF8.self))
}
