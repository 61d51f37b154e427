public import Torch

extension HiddenMarkovEstimator {
  /// What the number of states is chosen by.
  public enum Criterion: Hashable, Sendable {
    /// The criterion of Schwarz.
    case bayesianInformation
    /// The log-likelihood of steps that the fit has not seen: a share of the series, the last ones; of a single series its
    /// end, given what was before.
    case heldOut(share: Double)
  }

  /// The fits of several numbers of states.
  public struct Choice {
    /// The best fit.
    public let fit: HiddenMarkovFit
    /// For each number of states the criterion, of which the lowest is best: -2 log-likelihood of the held-out steps, or BIC.
    public let scores: [(states: Int, score: Double)]
  }

  /// The fit of the number of states that a criterion prefers.
  ///
  /// - Parameters:
  ///   - numbers: the numbers of states to try.
  ///   - series: `[steps, features]` each.
  ///   - criterion: what is compared.
  ///   - rng: the source of random numbers for starts.
  /// - Returns: the best fit, of all series.
  /// - Throws: `DynamicsError` as ``fit(_:using:)``, or when the rule of transitions is for one number of states.
  public func choosing(
    states numbers: [Int], _ series: [Tensor], by criterion: Criterion, using rng: inout RandomGenerator
  ) throws(DynamicsError) -> Choice {
    var hasFixedStart = false
    if case .fixed = initial { hasFixedStart = true }
    guard Set(numbers).count < 2 || (transitions == .free && !hasFixedStart) else {
      throw .invalidSetting(
        name: "the number of states", value: "open", rule: "given, where transitions or the initial distribution are")
    }
    var best: HiddenMarkovFit?
    var scores: [(states: Int, score: Double)] = []
    for states in numbers {
      var estimator = self
      estimator.states = states
      let found = try estimator.scored(series, criterion, using: &rng)
      if found.score < scores.map(\.score).min() ?? .infinity { best = found.fit }
      scores.append((states, found.score))
    }
    guard let best else { throw .degenerate(reason: "no number of states gives a finite criterion") }
    guard case .heldOut = criterion else { return Choice(fit: best, scores: scores) }
    var estimator = self
    estimator.states = best.model.stateCount
    return Choice(fit: try estimator.fit(series, using: &rng), scores: scores)
  }

  private func scored(
    _ series: [Tensor], _ criterion: Criterion, using rng: inout RandomGenerator
  ) throws(DynamicsError) -> (fit: HiddenMarkovFit, score: Double) {
    guard case .heldOut(let share) = criterion else {
      let fit = try fit(series, using: &rng)
      return (fit, fit.bayesianInformationCriterion)
    }
    guard share > 0, share < 1 else {
      throw .invalidSetting(name: "the share held out", value: "\(share)", rule: "between 0 and 1")
    }
    if series.count > 1 {
      let kept = min(series.count - 1, max(1, Int((Double(series.count) * (1 - share)).rounded())))
      let fit = try fit(Array(series[..<kept]), using: &rng)
      return (fit, -2 * fit.model.logProbs(Array(series[kept...])).reduce(0, +))
    }
    let kept = max(1, Int((Double(series[0].size(0)) * (1 - share)).rounded()))
    let fit = try fit([series[0].narrowed(0, from: 0, length: kept)], using: &rng)
    return (fit, -2 * (fit.model.logProb(series[0]) - fit.logLikelihood))
  }
}
