public import Torch

/// A chain of hidden states of which each step gives an observation that depends on the state alone.
///
///     let model = try HiddenMarkovEstimator(states: 3, emissions: PoissonEmissionFamily()).fit([series], using: &rng).model
///     model.logProb(series)                  // log p of the whole series, in nats
///     model.posteriors(series)               // [steps, states]: of the state given the whole series
///     model.likeliestStates(series).path     // [steps]: the path by Viterbi's algorithm
///     model.forecast(after: series, steps: 5).means
///
/// A series is `[steps, features]`; what is missing is NaN, and does not count. Everything is computed in 64 bits.
///
/// Rabiner, *A tutorial on hidden Markov models*, 1989; Zucchini, MacDonald, Langrock, *Hidden Markov Models for Time
/// Series*, 2016.
public struct HiddenMarkovModel {
  /// The probability of each state at the first step.
  public let initial: [Double]
  /// The probabilities of the next state, a row for each state.
  public let transition: [[Double]]
  /// The distributions of an observation in each state.
  public let emissions: any StateEmissions
  let kernel: HiddenMarkovKernel

  /// A chain of initial probabilities, transitions and emissions.
  ///
  /// - Precondition: all are of the same number of states; probabilities are not negative and sum to 1 within 1e-6.
  public init(initial: [Double], transition: [[Double]], emissions: any StateEmissions) {
    func isDistribution(_ row: [Double]) -> Bool {
      row.count == emissions.stateCount && row.allSatisfy { $0 >= 0 } && abs(row.reduce(0, +) - 1) < 1e-6
    }
    precondition(
      isDistribution(initial) && transition.count == emissions.stateCount && transition.allSatisfy(isDistribution),
      "HiddenMarkovModel: expected probabilities of \(emissions.stateCount) states, got \(initial), \(transition)")
    self.initial = initial
    self.transition = transition
    self.emissions = emissions
    kernel = HiddenMarkovKernel(initial: initial, transition: transition)
  }

  /// The number of states.
  public var stateCount: Int { initial.count }
  /// The number of columns of an observation.
  public var features: Int { emissions.features }

  /// The distribution of states that a step leaves as it is; of several, the one that the initial distribution leads to.
  public var stationary: [Double] { stationaryDistribution(of: transition) ?? limit }

  /// The average over many steps, where no stationary distribution is the only one.
  private var limit: [Double] {
    var matrix = (Tensor(rows: transition) + Tensor.identity(stateCount, dtype: .float64)) * 0.5
    for _ in 0..<60 {
      matrix = matrix.matmul(matrix)
      matrix = matrix / matrix.sum(1, keepingDimensions: true)
    }
    return Tensor(initial).matmul(matrix).doubles()
  }

  // MARK: Likelihood

  /// The log-probability of a series, in nats.
  ///
  /// - Complexity: O(steps * states^2), as for all questions about a series.
  public func logProb(_ series: Tensor) -> Double { logProbs([series])[0] }

  /// The log-probability of each of several series, which may differ in length.
  public func logProbs(_ series: [Tensor]) -> [Double] {
    let (logs, lengths) = logDensities(series)
    return kernel.pass(logs, lengths: lengths, []).logLikelihoods
  }

  /// The log-probability of each of several series of the same length.
  ///
  /// - Parameter series: `[count, steps, features]`.
  /// - Returns: `[count]`, in nats.
  public func logProbs(_ series: Tensor) -> Tensor {
    precondition(
      series.rank == 3 && series.size(2) == features && series.size(1) > 0,
      "logProbs: expected [count, steps, \(features)], got \(series.shape)")
    let logs = emissions.logProbs(series.to(.float64).flattened(from: 0, to: 1).contiguous()).contiguous()
    let lengths = [Int](repeating: series.size(1), count: series.size(0))
    return Tensor(kernel.pass(logs, lengths: lengths, []).logLikelihoods)
  }

  /// The log-density of each observation given those before it, `[steps]`, of which the sum is the log-probability.
  public func stepLogProbs(_ series: Tensor) -> Tensor {
    ask(series, .predictive).predictive ?? Tensor.zeros([0])
  }

  // MARK: States

  /// The probability of each state at each step given the whole series, `[steps, states]`; NaN when it is impossible.
  public func posteriors(_ series: Tensor) -> Tensor { ask(series, .posteriors).posteriors ?? Tensor.zeros([0]) }

  /// The probability of each state at each step given the series up to it, `[steps, states]`; NaN when it is impossible.
  public func filtered(_ series: Tensor) -> Tensor { ask(series, .filtered).filtered ?? Tensor.zeros([0]) }

  /// The likeliest path of states, by the algorithm of Viterbi.
  ///
  /// - Returns: the states, `[steps]`, 64-bit integers, -1 throughout when the series is impossible; and the
  ///   log-probability of path and series together.
  public func likeliestStates(_ series: Tensor) -> (path: Tensor, logProb: Double) {
    let (logs, lengths) = logDensities([series])
    let (path, logProbs) = kernel.likeliestPath(logs, lengths: lengths)
    return (path, logProbs[0])
  }

  /// The likeliest state of each step by itself, `[steps]`, 64-bit integers: the most right ones to expect, though their
  /// path may be impossible.
  public func posteriorStates(_ series: Tensor) -> Tensor { posteriors(series).argMax(1) }

  private func ask(_ series: Tensor, _ wanted: HiddenMarkovKernel.Wanted) -> HiddenMarkovKernel.Pass {
    let (logs, lengths) = logDensities([series])
    return kernel.pass(logs, lengths: lengths, wanted)
  }

  /// Log-densities of all observations in all states, series one after another.
  func logDensities(_ series: [Tensor]) -> (logs: Tensor, lengths: [Int]) {
    precondition(
      !series.isEmpty && series.allSatisfy { $0.rank == 2 && $0.size(1) == features && $0.size(0) > 0 },
      "HiddenMarkovModel: expected series [steps, \(features)], got \(series.map(\.shape))")
    let rows = series.count == 1 ? series[0] : Tensor.concatenating(series.map { $0.to(.float64) })
    return (emissions.logProbs(rows.to(.float64).contiguous()).contiguous(), series.map { $0.size(0) })
  }
}

/// The distribution that a matrix of transitions leaves as it is; nil when there are several.
func stationaryDistribution(of transition: [[Double]]) -> [Double]? {
  let count = transition.count
  // pi (I - A + 1) = 1, a row of ones.
  let matrix = Tensor.identity(count, dtype: .float64) - Tensor(rows: transition) + 1.0
  guard let solved = try? matrix.transposed().solving(Tensor.ones([count, 1], dtype: .float64)) else { return nil }
  let row = solved.doubles()
  let sum = row.reduce(0, +)
  guard row.allSatisfy({ $0.isFinite && $0 > -1e-9 }), abs(sum - 1) < 1e-6 else { return nil }
  let positive = row.map { max(0, $0) }
  let total = positive.reduce(0, +)
  return positive.map { $0 / total }
}
