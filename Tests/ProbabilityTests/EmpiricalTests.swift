import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct EmpiricalTests {
  private struct Row: Decodable {
    let type: Int
    let data, probability, quantile: [Double]
  }

  @Test func theNineDefinitionsAreThoseOfNumPy() throws {
    let rows = try reference("quantiles", as: [Row].self)
    #expect(rows.count == 18)
    for row in rows {
      let interpolation = try #require(QuantileInterpolation(rawValue: row.type))
      let map = try EmpiricalQuantileFunction(Tensor(row.data), interpolation: interpolation)
      expectClose(map.inverse(Tensor(row.probability)).doubles(), row.quantile, tolerance: 1e-13, "\(interpolation)")
    }
  }

  @Test(arguments: QuantileInterpolation.allCases) func weightsCountRepetitions(
    _ interpolation: QuantileInterpolation
  ) throws {
    let values = Tensor([3.0, 1, 2, 5, 5, 9])
    let weights = Tensor([2.0, 1, 3, 1, 2, 0])
    let repeated = Tensor([3.0, 3, 1, 2, 2, 2, 5, 5, 5])
    let weighted = try EmpiricalQuantileFunction(values, weights: weights, interpolation: interpolation)
    let plain = try EmpiricalQuantileFunction(repeated, interpolation: interpolation)
    let p = Tensor.linear(from: 0, to: 1, count: 101, dtype: .float64)
    expectClose(weighted.inverse(p), plain.inverse(p), tolerance: 1e-13)
    let x = Tensor([0.5, 1, 1.5, 2, 2.7, 3, 5, 6])
    expectClose(weighted.forward(x), plain.forward(x), tolerance: 1e-13)
    expectClose(weighted.leftLimit(x), plain.leftLimit(x), tolerance: 1e-13)
  }

  @Test func dataAreTheirOwnDistribution() throws {
    let data = Tensor([3.0, 1, 2, 2, 7])
    let distribution = try EmpiricalDistribution(data)
    expectClose(
      distribution.logProb(Tensor([2.0, 1, 4])).doubles(), [log(0.4), log(0.2), -.infinity], tolerance: 1e-15)
    expectClose(distribution.cdf(Tensor([0.9, 1, 2, 6.9, 7])).doubles(), [0, 0.2, 0.6, 0.8, 1], tolerance: 1e-15)
    expectClose([distribution.mean.item(), distribution.variance.item()], [3, 4.4], tolerance: 1e-14)
    checkDistribution(distribution, draws: 5000)
    let weighted = try EmpiricalDistribution(data, weights: Tensor([1.0, 0, 2, 1, 6]))
    expectClose(weighted.logProb(Tensor([2.0, 1, 7])).doubles(), [log(0.3), -.infinity, log(0.6)], tolerance: 1e-15)
  }

  @Test func badDataAreNamed() {
    #expect(throws: DistributionError.noData) { try EmpiricalDistribution(Tensor.zeros([0])) }
    #expect(throws: DistributionError.notFinite(column: "the data", row: 1, value: "nan")) {
      try EmpiricalQuantileFunction(Tensor([1.0, .nan]))
    }
    #expect(throws: DistributionError.badWeights(reason: "a weight is negative")) {
      try EmpiricalDistribution(Tensor([1.0, 2]), weights: Tensor([1.0, -1]))
    }
    #expect(throws: DistributionError.badWeights(reason: "no weight is positive")) {
      try EmpiricalDistribution(Tensor([1.0, 2]), weights: Tensor([0.0, 0]))
    }
    #expect(throws: DistributionError.self) {
      try EmpiricalQuantileFunction(Tensor([1.0, 2]), weights: Tensor([0.25, 0.5]))
    }
  }

  @Test func oneNumberIsAnAtom() throws {
    for interpolation in QuantileInterpolation.allCases {
      let map = try EmpiricalQuantileFunction(Tensor([4.0]), interpolation: interpolation)
      expectClose(map.inverse(Tensor([0.0, 0.3, 1])).doubles(), [4, 4, 4], tolerance: 0)
      let model = InverseTransform(map)
      expectClose(model.logProb(Tensor([4.0, 3.9, 4.1])).doubles(), [0, -.infinity, -.infinity], tolerance: 0)
    }
  }
}
