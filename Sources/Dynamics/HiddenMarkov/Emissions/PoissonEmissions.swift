import Probability
public import Torch

/// Independent counts in each column, of a rate for each state.
public struct PoissonEmissions: StateEmissions {
  /// The mean counts, `[states, features]`, 64-bit.
  public let rates: Tensor

  /// Counts of given rates.
  ///
  /// - Precondition: rates are `[states, features]`, finite and not negative.
  public init(rates: Tensor) {
    precondition(
      rates.rank == 2 && (rates.isFinite() .& (rates .>= 0)).all(),
      "PoissonEmissions: expected rates [states, features] of 0 or above, got \(rates.shape)")
    self.rates = rates.to(.float64)
  }

  /// The number of states.
  public var stateCount: Int { rates.size(0) }
  /// The number of columns.
  public var features: Int { rates.size(1) }
  /// A rate for each state and column.
  public var parameterCount: Int { rates.elementCount }
  /// The rates.
  public var means: Tensor { rates }
  /// `rates`.
  public var tensors: [String: Tensor] { ["rates": rates] }

  /// The log-probability of each row in each state.
  public func logProbs(_ rows: Tensor) -> Tensor {
    let cells = ObservedCells(rows)
    let isOutside = ((cells.values .< 0) .| (cells.values .!= cells.values.floor())).any(1, keepingDimensions: true)
    let counts = cells.values.clamped(from: 0)
    // x log(rate) - rate - log x!, with 0 log 0 = 0: products of matrices but for rates of 0.
    let there = cells.isThere ?? Tensor.ones(rows.shape, dtype: .float64)
    let logFactorials = (counts + 1.0).logGamma().sum(1, keepingDimensions: true)
    let logRates = select(rates .== 0, 0.0, rates.log())
    let logs = counts.matmul(logRates.transposed()) - there.matmul(rates.transposed()) - logFactorials
    let isImpossible = (counts .> 0).to(.float64).matmul((rates .== 0).to(.float64).transposed()) .> 0
    return logs.masked(isImpossible .| isOutside, with: -Double.infinity)
  }

  /// Counts drawn for each state.
  public func sample(states: Tensor, using rng: inout RandomGenerator) -> Tensor {
    Poisson(rate: rates.selecting(states), eventRank: 1).sample(using: &rng)
  }
}

/// Poisson counts in each state.
public struct PoissonEmissionFamily: EmissionFamily {
  /// The family.
  public init() {}

  /// Whole numbers of 0 or above.
  public func check(_ rows: Tensor) throws(DynamicsError) {
    try checkCells(
      rows, rows.isInfinite() .| (rows .< 0) .| (rows .!= rows.floor()), "a whole number of 0 or above")
  }

  /// Weighted means; a state without rows keeps its rates.
  public func fit(
    _ rows: Tensor, posteriors: Tensor, after current: (any StateEmissions)?
  ) throws(DynamicsError) -> any StateEmissions {
    let cells = ObservedCells(rows)
    let counts = cells.counts(posteriors)
    let rates = cells.sums(posteriors) / counts
    let other = (current as? PoissonEmissions)?.rates ?? cells.sums(posteriors).sum(0) / counts.sum(0)
    return PoissonEmissions(rates: select(counts .> 0, rates, other.broadcasted(to: rates.shape)))
  }
}
