import NeuralNetworks
import Torch

extension TrainingRun {
  /// The whole state, as it is between two steps.
  func snapshot() -> Checkpoint {
    var tensors: [String: Tensor] = [:]
    func add(_ group: String, _ values: [String: Tensor]) {
      for (name, tensor) in values { tensors["\(group).\(name)"] = tensor }
    }
    add("model", model.state())
    add("optimizer", optimizer.state())
    if let best { add("best", best) }
    if let average { add("average", average.state()) }
    return Checkpoint(state: state, tensors: tensors)
  }

  /// Continues from a checkpoint.
  func restore(_ checkpoint: Checkpoint, path: String) throws {
    func group(_ name: String) -> [String: Tensor] {
      let prefix = name + "."
      let pairs = checkpoint.tensors.compactMap { key, tensor in
        key.hasPrefix(prefix) ? (String(key.dropFirst(prefix.count)), tensor) : nil
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
    do {
      try model.load(group("model"))
      try optimizer.load(group("optimizer"))
      try average?.load(group("average"))
    } catch {
      throw TrainingError.checkpointMismatch(path: path, reason: "\(error)")
    }
    let saved = group("best")
    best = saved.isEmpty ? nil : saved
    state = checkpoint.state
  }
}

extension TrainingConfiguration {
  func makeOptimizer(for parameters: [Parameter]) -> any Optimizer {
    switch optimizer {
    case .adam: Adam(parameters, weightDecay: weightDecay)
    case .adamw: AdamW(parameters, weightDecay: weightDecay)
    case .sgd: SGD(parameters, momentum: 0.9, isNesterov: true, weightDecay: weightDecay)
    }
  }
}
