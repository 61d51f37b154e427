public import Torch

extension MarkovChain {
  /// All that is needed to make the chain again, in 64 bits: `start.` and `transition.` before the names of
  /// ``Factorization/tensors``, and `size`, the order and the number of columns of a step.
  ///
  /// - Precondition: each conditional density is a ``StoredConditionalDensity``.
  public var tensors: [String: Tensor] {
    var result = ["size": Tensor([order, features])]
    for (name, tensor) in start.tensors { result["start.\(name)"] = tensor }
    for (name, tensor) in transition.tensors { result["transition.\(name)"] = tensor }
    return result
  }

  /// The chain of stored tensors, which may come from a damaged or a hostile file.
  ///
  /// - Parameters:
  ///   - tensors: those of ``tensors``.
  ///   - families: the families that the file may hold.
  /// - Throws: `DensityEstimationError.degenerate` when the tensors cannot be those of a chain.
  public init(
    tensors: [String: Tensor], families: [any StoredConditionalDensity.Type] = Factorization.families
  ) throws(DensityEstimationError) {
    let stored = CheckedTensors(tensors, of: "Markov chain")
    let size = try stored.integers("size", [2], in: 1..<(1 << 31)).scalars(as: Int.self)
    let (order, features) = (size[0], size[1])
    let start = try Factorization(tensors: stored.part("start."), families: families)
    try stored.check(
      start.features == order * features && start.order == Array(0..<start.features),
      "the start is not one of \(order) x \(features) columns in their order")
    let transition = try [Factorization.Factor](
      tensors: stored.part("transition."), known: start.columns, families: families)
    let columns = transition.map(\.conditional.target)
    try stored.check(
      transition.map(\.column) == Array(start.features..<(start.features + features))
        && start.columns == (0..<order).flatMap { _ in columns },
      "the transition does not fit the start")
    self.init(order: order, start: start, transition: transition)
  }
}
