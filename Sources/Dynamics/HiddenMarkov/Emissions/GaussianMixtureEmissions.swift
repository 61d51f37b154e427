import Probability
public import Torch

/// A mixture of normal distributions in each state.
public struct GaussianMixtureEmissions: StateEmissions {
  /// The weights of the components, `[states, components]`, 64-bit.
  public let weights: Tensor
  /// All components, those of a state one after another.
  public let components: GaussianEmissions

  /// Mixtures of weights, which are divided by their sum, and of components, state by state.
  ///
  /// - Precondition: weights are `[states, components]`, not negative, and fit the number of components.
  public init(weights: Tensor, components: GaussianEmissions) {
    let wide = weights.to(.float64)
    precondition(
      wide.rank == 2 && wide.elementCount == components.stateCount && (wide .>= 0).all() && (wide.sum(1) .> 0).all(),
      "GaussianMixtureEmissions: expected \(components.stateCount) weights [states, components], got \(wide.shape)")
    self.weights = wide / wide.sum(1, keepingDimensions: true)
    self.components = components
  }

  /// The number of states.
  public var stateCount: Int { weights.size(0) }
  /// The number of columns.
  public var features: Int { components.features }
  /// The components' and all weights but one of each state.
  public var parameterCount: Int { components.parameterCount + stateCount * (weights.size(1) - 1) }
  /// The mean of each mixture.
  public var means: Tensor {
    (weights.unsqueezed(-1) * components.means.reshaped(weights.shape + [features])).sum(1)
  }
  /// `weights`, and the components' behind `components.`.
  public var tensors: [String: Tensor] {
    components.tensors.reduce(into: ["weights": weights]) { $0["components.\($1.key)"] = $1.value }
  }

  /// The log-density of the numbers of each row that are there, in each state.
  public func logProbs(_ rows: Tensor) -> Tensor { joint(rows).logSumExp(-1) }

  /// Log-densities of row and component, `[steps, states, components]`.
  func joint(_ rows: Tensor) -> Tensor {
    components.logProbs(rows).reshaped([rows.size(0), stateCount, weights.size(1)]) + weights.log()
  }

  /// Draws for each state.
  public func sample(states: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let chosen = Categorical(probabilities: weights.selecting(states)).sample([], using: &rng)
    return components.sample(states: states * weights.size(1) + chosen, using: &rng)
  }
}

/// Mixtures of normal distributions in each state.
public struct GaussianMixtureEmissionFamily: EmissionFamily {
  /// The number of components of a state.
  public var components: Int
  /// The family of the components.
  public var component: GaussianEmissionFamily

  /// Mixtures of a number of components.
  public init(components: Int, component: GaussianEmissionFamily = GaussianEmissionFamily()) {
    self.components = components
    self.component = component
  }

  /// One step of EM of the mixtures.
  public func fit(
    _ rows: Tensor, posteriors: Tensor, after current: (any StateEmissions)?
  ) throws(DynamicsError) -> any StateEmissions {
    try DynamicsError.require("the number of components of a state", components, in: 1...1000)
    let before = current as? GaussianMixtureEmissions
    let shares = before.map { $0.joint(rows).softmax(-1) } ?? parts(rows)
    let joint = (posteriors.unsqueezed(-1) * shares.masked(shares.isNaN(), with: 1 / Double(components)))
    let fitted = try component.fit(
      rows, posteriors: joint.flattened(from: 1).contiguous(), after: before?.components)
    guard let fitted = fitted as? GaussianEmissions else { throw .degenerate(reason: "the components are not normal") }
    // Weights of 0 would stay so.
    let sums = joint.sum(0) + 1e-12
    return GaussianMixtureEmissions(weights: sums, components: fitted)
  }

  /// Where to begin: slices of equal size across the rows, along the direction of the greatest variance.
  private func parts(_ rows: Tensor) -> Tensor {
    let cells = ObservedCells(rows).values
    let centered = cells - cells.mean(0)
    let scaled = centered / (centered.squared().mean(0).squareRoot() + 1e-300)
    let axis = (try? scaled.transposed().matmul(scaled).symmetricEigen())?.vectors[.all, .at(-1)]
    let along = axis.map { scaled.matmul($0) } ?? scaled.sum(1)
    let order = along.sorted().indices.sorted().indices
    let slice = (order * components).to(.float64) / Double(max(1, rows.size(0)))
    let chosen = slice.floor().to(.int64).oneHot(components).to(.float64)
    return (chosen * 0.9 + 0.1 / Double(components)).unsqueezed(1)
  }
}
