import Torch

/// Tensors of a file, of which nothing is believed.
struct StoredTensors {
  let tensors: [String: Tensor]

  func part(_ prefix: String) -> StoredTensors {
    StoredTensors(
      tensors: tensors.reduce(into: [:]) {
        if $1.key.hasPrefix(prefix) { $0[String($1.key.dropFirst(prefix.count))] = $1.value }
      })
  }

  func check(_ condition: Bool, _ reason: String) throws(DynamicsError) {
    guard condition else { throw .degenerate(reason: "the hidden Markov model's file is damaged: \(reason)") }
  }

  func tensor(_ name: String, rank: Int) throws(DynamicsError) -> Tensor {
    guard let tensor = tensors[name] else {
      throw .degenerate(reason: "the hidden Markov model's file is damaged: '\(name)' is missing")
    }
    try check(
      tensor.rank == rank && tensor.dtype == .float64 && tensor.elementCount > 0 && tensor.isFinite().all(),
      "'\(name)' is not \(rank)-dimensional, of finite 64-bit numbers")
    return tensor
  }

  func weights(_ name: String, rank: Int) throws(DynamicsError) -> Tensor {
    let tensor = try tensor(name, rank: rank)
    try check((tensor .>= 0).all() && (tensor.sum(-1) .> 0).all(), "'\(name)' are no probabilities")
    return tensor
  }
}
