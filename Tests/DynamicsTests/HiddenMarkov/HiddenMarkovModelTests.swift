import Dynamics
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Three states in the plane, two of them apart along one axis.
private func normalModel(diagonal: Bool = false) throws -> HiddenMarkovModel {
  let means = Tensor(rows: [[0.0, 0], [4.0, 1], [-2.0, 5]])
  let full = Tensor([1.0, 0.5, 0.5, 2, 0.7, -0.2, -0.2, 0.4, 1.5, 0, 0, 1.1], shape: [3, 2, 2])
  return HiddenMarkovModel(
    initial: [0.5, 0.3, 0.2], transition: [[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.25, 0.05, 0.7]],
    emissions: try GaussianEmissions(
      means: means, covariances: diagonal ? full.diagonal().contiguous() : full))
}

/// Probabilities of every family in 3 states, of 2 columns.
private func everyEmission() throws -> [(any StateEmissions, any EmissionFamily)] {
  let normal = try #require(normalModel().emissions as? GaussianEmissions)
  let diagonal = try #require(normalModel(diagonal: true).emissions as? GaussianEmissions)
  let poisson = PoissonEmissions(rates: Tensor(rows: [[1.0, 9], [8.0, 2], [20.0, 20]]))
  let classes = CategoricalEmissions(
    probabilities: Tensor(
      [0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.1, 0.1, 0.8, 0.6, 0.3, 0.1, 0.1, 0.8, 0.1, 0.2, 0.2, 0.6], shape: [3, 2, 3]))
  let counts = MultinomialEmissions(probabilities: Tensor(rows: [[0.2, 0.8], [0.8, 0.2], [0.5, 0.5]]), trials: 20)
  let pairs = try GaussianEmissions(
    means: Tensor(rows: [[0.0, 0], [3.0, 0], [10.0, 0], [13.0, 1], [0.0, 9], [3.0, 12]]),
    covariances: Tensor.ones([6, 2], dtype: .float64) * 0.5)
  let mixture = GaussianMixtureEmissions(
    weights: Tensor(rows: [[0.5, 0.5], [0.3, 0.7], [0.4, 0.6]]), components: pairs)
  let single = PoissonEmissions(rates: Tensor(rows: [[1.0], [8.0], [20.0]]))
  let product = ProductEmissions([
    single,
    try GaussianEmissions(means: Tensor(rows: [[0.0], [4], [8]]), covariances: Tensor.ones([3, 1], dtype: .float64)),
  ])
  return [
    (normal, GaussianEmissionFamily()), (diagonal, GaussianEmissionFamily(isDiagonal: true)),
    (poisson, PoissonEmissionFamily()), (classes, CategoricalEmissionFamily(classCount: 3)),
    (counts, MultinomialEmissionFamily()),
    (mixture, GaussianMixtureEmissionFamily(components: 2, component: GaussianEmissionFamily(isDiagonal: true))),
    (product, ProductEmissionFamily([(PoissonEmissionFamily(), 1), (GaussianEmissionFamily(isDiagonal: true), 1)])),
  ]
}

@Suite struct HiddenMarkovModelTests {
  @Test func normalDensitiesAreThoseOfTheDistribution() throws {
    var rng = RandomGenerator(seed: 1)
    let rows = Tensor.normal([700, 2], dtype: .float64, using: &rng) * 3.0
    for diagonal in [false, true] {
      let emissions = try #require(normalModel(diagonal: diagonal).emissions as? GaussianEmissions)
      let covariances = diagonal ? emissions.covariances.diagonalMatrix() : emissions.covariances
      let formula = try MultivariateNormal(location: emissions.means, covariance: covariances)
      expectClose(emissions.logProbs(rows), formula.logProb(rows.unsqueezed(1)), tolerance: 1e-10)
      // One number of two, and none.
      let holes = Tensor(rows: [[1.0, .nan], [.nan, 2.0], [.nan, .nan], [1.0, 2.0]])
      let logs = emissions.logProbs(holes)
      for (row, column) in [(0, 0), (1, 1)] {
        let normal = Normal(
          location: emissions.means[.all, .at(column)],
          scale: covariances[.all, .at(column), .at(column)].squareRoot())
        expectClose(logs[.at(row)], normal.logProb(holes[.at(row), .at(column)]), tolerance: 1e-12)
      }
      #expect(logs[2].doubles() == [0, 0, 0])
    }
  }

