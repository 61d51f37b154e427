public import Torch

/// The families of emissions that a file can name.
public enum EmissionName: String, Hashable, Sendable, Codable, CaseIterable {
  /// Normal, with a full covariance.
  case gaussian
  /// Normal, with independent columns.
  case diagonal
  /// A mixture of normal distributions.
  case mixture
  /// Counts.
  case poisson
  /// Classes 0, 1, 2, ...
  case categorical
  /// A row of counts of classes.
  case multinomial

  /// Computes the emissions of this name.
  ///
  /// - Parameter components: the number of components of a mixture.
  /// - Returns: the family.
  public func family(components: Int) -> any EmissionFamily {
    switch self {
    case .gaussian: GaussianEmissionFamily()
    case .diagonal: GaussianEmissionFamily(isDiagonal: true)
    case .mixture: GaussianMixtureEmissionFamily(components: components)
    case .poisson: PoissonEmissionFamily()
    case .categorical: CategoricalEmissionFamily()
    case .multinomial: MultinomialEmissionFamily()
    }
  }

  fileprivate func emissions(_ stored: StoredTensors) throws(DynamicsError) -> any StateEmissions {
    switch self {
    case .gaussian: return try normal(stored, rank: 3)
    case .diagonal: return try normal(stored, rank: 2)
    case .mixture:
      let weights = try stored.weights("weights", rank: 2)
      let components = try normal(stored.part("components."), rank: 3)
      try stored.check(components.stateCount == weights.elementCount, "the components do not fit the weights")
      return GaussianMixtureEmissions(weights: weights, components: components)
    case .poisson:
      let rates = try stored.tensor("rates", rank: 2)
      try stored.check((rates .>= 0).all(), "a rate is negative")
      return PoissonEmissions(rates: rates)
    case .categorical: return CategoricalEmissions(probabilities: try stored.weights("probabilities", rank: 3))
    case .multinomial:
      let trials = try stored.tensor("trials", rank: 1).doubles()
      try stored.check(trials.count == 1 && trials[0] >= 0 && trials[0] < 1e15, "the trials are no number of them")
      return MultinomialEmissions(
        probabilities: try stored.weights("probabilities", rank: 2), trials: Int(trials[0]))
    }
  }

  private func normal(_ stored: StoredTensors, rank: Int) throws(DynamicsError) -> GaussianEmissions {
    let (means, covariances) = (try stored.tensor("means", rank: 2), try stored.tensor("covariances", rank: rank))
    let expected = rank == 2 ? means.shape : means.shape + [means.size(1)]
    try stored.check(covariances.shape == expected, "the covariances do not fit the means")
    do {
      return try GaussianEmissions(means: means, covariances: covariances)
    } catch {
      throw .degenerate(reason: "the hidden Markov model's file is damaged: \(error)")
    }
  }
}

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

/// Tensors of a file, of which nothing is believed.
private struct StoredTensors {
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
