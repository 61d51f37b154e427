import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// One row of the table: a distribution with its entropy.
struct DistributionCase: Sendable, CustomTestStringConvertible {
  let name: String
  let make: @Sendable () throws -> (any Distribution, entropy: Tensor?)
  var testDescription: String { name }

  static let all: [DistributionCase] = [
    DistributionCase(name: "normal numbers") {
      let distribution = Normal(location: tensor(.float64, 1, -3), scale: tensor(.float64, 0.2, 4))
      return (distribution, distribution.entropy)
    },
    DistributionCase(name: "normal vectors") {
      let distribution = Normal(
        location: Tensor(rows: [[1.0, 2], [3, 4], [5, 6]]), scale: tensor(.float64, 0.5, 2), eventRank: 1)
      return (distribution, distribution.entropy)
    },
    DistributionCase(name: "normal with a full covariance") {
      let distribution = try MultivariateNormal(
        location: tensor(.float64, 1, -1),
        covariance: Tensor([2.0, 0.7, 0.7, 1, 1, -0.9, -0.9, 1], shape: [2, 2, 2]))
      return (distribution, distribution.entropy)
    },
    DistributionCase(name: "standard normal") {
      let distribution = StandardNormal([3], batchShape: [2], dtype: .float64)
      return (distribution, distribution.entropy)
    },
    DistributionCase(name: "uniform numbers") {
      let distribution = Uniform(lower: tensor(.float64, -1, 0), upper: tensor(.float64, 5))
      return (distribution, distribution.entropy)
    },
    DistributionCase(name: "uniform box") {
      let distribution = Uniform(lower: tensor(.float64, -1, 0), upper: tensor(.float64, 1, 9), eventRank: 1)
      return (distribution, distribution.entropy)
    },
    DistributionCase(name: "logistic numbers") {
      let distribution = Logistic(location: tensor(.float64, 1, 2), scale: tensor(.float64, 0.5, 3))
      return (distribution, distribution.entropy)
    },
    DistributionCase(name: "standard logistic") {
      let distribution = Logistic.standard([2], dtype: .float64)
      return (distribution, distribution.entropy)
    },
    DistributionCase(name: "transformed") {
      let base = StandardNormal([2], dtype: .float64)
      let map = Standardization(mean: tensor(.float64, 1, 2), scale: tensor(.float64, 3, 0.5))
      return (Transformed(base, through: map), base.entropy + Foundation.log(1.5))
    },
  ]
}

@Suite struct DistributionTests {
  @Test(arguments: DistributionCase.all) func keepsItsPromises(_ row: DistributionCase) throws {
    let (distribution, entropy) = try row.make()
    checkDistribution(distribution)
    if let entropy { checkEntropy(distribution, entropy: entropy) }
  }

  private struct Univariate: Decodable {
    let parameters, x, logProb, cdf, probability, quantile: [Double]
    let mean, variance, entropy: Double
  }

  private typealias Maker = @Sendable (Tensor, Tensor) -> any CumulativeDistribution & MomentDistribution

  private static let univariates: [String: Maker] = [
    "normal": { Normal(location: $0, scale: $1) },
    "uniform": { Uniform(lower: $0, upper: $1) },
    "logistic": { Logistic(location: $0, scale: $1) },
    "standardLogistic": { _, _ in Logistic.standard([], dtype: .float64) },
  ]

  @Test(arguments: univariates.keys.sorted()) func agreesWithSciPy(_ name: String) throws {
    let row = try #require(try reference("univariate_distributions", as: [String: Univariate].self)[name])
    let make = try #require(DistributionTests.univariates[name])
    let distribution = make(tensor(.float64, row.parameters[0]), tensor(.float64, row.parameters[1]))
    // JSON has no infinity: the reference writes -1e300.
    let logProb = row.logProb.map { $0 < -1e299 ? -Double.infinity : $0 }
    expectClose(distribution.logProb(Tensor(row.x)).doubles(), logProb, tolerance: 1e-12)
    expectClose(distribution.cdf(Tensor(row.x)).doubles(), row.cdf, tolerance: 1e-12)
    expectClose(distribution.quantile(Tensor(row.probability)).doubles(), row.quantile, tolerance: 1e-9)
    expectClose([distribution.mean.item(), distribution.variance.item()], [row.mean, row.variance], tolerance: 1e-12)
    let entropy =
      switch distribution {
      case let normal as Normal: normal.entropy
      case let uniform as Uniform: uniform.entropy
      case let logistic as Logistic: logistic.entropy
      default: Tensor(Double.nan)
      }
    expectClose(entropy.doubles(), [row.entropy], tolerance: 1e-12)
  }

  private struct Multivariate: Decodable {
    let mean: [Double]
    let covariance, x: [[Double]]
    let logProb: [Double]
    let entropy: Double
  }

