import Torch

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

  func emissions(_ stored: StoredTensors) throws(DynamicsError) -> any StateEmissions {
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
