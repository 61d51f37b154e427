public import Probability
public import Torch

/// Any density of the package in each state.
///
/// A row with a missing number counts as missing.
public struct DistributionEmissions: StateEmissions {
  /// The distribution of a row in each state, of events `[features]`.
  public let distributions: [any Distribution]
  /// The number of free parameters of all states.
  public let parameterCount: Int
  /// The mean of an observation in each state, `[states, features]`.
  public let means: Tensor

  /// Densities of rows.
  ///
  /// - Parameters:
  ///   - distributions: one for each state, of events `[features]` and no batch.
  ///   - means: `[states, features]`; nil where the distributions have a `mean`, or are not asked for it.
  ///   - parameterCount: the number of free parameters of all.
  /// - Precondition: there is one, and their events have the same shape of rank 1.
  public init(_ distributions: [any Distribution], means: Tensor? = nil, parameterCount: Int = 0) {
    let shape = distributions.first?.eventShape ?? []
    precondition(
      shape.rank == 1 && distributions.allSatisfy { $0.eventShape == shape && $0.batchShape.rank == 0 },
      "DistributionEmissions: expected distributions of rows, got events \(distributions.map(\.eventShape))")
    self.distributions = distributions
    self.parameterCount = parameterCount
    self.means =
      means
      ?? Tensor.stacking(
        distributions.map {
          ($0 as? any MomentDistribution)?.mean.to(.float64) ?? Tensor.full(shape, Double.nan, dtype: .float64)
        })
  }

  /// The number of states.
  public var stateCount: Int { distributions.count }
  /// The number of columns.
  public var features: Int { distributions[0].eventShape[0] }
  /// Nothing: a file holds families that are known by name.
  public var tensors: [String: Tensor] { [:] }

  /// The log-density of each row in each state.
  public func logProbs(_ rows: Tensor) -> Tensor {
    withoutGradient {
      let isMissing = rows.isNaN().any(1, keepingDimensions: true)
      let logs = distributions.map { $0.logProb(rows, chunkSize: 32_768).to(.float64) }
      return Tensor.stacking(logs, 1).masked(isMissing, with: 0.0)
    }
  }

  /// Draws for each state.
  public func sample(states: Tensor, using rng: inout RandomGenerator) -> Tensor {
    var result = Tensor.zeros([states.size(0), features], dtype: .float64)
    for (state, distribution) in distributions.enumerated() {
      let places = (states .== state).nonzero().flattened()
      guard places.size(0) > 0 else { continue }
      result = result.addingAt(places, 0, distribution.sample([places.size(0)], using: &rng).to(.float64))
    }
    return result
  }
}

/// Any density of the package in each state, computed from weighted rows by a function such as a density estimator's.
public struct DistributionEmissionFamily: EmissionFamily {
  /// The density of weighted rows, and the number of its parameters.
  public var estimate: @Sendable (_ rows: Tensor, _ weights: Tensor) throws -> (any Distribution, parameters: Int)

  /// Densities that a function gives, from rows `[steps, features]` without missing numbers and weights `[steps]`.
  public init(
    _ estimate: @escaping @Sendable (_ rows: Tensor, _ weights: Tensor) throws -> (any Distribution, parameters: Int)
  ) {
    self.estimate = estimate
  }

  /// The estimate for the weights of each state.
  public func fit(
    _ rows: Tensor, posteriors: Tensor, after current: (any StateEmissions)?
  ) throws(DynamicsError) -> any StateEmissions {
    let places = (.!rows.isNaN().any(1)).nonzero().flattened()
    let (rows, weights) = (rows.selecting(places), posteriors.selecting(places))
    var parameters = 0
    var distributions: [any Distribution] = []
    for state in 0..<weights.size(1) {
      do {
        let (distribution, count) = try estimate(rows, weights[.all, .at(state)].contiguous())
        distributions.append(distribution)
        parameters += count
      } catch {
        throw .degenerate(reason: "state \(state + 1) has no density: \(error)")
      }
    }
    return DistributionEmissions(distributions, parameterCount: parameters)
  }
}
