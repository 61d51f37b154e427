import Dynamics
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Major earthquakes of each year from 1900 to 2006: Zucchini, MacDonald, Langrock, *Hidden Markov Models for Time Series*,
/// 2016, of which the figures are.
@Suite(.enabled(if: SharedData.isThere)) struct EarthquakeTests {
  private let counts: Tensor

  init() throws { counts = try SharedData.table("hmm/earthquakes.csv") }

  private func estimator(_ states: Int) -> HiddenMarkovEstimator {
    var estimator = HiddenMarkovEstimator(states: states, emissions: PoissonEmissionFamily())
    estimator.tolerance = 0
    return estimator
  }

  @Test func iterationsAreThoseOfTheBook() throws {
    var estimator = estimator(2)
    estimator.maximumIterations = 30
    let start = HiddenMarkovModel(
      initial: [0.5, 0.5], transition: [[0.9, 0.1], [0.1, 0.9]],
      emissions: PoissonEmissions(rates: Tensor(rows: [[10.0], [30.0]])))
    let fit = try estimator.fit([counts], from: start)
    #expect(fit.logLikelihoods.count == 31)
    for (iteration, value) in [(0, 413.27542), (1, 343.76023), (2, 343.13618), (30, 341.87871)] {
      #expect(abs(-fit.logLikelihoods[iteration] - value) < 0.6e-5)
    }
    #expect(zip(fit.logLikelihoods, fit.logLikelihoods.dropFirst()).allSatisfy { $1 >= $0 - 1e-9 })
  }

  @Test func fitFromOwnStarts() throws {
    var rng = RandomGenerator(seed: 1)
    var estimator = estimator(2)
    estimator.tolerance = 1e-9
    let fit = try estimator.fit([counts], using: &rng)
    #expect(fit.isConverged && abs(-fit.logLikelihood - 341.87870) < 0.6e-5)
    let rates = fit.model.emissions.means.flattened().doubles()
    let low = rates[0] < rates[1] ? 0 : 1
    expectClose([rates[low], rates[1 - low]], [15.421, 26.018], tolerance: 6e-4)
    expectClose(
      [fit.model.transition[low][1 - low], fit.model.transition[1 - low][low]], [0.071626, 0.11903], tolerance: 6e-6)
    #expect(fit.parameterCount == 5)
  }

  @Test func stationaryFit() throws {
    var rng = RandomGenerator(seed: 2)
    var estimator = estimator(2)
    estimator.initial = .stationary
    estimator.tolerance = 1e-9
    let fit = try estimator.fit([counts], using: &rng)
    #expect(abs(-fit.logLikelihood - 342.31827) < 0.6e-5)
    #expect(zip(fit.logLikelihoods, fit.logLikelihoods.dropFirst()).allSatisfy { $1 >= $0 - 1e-9 })
    expectClose(fit.model.emissions.means.flattened().doubles().sorted(), [15.472, 26.125], tolerance: 6e-4)
    expectClose(fit.model.initial, fit.model.stationary, tolerance: 1e-12)
    #expect(fit.parameterCount == 4)
  }

  @Test func oneStateIsThePoissonDistribution() throws {
    var rng = RandomGenerator(seed: 3)
    let fit = try estimator(1).fit([counts], using: &rng)
    #expect(abs(-fit.logLikelihood - 391.9189) < 0.6e-4)
  }

  @Test func criteriaChooseSeveralStates() throws {
    var rng = RandomGenerator(seed: 4)
    var estimator = estimator(1)
    estimator.tolerance = 1e-6
    let choice = try estimator.choosing(states: [1, 2, 3, 4], [counts], by: .bayesianInformation, using: &rng)
    #expect((2...3).contains(choice.fit.model.stateCount))
    #expect(choice.scores.count == 4)
    let held = try estimator.choosing(states: [1, 2, 3], [counts], by: .heldOut(share: 0.25), using: &rng)
    #expect(held.fit.model.stateCount > 1)
  }
}
