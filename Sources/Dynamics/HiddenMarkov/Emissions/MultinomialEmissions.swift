import Probability
public import Torch

/// Counts of classes, a row of them an observation, of probabilities for each state; how many there are together is given
/// by the row, and is no part of the model but for draws.
///
/// A row with a missing count counts as missing.
public struct MultinomialEmissions: StateEmissions {
  /// The probabilities, `[states, features]`, 64-bit.
  public let probabilities: Tensor
  /// The number of trials of a draw.
  public let trials: Int

  /// Counts of given probabilities, which are divided by their sum.
  ///
  /// - Precondition: probabilities are `[states, features]`, not negative, of positive sum.
  public init(probabilities: Tensor, trials: Int) {
    let wide = probabilities.to(.float64)
    precondition(
      wide.rank == 2 && (wide .>= 0).all() && (wide.sum(-1) .> 0).all() && trials >= 0,
      "MultinomialEmissions: expected probabilities [states, features], got \(wide.shape), \(trials) trials")
    self.probabilities = wide / wide.sum(-1, keepingDimensions: true)
    self.trials = trials
  }

  /// The number of states.
  public var stateCount: Int { probabilities.size(0) }
  /// The number of classes.
  public var features: Int { probabilities.size(1) }
  /// All probabilities but one of each state.
  public var parameterCount: Int { stateCount * (features - 1) }
  /// The mean counts of a draw.
  public var means: Tensor { probabilities * Double(trials) }
  /// `probabilities`, `trials`.
  public var tensors: [String: Tensor] {
    ["probabilities": probabilities, "trials": Tensor([Double(trials)])]
  }

  /// The log-probability of each row of counts, given their sum, in each state.
  public func logProbs(_ rows: Tensor) -> Tensor {
    let isMissing = rows.isNaN().any(1, keepingDimensions: true)
    let values = rows.masked(isMissing, with: 0.0)
    let isOutside = ((values .< 0) .| (values .!= values.floor())).any(1, keepingDimensions: true)
    let counts = values.clamped(from: 0)
    let logs = select(probabilities .== 0, 0.0, probabilities.log())
    let orders = (counts.sum(1) + 1.0).logGamma() - (counts + 1.0).logGamma().sum(1)
    let isImpossible = (counts .> 0).to(.float64).matmul((probabilities .== 0).to(.float64).transposed()) .> 0
    return (counts.matmul(logs.transposed()) + orders.unsqueezed(1))
      .masked(isImpossible .| isOutside, with: -Double.infinity)
  }

  /// Counts drawn for each state.
  public func sample(states: Tensor, using rng: inout RandomGenerator) -> Tensor {
    Multinomial(trials: trials, probabilities: probabilities.selecting(states)).sample([], using: &rng).to(.float64)
  }
}

/// Counts of classes in each state.
public struct MultinomialEmissionFamily: EmissionFamily {
  /// The family.
  public init() {}

  /// Whole numbers of 0 or above.
  public func check(_ rows: Tensor) throws(DynamicsError) { try PoissonEmissionFamily().check(rows) }

  /// Weighted shares; draws have the rounded mean number of trials.
  public func fit(
    _ rows: Tensor, posteriors: Tensor, after current: (any StateEmissions)?
  ) throws(DynamicsError) -> any StateEmissions {
    let isThere = (.!rows.isNaN().any(1, keepingDimensions: true)).to(.float64)
    let values = rows.masked(rows.isNaN().any(1, keepingDimensions: true), with: 0.0)
    let sums = posteriors.transposed().matmul(values)
    let total = sums.sum(0)
    guard total.sum().item() > 0 else { throw .degenerate(reason: "all counts are 0; a multinomial needs some") }
    let other = (current as? MultinomialEmissions)?.probabilities ?? total.broadcasted(to: sums.shape)
    let isEmpty = sums.sum(-1, keepingDimensions: true) .<= 0
    let trials = values.sum().item() / max(1, isThere.sum().item())
    return MultinomialEmissions(
      probabilities: select(isEmpty.broadcasted(to: sums.shape), other, sums), trials: Int(trials.rounded()))
  }
}