  /// Densities agree with the distributions of the package, and draws with the means.
  @Test func otherDensitiesAreThoseOfTheDistributions() throws {
    let poisson = PoissonEmissions(rates: Tensor(rows: [[1.5, 0], [8.0, 2]]))
    let rows = Tensor(rows: [[0.0, 0], [3, 1], [1, .nan], [-1, 0], [0.5, 0]])
    let formula = Poisson(rate: poisson.rates, eventRank: 1)
    expectClose(
      poisson.logProbs(rows)[.slice(to: 2)], formula.logProb(rows[.slice(to: 2)].unsqueezed(1)), tolerance: 1e-12)
    expectClose(
      poisson.logProbs(rows)[2], Poisson(rate: poisson.rates[.all, .at(0)]).logProb(Tensor([1.0, 1.0])),
      tolerance: 1e-12)
    #expect(poisson.logProbs(rows)[.slice(from: 3)].doubles().allSatisfy { $0 == -.infinity })
    let counts = MultinomialEmissions(probabilities: Tensor(rows: [[0.2, 0.8, 0], [0.3, 0.3, 0.4]]), trials: 5)
    let trials = Tensor(rows: [[1.0, 4, 0], [2, 2, 1]])
    let multinomial = Multinomial(trials: 5, probabilities: counts.probabilities)
    expectClose(counts.logProbs(trials), multinomial.logProb(trials.unsqueezed(1)), tolerance: 1e-12)
    let classes = CategoricalEmissions(probabilities: Tensor([0.2, 0.8, 1.0, 0.0], shape: [2, 1, 2]))
    let logs = classes.logProbs(Tensor(rows: [[0.0], [1], [.nan], [2]])).doubles()
    expectClose(Array(logs[..<3]), [log(0.2), 0, log(0.8)], tolerance: 1e-12)
    #expect(logs[3] == -.infinity && logs[4...5] == [0, 0] && logs[6...7] == [-.infinity, -.infinity])
  }

  @Test func drawsHaveTheMeans() throws {
    for (emissions, _) in try everyEmission() {
      var rng = RandomGenerator(seed: 7)
      let count = 20_000
      for state in 0..<3 {
        let rows = emissions.sample(states: Tensor([Int](repeating: state, count: count)), using: &rng)
        let error = (rows.variance(0) / Double(count)).squareRoot() + 1e-12
        // 42 comparisons at 6.5 standard errors: 4e-9.
        #expect(((rows.mean(0) - emissions.means[.at(state)]).absolute() / error).max().item() < 6.5)
      }
    }
  }

