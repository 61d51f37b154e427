import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Fits whose results are known from scikit-learn and from R's mclust.
@Suite struct GaussianMixtureReferenceTests {
  private struct Start: Decodable {
    let weights: [Double]
    let means: [[Double]]
    let covariances: NestedNumbers
  }

  private struct Fit: Decodable {
    let start: Start
    let steps: Int
    let weights: [Double]
    let means: [[Double]]
    let covariances: NestedNumbers
    let logProb: [Double]
    let bic, aic: Double
  }

  private struct EarlyStop: Decodable {
    let x: [[Double]]
    let logLikelihood: Double
    let weights: [Double]
  }

  private struct References: Decodable {
    let x: [[Double]]
    let fits: [String: Fit]
    let earlyStop: EarlyStop
  }

  @Test(arguments: CovarianceStructure.allCases)
  func stepsAreThoseOfScikitLearn(_ structure: CovarianceStructure) throws {
    let references = try reference("mixtures", as: References.self)
    let fit = try #require(references.fits[structure.rawValue])
    let start = try GaussianMixture(
      weights: Tensor(fit.start.weights), means: Tensor(rows: fit.start.means),
      covariances: fit.start.covariances.tensor, structure: structure)
    var estimator = GaussianMixtureEstimator(components: 3, covariance: structure)
    estimator.tolerance = 0
    estimator.maximumIterations = fit.steps
    let x = Tensor(rows: references.x)
    let (mixture, report) = try estimator.fit(x, from: start)
    #expect(report.iterations == fit.steps && !report.isConverged && report.degenerateComponents.isEmpty)
    expectClose(mixture.weights.doubles(), fit.weights, tolerance: 1e-8)
    expectClose(mixture.means, Tensor(rows: fit.means), tolerance: 1e-8)
    expectClose(mixture.covariances, fit.covariances.tensor, tolerance: 1e-8)
    expectClose(mixture.logProb(x).doubles(), fit.logProb, tolerance: 1e-8)
    expectClose([try mixture.bic(x), try mixture.aic(x)], [fit.bic, fit.aic], tolerance: 1e-9)
    // The log-likelihood that is reported is that of the parameters that are returned.
    expectClose([report.logLikelihood], [fit.logProb.reduce(0, +)], tolerance: 1e-9)
    // The same in 32 bits, to 1e-3.
    let (single, _) = try estimator.fit(x.to(.float32), from: start)
    expectClose(single.means, mixture.means, tolerance: 1e-3)
    expectClose(single.covariances, mixture.covariances, tolerance: 1e-3)
  }

  /// Total log-likelihoods of R's mclust 6. Its EM stops at relative gains of 1e-5, up to 0.0002 before the maximum of the
  /// first two components of faithful; where it ends in a lower maximum, ours is well above.
  private struct Reached: CustomTestStringConvertible, Sendable {
    let name: String
    let components: Int
    let covariance: CovarianceStructure
    let logLikelihood: Double
    /// Whether it is the same maximum.
    let isSame: Bool
    var testDescription: String { "\(name), \(components) \(covariance.rawValue)" }
  }

  private static let reached: [Reached] = [
    Reached(name: "faithful", components: 1, covariance: .full, logLikelihood: -1289.7967, isSame: true),
    Reached(name: "faithful", components: 2, covariance: .full, logLikelihood: -1130.2641, isSame: true),
    Reached(name: "faithful", components: 3, covariance: .full, logLikelihood: -1127.1988, isSame: false),
    Reached(name: "faithful", components: 4, covariance: .full, logLikelihood: -1111.2799, isSame: false),
    Reached(name: "faithful", components: 3, covariance: .tied, logLikelihood: -1126.3262, isSame: false),
    Reached(name: "iris", components: 1, covariance: .full, logLikelihood: -379.9146, isSame: true),
    Reached(name: "iris", components: 2, covariance: .full, logLikelihood: -214.3547, isSame: true),
    Reached(name: "iris", components: 3, covariance: .full, logLikelihood: -180.1858, isSame: false),
    Reached(name: "iris", components: 4, covariance: .full, logLikelihood: -167.4862, isSame: false),
  ]

  @Test(arguments: reached) private func likelihoodsOfMclustAreReachedFromAnySeed(_ row: Reached) throws {
    let x = try fixture(row.name)
    for seed in 0..<3 as Range<UInt64> {
      var rng = RandomGenerator(seed: seed)
      let estimator = GaussianMixtureEstimator(components: row.components, covariance: row.covariance)
      let (mixture, report) = try estimator.fitReporting(x, using: &rng)
      let reached = report.logLikelihood
      #expect(reached >= row.logLikelihood - 5e-5, "seed \(seed)")
      #expect(!row.isSame || abs(reached - row.logLikelihood) < 2e-4, "seed \(seed): \(reached)")
      #expect(report.isConverged && hasRisen(report.logLikelihoods) && report.degenerateComponents.isEmpty)
      expectClose([mixture.logProb(x).sum().item()], [reached], tolerance: 1e-10)
    }
  }

  /// scikit-learn#10122: a tolerance of 1e-3 stops at weights 0.6 and 0.4 of 0.75 and 0.25.
  @Test func flatLikelihoodsAreFollowedToTheirEnd() throws {
    let row = try reference("mixtures", as: References.self).earlyStop
    var rng = RandomGenerator(seed: 1)
    let (mixture, report) = try GaussianMixtureEstimator(components: 2).fitReporting(Tensor(rows: row.x), using: &rng)
    #expect(report.isConverged)
    expectClose([report.logLikelihood], [row.logLikelihood], tolerance: 1e-7)
    expectClose(mixture.weights.doubles().sorted(), row.weights, tolerance: 2e-3)
  }

  /// scikit-learn#10869: more starts are never worse, and the likelihood reported is that of the mixture returned.
  @Test func theBestStartIsKept() throws {
    var data = RandomGenerator(seed: 4)
    let x = Tensor.uniform([300, 4], dtype: .float64, using: &data)
    for seed in 0..<4 as Range<UInt64> {
      var one = GaussianMixtureEstimator(components: 2)
      one.starts = 1
      var many = one
      many.starts = 4
      var (rng, same) = (RandomGenerator(seed: seed), RandomGenerator(seed: seed))
      let first = try one.fitReporting(x, using: &rng).report
      let (mixture, report) = try many.fitReporting(x, using: &same)
      #expect(report.logLikelihood >= first.logLikelihood - 1e-4)
      #expect(report.startLogLikelihoods.count == 4)
      let best = try #require(report.startLogLikelihoods.max())
      #expect(report.logLikelihood / 300 >= best - 1e-12)
      expectClose([mixture.logProb(x).sum().item()], [report.logLikelihood], tolerance: 1e-10)
    }
  }
}