  @Test func aFullCovarianceAgreesWithSciPy() throws {
    let row = try reference("multivariate_normal", as: Multivariate.self)
    let normal = try MultivariateNormal(location: Tensor(row.mean), covariance: Tensor(rows: row.covariance))
    expectClose(normal.logProb(Tensor(rows: row.x)).doubles(), row.logProb, tolerance: 1e-12)
    expectClose(normal.entropy.doubles(), [row.entropy], tolerance: 1e-12)
    expectClose(normal.covariance, Tensor(rows: row.covariance), tolerance: 1e-14)
    var rng = RandomGenerator(seed: 1)
    let x = normal.sample([100_000], using: &rng) - normal.mean
    let covariance = x.transposed().matmul(x) / 1e5
    // 8 standard errors of the largest element, 2 * sqrt(2 / n): exceeded with probability below 1e-14.
    #expect((covariance - Tensor(rows: row.covariance)).absolute().max().item() < 8 * 2 * (2 / 1e5).squareRoot())
  }

  @Test func aMatrixThatIsNoCovarianceThrows() {
    #expect(throws: DistributionError.notPositiveDefinite(shape: [2, 2])) {
      try MultivariateNormal(location: .zeros([2]), covariance: Tensor(rows: [[1.0, 2], [2, 1]]).to(.float32))
    }
  }

  @Test func outOfSupportIsMinusInfinityAndEdgesBelong() {
    let uniform = Uniform(lower: tensor(.float64, 0), upper: tensor(.float64, 2))
    let x = Tensor([-1e-9, 0, 2, 2 + 1e-9, -.infinity, .infinity, .nan])
    let logProb = uniform.logProb(x).doubles()
    #expect([0, 3, 4, 5].allSatisfy { logProb[$0] == -.infinity })
    #expect(abs(logProb[1] + log(2)) < 1e-15 && abs(logProb[2] + log(2)) < 1e-15 && logProb[6].isNaN)
    let box = Uniform(lower: .zeros([2]), upper: .ones([2]), eventRank: 1)
    #expect(box.logProb(Tensor([Float(0.5), 3])).item() == -.infinity)
    #expect(!box.support.contains(Tensor([Float(0.5), 3])).any())
  }

  @Test func quantilesInvertDistributionFunctions() {
    let probability = Tensor.linear(from: 0.001, to: 0.999, count: 99, dtype: .float64)
    let (one, two) = (tensor(.float64, 1), tensor(.float64, 2))
    let distributions: [any CumulativeDistribution] = [
      Normal(location: one, scale: two), Uniform(lower: one, upper: two), Logistic(location: one, scale: two),
    ]
    for distribution in distributions {
      expectClose(distribution.cdf(distribution.quantile(probability)), probability, tolerance: 1e-12)
      #expect(distribution.quantile(tensor(.float64, -0.1, 1.1)).isNaN().all())
    }
  }

  @Test func reparameterizedDrawsCarryGradients() throws {
    var rng = RandomGenerator(seed: 1)
    let location = tensor(.float64, 1, 2).requiringGradient()
    let scale = tensor(.float64, 1, 2).requiringGradient()
    let distributions: [any ReparameterizedDistribution] = [
      Normal(location: location, scale: scale), Uniform(lower: location, upper: location + scale),
      Logistic(location: location, scale: scale),
      MultivariateNormal(location: location, scaleTriangle: scale.diagonalMatrix()),
      Transformed(Normal(location: location, scale: scale), through: Affine(location: location * 2, scale: scale * 3)),
    ]
    for distribution in distributions {
      let found = gradients(
        of: distribution.reparameterizedSample([5], using: &rng).sum(), withRespectTo: [location, scale])
      #expect(found.allSatisfy { $0.isFinite().all() && $0.absolute().min().item() > 0 })
    }
  }

  @Test func piecesAreTheWhole() {
    var rng = RandomGenerator(seed: 1)
    let normal = StandardNormal([2])
    let x = normal.sample(count: 10, chunkSize: 3, using: &rng)
    #expect(x.shape == [10, 2])
    #expect(normal.logProb(x, chunkSize: 4).isClose(to: normal.logProb(x)))
  }

  @Test func wrongArgumentsStop() async {
    await #expect(processExitsWith: .failure) { _ = StandardNormal([3]).logProb(.zeros([2])) }
    await #expect(processExitsWith: .failure) { _ = StandardNormal([3], batchShape: [4]).logProb(.zeros([5, 3])) }
    await #expect(processExitsWith: .failure) { _ = Normal(location: .zeros([2]), scale: .zeros([2])) }
    await #expect(processExitsWith: .failure) { _ = Uniform(lower: .zeros([2]), upper: .ones([3])) }
  }
}
