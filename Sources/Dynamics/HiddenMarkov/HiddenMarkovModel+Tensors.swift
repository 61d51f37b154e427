public import Torch

extension HiddenMarkovModel {
  /// All that is needed to make the model again, beside the names of its emissions: `initial`, `transition` and, behind
  /// `emissions.`, those of the emissions.
  public var tensors: [String: Tensor] {
    emissions.tensors.reduce(into: ["initial": Tensor(initial), "transition": Tensor(rows: transition)]) {
      $0["emissions.\($1.key)"] = $1.value
    }
  }

  /// The model of stored tensors, which may come from a damaged or a hostile file.
  ///
  /// - Parameters:
  ///   - tensors: those of ``tensors``.
  ///   - names: the families of the emissions: one of all columns, or the parts of a product.
  /// - Throws: `DynamicsError.degenerate` when the tensors cannot be those of such a model.
  public init(tensors: [String: Tensor], emissions names: [EmissionName]) throws(DynamicsError) {
    let stored = StoredTensors(tensors: tensors)
    let initial = try stored.weights("initial", rank: 1)
    let transition = try stored.weights("transition", rank: 2)
    let states = initial.size(0)
    try stored.check(
      transition.shape == [states, states] && (transition.sum(1) - 1.0).absolute().max().item() < 1e-6
        && abs(initial.sum().item() - 1) < 1e-6, "its probabilities do not fit")
    var parts: [any StateEmissions] = []
    for (place, name) in names.enumerated() {
      let part = stored.part(names.count == 1 ? "emissions." : "emissions.\(place).")
      let emissions = try name.emissions(part)
      try stored.check(emissions.stateCount == states, "the emissions are of another number of states")
      parts.append(emissions)
    }
    try stored.check(!parts.isEmpty, "it has no emissions")
    self.init(
      initial: initial.doubles(), transition: transition.unbound().map { $0.doubles() },
      emissions: parts.count == 1 ? parts[0] : ProductEmissions(parts))
  }
}
