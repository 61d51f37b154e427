import OperationLoops
import Pushforward

/// Additions of one-element tensors, from Swift or by the same loop in C++.
func operationWorkload(_ arguments: [String]) throws -> Served {
  let count = 200_000
  func measure(recordingGradients: Bool) -> () throws -> Double {
    arguments[0] == "cpp"
      ? { operation_loops_add(Int64(count), recordingGradients) / Double(count) }
      : { secondsOfAdditions(count, recordingGradients: recordingGradients) / Double(count) }
  }
  return Served(measures: [
    "plain": measure(recordingGradients: false), "recording": measure(recordingGradients: true),
  ])
}

@inline(never)
private func keep(_ tensor: Tensor) {}

private func secondsOfAdditions(_ count: Int, recordingGradients: Bool) -> Double {
  let ones = Tensor.ones([1])
  let left = recordingGradients ? ones.requiringGradient() : ones
  let right = Tensor.ones([1])
  return seconds { for _ in 0..<count { keep(left + right) } }
}
