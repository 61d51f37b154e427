import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Closed forms against values to 50 digits, also where the textbook's formulas lose theirs: see the script.
@Suite struct KullbackLeiblerReferenceTests {
  struct References: Decodable {
    struct Row: Decodable {
      let name: String
      let parameters: [[Double]]
      let value: Double

      enum Key: String, CodingKey { case name, parameters, value }

      init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        name = try values.decode(String.self, forKey: .name)
        parameters = try values.decode([[Double]].self, forKey: .parameters)
        value = (try? values.decode(Double.self, forKey: .value)) ?? .infinity
      }
    }
    struct Tail: Decodable {
      let logWeights: [Double]
      let shape: Double
    }
    let divergences: [Row]
    let tails: [Tail]
  }

  private func divergence<Family: KullbackLeiblerDistribution>(
    _ row: References.Row, _ make: (Tensor, Tensor) -> Family
  ) -> Double {
    let p = row.parameters[0].map { Tensor($0, dtype: .float64) }
    return make(p[0], p[1]).kullbackLeiblerDivergence(from: make(p[2], p[3])).item()
  }

  private func divergence<Family: KullbackLeiblerDistribution>(
    _ row: References.Row, _ make: (Tensor) -> Family
  ) -> Double {
    let numbers = row.parameters[0].map { Tensor($0, dtype: .float64) }
    let p = row.parameters.count == 1 ? numbers : row.parameters.map { Tensor($0) }
    return make(p[0]).kullbackLeiblerDivergence(from: make(p[1])).item()
  }

  private func value(_ row: References.Row) -> Double {
    switch row.name {
    case "Normal": divergence(row) { Normal(location: $0, scale: $1) }
    case "LogNormal": divergence(row) { LogNormal(location: $0, scale: $1) }
    case "Laplace": divergence(row) { Laplace(location: $0, scale: $1) }
    case "Exponential": divergence(row) { Exponential(rate: $0) }
    case "Gamma": divergence(row) { Gamma(concentration: $0, rate: $1) }
    case "InverseGamma": divergence(row) { InverseGamma(concentration: $0, scale: $1) }
    case "Beta": divergence(row) { Beta(alpha: $0, beta: $1) }
    case "Bernoulli": divergence(row) { Bernoulli(probability: $0) }
    case "Poisson": divergence(row) { Poisson(rate: $0) }
    case "Geometric": divergence(row) { Geometric(probability: $0) }
    case "Dirichlet": divergence(row) { Dirichlet(concentration: $0) }
    case "Categorical": divergence(row) { Categorical(probabilities: $0) }
    default: .nan
    }
  }

  @Test func closedFormsKeepTheirDigits() throws {
    let rows = try reference("divergences", as: References.self).divergences
    #expect(Set(rows.map(\.name)).count == 12)
    for row in rows {
      let (found, expected) = (value(row), row.value)
      // 1 + 1e-9 is rounded before any of our arithmetic, so nearly equal parameters have 8 digits themselves.
      let isClose = found == expected || abs(found - expected) <= 2e-7 * abs(expected)
      #expect(isClose, "\(row.name)\(row.parameters): \(found), expected \(expected)")
    }
  }

  @Test func normalVectorsAgreeWithNumbersAndWithDraws() throws {
    var rng = RandomGenerator(seed: 3)
    let matrices = (0..<2).map { _ in Tensor.normal([4, 3, 3], dtype: .float64, using: &rng) }
    let covariances = matrices.map { $0.matmul($0.transposed()) + Tensor.identity(3, dtype: .float64) * 0.5 }
    let means = (0..<2).map { _ in Tensor.normal([4, 3], dtype: .float64, using: &rng) }
    let p = try MultivariateNormal(location: means[0], covariance: covariances[0])
    let q = try MultivariateNormal(location: means[1], covariance: covariances[1])
    let found = p.kullbackLeiblerDivergence(from: q)
    // (trace(S2^-1 S1) - D + (m2 - m1)' S2^-1 (m2 - m1) + log det S2 - log det S1) / 2.
    let inverse = try covariances[1].inverted()
    let gap = (means[1] - means[0]).unsqueezed(-1)
    let textbook =
      0.5
      * (inverse.matmul(covariances[0]).diagonal().sum(-1) - 3.0 + (gap * inverse.matmul(gap)).sum(-2, -1)
        + covariances[1].signLogDeterminant().logAbsolute - covariances[0].signLogDeterminant().logAbsolute)
    expectClose(found, textbook, tolerance: 1e-10)
    expectClose(p.kullbackLeiblerDivergence(from: p), Tensor.zeros([4], dtype: .float64), tolerance: 1e-13)
    // One distribution against a batch.
    let one = try MultivariateNormal(location: means[1][0], covariance: covariances[1][0])
    expectClose(p.kullbackLeiblerDivergence(from: one)[0], found[0])
  }

  @Test func boxesAndStandardNormals() {
    let small = Uniform(lower: Tensor([0.0, 0]), upper: Tensor([1.0, 2]), eventRank: 1)
    let large = Uniform(lower: Tensor([-1.0, 0]), upper: Tensor([1.0, 4]), eventRank: 1)
    #expect(abs(small.kullbackLeiblerDivergence(from: large).item() - log(4)) < 1e-6)
    #expect(large.kullbackLeiblerDivergence(from: small).item() == .infinity)
    #expect(StandardNormal([3]).kullbackLeiblerDivergence(from: StandardNormal([3])).item() == 0)
  }

  @Test func eventsAreSummedAndGradientsFlow() {
    let scale = Tensor([0.5, 2.0]).requiringGradient()
    let p = Normal(location: Tensor([0.0, 1.0]), scale: scale, eventRank: 1)
    let q = Normal(location: Tensor([1.0, 1.0]), scale: Tensor([1.0, 1.0]), eventRank: 1)
    let divergence = p.kullbackLeiblerDivergence(from: q)
    #expect(divergence.shape == [])
    // The derivative by s1 is s1 / s2^2 - 1 / s1.
    expectClose(gradients(of: divergence, withRespectTo: [scale])[0], Tensor([0.5 - 2, 2 - 0.5]))
  }

  @Test func tailsAgreeWithArviz() throws {
    let tails = try reference("divergences", as: References.self).tails
    #expect(tails.count == 3)
    for tail in tails {
      let found = ImportanceWeights(logWeights: tail.logWeights.map { $0 + 5000 }).paretoShape
      #expect(abs(found - tail.shape) < 1e-6, "\(found), arviz \(tail.shape)")
    }
  }
}
