import Probability
public import Torch

/// Fits hidden Markov models by the algorithm of Baum and Welch, from several starts.
public struct HiddenMarkovEstimator: Sendable {
  /// Where the probabilities of the first state come from.
  public enum Initial: Hashable, Sendable {
    /// The first steps of all series.
    case free
    /// The transitions, whose stationary distribution it is: series cut out of longer ones.
    case stationary
    /// A distribution that stays as it is.
    case fixed([Double])
  }

  /// The number of states.
  public var states: Int
  /// The family of the observations' distributions.
  public var emissions: any EmissionFamily
  /// Where the probabilities of the first state come from.
  public var initial: Initial = .free
  /// What the fit may do to transitions.
  public var transitions: TransitionRule = .free
  /// The number of starts, of which the best is kept.
  public var starts = 5
  /// The most iterations of a start.
  public var maximumIterations = 1000
  /// The gain in log-likelihood that may be left; 0 for all iterations.
  public var tolerance = 1e-6

  /// A number of states and a family of emissions.
  public init(states: Int, emissions: any EmissionFamily) {
    self.states = states
    self.emissions = emissions
  }

  /// The best fit of all starts.
  ///
  /// - Parameters:
  ///   - series: `[steps, features]` each, of any numbers of steps; NaN where a number is missing.
  ///   - rng: the source of random numbers for starts.
  /// - Returns: the model, and how it came about.
  /// - Throws: `DynamicsError` when a setting is out of range, a cell does not suit the emissions, or no start succeeds.
  /// - Precondition: there is a series, and all have the same columns.
  public func fit(_ series: [Tensor], using rng: inout RandomGenerator) throws(DynamicsError) -> HiddenMarkovFit {
    let data = try checked(series)
    try DynamicsError.require("the number of starts", starts, in: 1...100_000)
    var best: HiddenMarkovFit?
    var failure: DynamicsError?
    for start in 0..<starts {
      do {
        let posteriors = HiddenMarkovStarts(states: states).posteriors(data.rows, number: start, using: &rng)
        let found = try improve(try model(from: posteriors, data), data)
        if found.logLikelihood > best?.logLikelihood ?? -.infinity { best = found }
      } catch {
        failure = error
      }
    }
    guard let best else { throw failure ?? .degenerate(reason: "no start leads to a model") }
    return best
  }

  /// The fit from a given model.
  ///
  /// - Throws: `DynamicsError` as ``fit(_:using:)``.
  public func fit(_ series: [Tensor], from start: HiddenMarkovModel) throws(DynamicsError) -> HiddenMarkovFit {
    let data = try checked(series)
    try DynamicsError.require("the number of states of the start", start.stateCount, in: states...states)
    return try improve(start, data)
  }

  private typealias Data = (rows: Tensor, lengths: [Int])

  private func checked(_ series: [Tensor]) throws(DynamicsError) -> Data {
    let features = series.first?.size(-1) ?? 0
    precondition(
      features > 0 && series.allSatisfy { $0.rank == 2 && $0.size(1) == features && $0.size(0) > 0 },
      "HiddenMarkovEstimator: expected series [steps, features] with the same features, got \(series.map(\.shape))")
    try DynamicsError.require("the number of states", states, in: 1...10_000)
    try DynamicsError.require("the number of iterations", maximumIterations, in: 1...1_000_000_000)
    try transitions.check(states: states)
    if case .fixed(let row) = initial {
      guard row.count == states, row.allSatisfy({ $0 >= 0 }), abs(row.reduce(0, +) - 1) < 1e-6 else {
        throw .invalidSetting(name: "the initial distribution", value: "\(row)", rule: "\(states) numbers of sum 1")
      }
    }
    if initial == .stationary, transitions != .free {
      throw .invalidSetting(
        name: "the initial distribution", value: "stationary", rule: "free where transitions are not")
    }
    let rows = Tensor.concatenating(series.map { $0.to(.float64) }).contiguous()
    guard rows.size(0) > states else { throw .tooFewSteps(available: rows.size(0), needed: states + 1) }
    guard (.!rows.isNaN()).any(0).all() else { throw .degenerate(reason: "a column has no numbers; leave it out") }
    try emissions.check(rows)
    return (rows, series.map { $0.size(0) })
  }

  /// A model of emissions from posteriors, and of transitions that often stay.
  private func model(from posteriors: Tensor, _ data: Data) throws(DynamicsError) -> HiddenMarkovModel {
    let even = 1 / Double(states)
    let sticky = (0..<states).map { i in (0..<states).map { ($0 == i ? 0.5 : 0) + 0.5 * even } }
    let first: [Double]
    if case .fixed(let row) = initial { first = row } else { first = [Double](repeating: even, count: states) }
    return HiddenMarkovModel(
      initial: first, transition: transitions.maximizing(sticky, after: sticky),
      emissions: try emissions.fit(data.rows, posteriors: posteriors, after: nil))
  }

  /// Iterations until the end is reached.
  private func improve(_ start: HiddenMarkovModel, _ data: Data) throws(DynamicsError) -> HiddenMarkovFit {
    var model = start
    var logLikelihoods: [Double] = []
    var convergence = Convergence(tolerance: tolerance, resolution: 1e-14)
    var isConverged = false
    while true {
      let logs = model.emissions.logProbs(data.rows).contiguous()
      let isLast = isConverged || logLikelihoods.count == maximumIterations
      let pass = model.kernel.pass(logs, lengths: data.lengths, isLast ? [] : .transitions)
      let sum = pass.logLikelihoods.reduce(0, +)
      guard sum.isFinite else {
        throw .impossible(series: pass.logLikelihoods.firstIndex { !$0.isFinite } ?? 0)
      }
      logLikelihoods.append(sum)
      guard !isLast, let posteriors = pass.posteriors, let counts = pass.transitions else { break }
      model = try maximized(model, data, posteriors, counts)
      isConverged = convergence.isReached(by: sum)
    }
    return HiddenMarkovFit(
      model: model, logLikelihoods: logLikelihoods, isConverged: isConverged, steps: data.rows.size(0),
      parameterCount: parameterCount(model))
  }

  private func maximized(
    _ model: HiddenMarkovModel, _ data: Data, _ posteriors: Tensor, _ counts: Tensor
  ) throws(DynamicsError) -> HiddenMarkovModel {
    let starts = data.lengths.dropLast().reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    let first = posteriors.selecting(Tensor(starts)).sum(0).doubles()
    let rows = counts.unbound().map { $0.doubles() }
    let emissions = try emissions.fit(data.rows, posteriors: posteriors, after: model.emissions)
    switch initial {
    case .fixed(let row):
      return HiddenMarkovModel(
        initial: row, transition: transitions.maximizing(rows, after: model.transition), emissions: emissions)
    case .free:
      return HiddenMarkovModel(
        initial: first.map { $0 / Double(starts.count) },
        transition: transitions.maximizing(rows, after: model.transition), emissions: emissions)
    case .stationary:
      let problem = StationaryTransitions(counts: rows, first: first)
      let free = transitions.maximizing(rows, after: model.transition)
      let start = problem.value(free) > problem.value(model.transition) ? free : model.transition
      let transition = problem.maximizing(from: start)
      return HiddenMarkovModel(
        initial: stationaryDistribution(of: transition) ?? model.initial, transition: transition, emissions: emissions)
    }
  }

  private func parameterCount(_ model: HiddenMarkovModel) -> Int {
    (initial == .free ? states - 1 : 0) + transitions.parameterCount(states: states) + model.emissions.parameterCount
  }
}