  /// From the truth the likelihood rises, and parameters stay near; states hold for missing numbers, too.
  @Test func fitsRecoverEveryFamily() throws {
    for (emissions, family) in try everyEmission() {
      let truth = HiddenMarkovModel(
        initial: [0.5, 0.3, 0.2], transition: [[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.25, 0.05, 0.7]],
        emissions: emissions)
      var rng = RandomGenerator(seed: 21)
      var series = (0..<3).map { truth.sample(steps: 700 + 100 * $0, using: &rng).rows }
      let holes = Tensor.uniform(series[1].shape, dtype: .float64, using: &rng) .< 0.1
      series[1] = series[1].masked(holes, with: Double.nan)
      var estimator = HiddenMarkovEstimator(states: 3, emissions: family)
      estimator.starts = 4
      estimator.maximumIterations = 200
      estimator.tolerance = 1e-4
      let fit = try estimator.fit(series, using: &rng)
      let atTruth = truth.logProbs(series).reduce(0, +)
      #expect(fit.logLikelihood > atTruth - 1, "\(type(of: emissions))")
      #expect(abs(fit.logLikelihood - fit.model.logProbs(series).reduce(0, +)) < 1e-8)
      let steps = zip(fit.logLikelihoods, fit.logLikelihoods.dropFirst())
      #expect(steps.allSatisfy { $1 >= $0 - 1e-8 * abs($0) }, "\(type(of: emissions))")
      // Twice the gain is chi-squared of as many parameters, below 75 with all but 1e-6 of its probability up to 26.
      #expect(fit.logLikelihood < atTruth + 40)
      #expect(fit.logLikelihoods[0] < fit.logLikelihood)
    }
  }

  @Test func questionsAgreeWithOneAnother() throws {
    var rng = RandomGenerator(seed: 31)
    let model = try normalModel()
    let (rows, states) = model.sample(steps: 400, using: &rng)
    expectClose([model.stepLogProbs(rows).sum().item()], [model.logProb(rows)], tolerance: 1e-9)
    expectClose(model.posteriors(rows)[.at(-1)], model.filtered(rows)[.at(-1)], tolerance: 1e-12)
    #expect((model.posteriorStates(rows) .== states).to(.float64).mean().item() > 0.9)
    #expect((model.likeliestStates(rows).path .== states).to(.float64).mean().item() > 0.9)
    // A step that is missing says what a forecast says.
    let ahead = model.forecast(after: rows, steps: 3)
    let extended = Tensor.concatenating([rows, Tensor.full([3, 2], Double.nan, dtype: .float64)])
    expectClose(model.filtered(extended)[.slice(from: 400)], ahead.states, tolerance: 1e-12)
    expectClose(ahead.means, ahead.states.matmul(model.emissions.means), tolerance: 1e-12)
    // The density of the next row is the forecast's.
    let next = model.sample(steps: 1, after: rows, using: &rng).rows
    let gain = model.logProb(Tensor.concatenating([rows, next])) - model.logProb(rows)
    expectClose([ahead.logProbs(Tensor.concatenating([next, next, next]))[0].item()], [gain], tolerance: 1e-9)
    let far = model.forecast(after: rows, steps: 400).states[.at(-1)].doubles()
    expectClose(far, model.stationary, tolerance: 1e-9)
    let draws = ahead.sample(20_000, using: &rng)
    let error = (draws.variance(0) / 20_000.0).squareRoot()
    #expect(((draws.mean(0) - ahead.means).absolute() / error).max().item() < 6)
  }

  @Test func rulesOfTransitionsHold() throws {
    var rng = RandomGenerator(seed: 41)
    let model = HiddenMarkovModel(
      initial: [1, 0, 0], transition: [[0.9, 0.1, 0], [0, 0.9, 0.1], [0, 0, 1]],
      emissions: PoissonEmissions(rates: Tensor(rows: [[2.0], [9], [25]])))
    let series = (0..<20).map { _ in model.sample(steps: 60, using: &rng).rows }
    var estimator = HiddenMarkovEstimator(states: 3, emissions: PoissonEmissionFamily())
    estimator.transitions = .leftRight(states: 3)
    estimator.initial = .fixed([1, 0, 0])
    let fit = try estimator.fit(series, using: &rng)
    #expect(fit.model.initial == [1, 0, 0] && fit.model.transition[2] == [0, 0, 1])
    #expect(fit.model.transition[0][2] == 0 && fit.model.transition[1][0] == 0)
    expectClose(fit.model.emissions.means.flattened().doubles(), [2, 9, 25], tolerance: 1)
    #expect(fit.parameterCount == 5)

    estimator.initial = .free
    estimator.transitions = .symmetric(states: 3)
    let tied = try estimator.fit(series, using: &rng).model.transition
    #expect(tied[0][0] == tied[2][2] && tied[0][1] == tied[2][0] && abs(tied[0][0] + 2 * tied[0][1] - 1) < 1e-12)
    estimator.transitions = TransitionRule(fixed: [[0.5, nil, nil], [nil, nil, nil], [nil, nil, nil]])
    #expect(try estimator.fit(series, using: &rng).model.transition[0][0] == 0.5)
    estimator.transitions = TransitionRule(fixed: [[0.5, 0.7, nil], [nil, nil, nil], [nil, nil, nil]])
    #expect(throws: DynamicsError.self) { try estimator.fit(series, using: &rng) }
  }

  /// Any density of the package: Laplace rows, refitted by weighted medians and deviations.
  @Test func anyDistributionIsAnEmission() throws {
    var rng = RandomGenerator(seed: 51)
    func rows(_ location: Double, _ scale: Double) -> Independent1 { Independent1(location: location, scale: scale) }
    let truth = HiddenMarkovModel(
      initial: [0.5, 0.5], transition: [[0.9, 0.1], [0.2, 0.8]],
      emissions: DistributionEmissions([rows(0, 1).distribution, rows(6, 0.5).distribution]))
    let series = truth.sample(steps: 1500, using: &rng).rows
    let family = DistributionEmissionFamily { rows, weights in
      let order = rows.flattened().sorted().indices
      let sums = weights.selecting(order).cumulativeSum(0) / weights.sum()
      let place = (sums .< 0.5).to(.int64).sum().integerItem()
      let location = rows.flattened()[.indices(order[.slice(from: place, to: place + 1)])].item()
      let scale = (weights * (rows.flattened() - location).absolute()).sum().item() / weights.sum().item()
      return (Independent1(location: location, scale: scale).distribution, 2)
    }
    let fit = try HiddenMarkovEstimator(states: 2, emissions: family).fit([series], using: &rng)
    #expect(fit.logLikelihood > truth.logProb(series) && fit.logLikelihood < truth.logProb(series) + 25)
    #expect(fit.parameterCount == 7)
  }

  private struct Independent1 {
    let distribution: Laplace
    init(location: Double, scale: Double) {
      distribution = Laplace(location: Tensor([location]), scale: Tensor([scale]), eventRank: 1)
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    var rng = RandomGenerator(seed: 61)
    let estimator = HiddenMarkovEstimator(states: 2, emissions: PoissonEmissionFamily())
    #expect(throws: DynamicsError.invalidCell(row: 1, column: 0, value: 0.5, rule: "a whole number of 0 or above")) {
      try estimator.fit([Tensor(rows: [[1.0], [0.5], [3]])], using: &rng)
    }
    #expect(throws: DynamicsError.tooFewSteps(available: 2, needed: 3)) {
      try estimator.fit([Tensor(rows: [[1.0], [2]])], using: &rng)
    }
    let constant = HiddenMarkovEstimator(states: 2, emissions: GaussianEmissionFamily())
    #expect(throws: DynamicsError.self) { try constant.fit([Tensor.ones([9, 1])], using: &rng) }
  }

  @Test func sameSeedSameBitsForAnyThreads() throws {
    var rng = RandomGenerator(seed: 71)
    let series = try (0..<5).map { _ in try normalModel().sample(steps: 900, using: &rng).rows }
    func fitted() throws -> HiddenMarkovFit {
      var rng = RandomGenerator(seed: 72)
      var estimator = HiddenMarkovEstimator(states: 3, emissions: GaussianEmissionFamily())
      estimator.maximumIterations = 5
      estimator.starts = 2
      return try estimator.fit(series, using: &rng)
    }
    let (first, second) = (try fitted(), try fitted())
    #expect(first.logLikelihoods == second.logLikelihoods && first.model.transition == second.model.transition)
  }
}
