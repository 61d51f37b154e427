import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// One row of the table: a monotone map with data and codes for it.
struct MonotoneMapCase: Sendable, CustomTestStringConvertible {
  let name: String
  let x: [Double]
  let z: [Double]
  let make: @Sendable () throws -> any MonotoneMap
  var testDescription: String { name }

  private static let inner = stride(from: 0.02, through: 0.98, by: 0.04).map { $0 }
  private static let data = [3.5, 1, 2, 2, 7, 4.25, 2]

  static let all: [MonotoneMapCase] = [
    MonotoneMapCase(name: "pair, derivative by differentiation", x: [0.1, 0.5, 2, 7], z: inner) {
      MonotonePair(
        domain: 0...Double.infinity, codomain: 0...1, forward: { -($0 * -0.4).expMinusOne() },
        inverse: { (-$0).logOnePlus() * -2.5 })
    },
    MonotoneMapCase(name: "pair, with derivative", x: [-2, 0.1, 0.5, 2, 7], z: [-3, 0, 0.4, 5]) {
      MonotonePair(
        domain: -Double.infinity...Double.infinity, codomain: -Double.infinity...Double.infinity,
        forward: { $0.sinh() }, inverse: { $0.asinh() }, logDerivative: { $0.cosh().log() })
    },
    MonotoneMapCase(name: "numerical, by differentiation", x: [-30, -2, 0.1, 0.5, 2, 7], z: [-3e4, -3, 0, 0.4, 5]) {
      NumericalMonotoneMap { x in x + 0.1 * x.squared() * x }
    },
    MonotoneMapCase(name: "numerical cdf", x: [-2, 0.1, 0.5, 2, 7], z: [1e-12] + inner + [1 - 1e-12]) {
      let normal = Normal(location: tensor(.float64, -1), scale: tensor(.float64, 0.7))
      let other = Logistic(location: tensor(.float64, 5), scale: tensor(.float64, 2))
      return NumericalMonotoneMap(codomain: 0...1) { x in 0.3 * normal.cdf(x) + 0.7 * other.cdf(x) }
    },
    MonotoneMapCase(name: "numerical, of a black box", x: [0.1, 0.5, 0.9], z: inner) {
      // A function of plain numbers, with its derivative.
      NumericalMonotoneMap(
        domain: 0...1, codomain: 0...1, logDerivative: { ($0 * 2.0 + 1.0).log() - Foundation.log(2.0) },
        forward: { x in Tensor(x.doubles().map { ($0 * $0 + $0) / 2 }, shape: x.shape) })
    },
    MonotoneMapCase(name: "table, linear", x: [0.2, 1.1, 1.7, 3.5], z: inner) {
      try MonotoneTable(x: Tensor([0.0, 1, 1.5, 4]), z: Tensor([0.0, 0.3, 0.9, 1]), interpolation: .linear)
    },
    MonotoneMapCase(name: "table, cubic", x: [0.2, 1.1, 1.7, 3.5], z: inner) {
      try MonotoneTable(x: Tensor([0.0, 1, 1.5, 4]), z: Tensor([0.0, 0.3, 0.9, 1]))
    },
    MonotoneMapCase(name: "cdf", x: [0.2, 1.1, 1.7, 3.5], z: inner) {
      CumulativeMap(Gamma(concentration: tensor(.float64, 2.5), rate: tensor(.float64, 1.3)))
    },
    MonotoneMapCase(name: "normal scores", x: [0.01, 1.1, 1.7, 13.5], z: [-5, -1, 0, 0.3, 3]) {
      NormalScoreMap(Gamma(concentration: tensor(.float64, 2.5), rate: tensor(.float64, 1.3)))
    },
    MonotoneMapCase(name: "normal scores of a normal", x: [-60, 1.1, 1.7, 13.5], z: [-7, -1, 0, 0.3, 7]) {
      NormalScoreMap(Normal(location: tensor(.float64, 1), scale: tensor(.float64, 2)))
    },
    MonotoneMapCase(name: "data, lines", x: [1.5, 3.3, 5.5], z: [0] + inner + [1]) {
      try EmpiricalQuantileFunction(Tensor(data))
    },
    MonotoneMapCase(name: "data, weighted lines", x: [1.5, 3.3, 5.5], z: [0] + inner + [1]) {
      try EmpiricalQuantileFunction(
        Tensor(data), weights: Tensor([0.5, 1, 2, 0, 0.3, 1, 0.25]), interpolation: .medianUnbiased)
    },
    MonotoneMapCase(name: "data, steps", x: [1.5, 3.3, 5.5], z: inner) {
      try EmpiricalQuantileFunction(Tensor(data), interpolation: .invertedCDF)
    },
  ]
}

@Suite struct MonotoneMapTests {
  @Test(arguments: MonotoneMapCase.all) func keepsItsPromises(_ row: MonotoneMapCase) throws {
    // Steps have no slope: their derivative is 0 between the data, as the differences say.
    checkMonotoneMap(try row.make(), x: Tensor(row.x), z: Tensor(row.z))
  }

  @Test func aSolutionFarOutIsFound() {
    // From the first step of 1 to 10^200, and back to 10^-200.
    let map = NumericalMonotoneMap { $0 }
    let z = Tensor([1e200, -1e200, 1e-200, 0, 3])
    expectClose(map.inverse(z).doubles().map { $0 / 1e200 }, [1, -1, 0, 0, 3e-200], tolerance: 1e-14)
    let power = NumericalMonotoneMap(domain: 0...Double.infinity, codomain: 0...Double.infinity) { $0.pow(9) }
    expectClose(power.inverse(Tensor([0, 1e-90, 1e90])).doubles(), [0, 1e-10, 1e10], tolerance: 1e-12)
    #expect(power.inverse(Tensor([-1.0])).isNaN().all())
    #expect(power.inverse(Tensor([Double.infinity])).item() == .infinity)
  }

  /// PCHIP values of SciPy 1.17: `PchipInterpolator([0, 1, 1.5, 4], [0, .3, .9, 1])([.2, 1.1, 1.7, 3.5])`.
  @Test func theCubicTableIsThatOfSciPy() throws {
    let table = try MonotoneTable(x: Tensor([0.0, 1, 1.5, 4]), z: Tensor([0.0, 0.3, 0.9, 1]))
    let expected = [0.014742857142857143, 0.39375048480930847, 0.9183626135746608, 0.997419004524887]
    expectClose(table.forward(Tensor([0.2, 1.1, 1.7, 3.5])).doubles(), expected, tolerance: 1e-14)
    expectClose(table.forward(Tensor([-1.0, 9])).doubles(), [0, 1], tolerance: 0)
    #expect(table.logDerivative(Tensor([-1.0, 9])).doubles() == [-.infinity, -.infinity])
  }

  @Test func aTableThatDoesNotRiseIsRefused() {
    #expect(throws: DistributionError.notIncreasing(column: "z", row: 1, value: 0.5, next: 0.5)) {
      try MonotoneTable(x: Tensor([0.0, 1, 2, 3]), z: Tensor([0.0, 0.5, 0.5, 1]))
    }
    #expect(throws: DistributionError.notIncreasing(column: "x", row: 0, value: 1, next: 0)) {
      try MonotoneTable(x: Tensor([1.0, 0]), z: Tensor([0.0, 0.5]))
    }
    #expect(throws: DistributionError.notFinite(column: "z", row: 1, value: "nan")) {
      try MonotoneTable(x: Tensor([1.0, 2]), z: Tensor([0.0, .nan]))
    }
    #expect(throws: DistributionError.noData) { try MonotoneTable(x: Tensor([1.0]), z: Tensor([0.0])) }
    #expect(throws: DistributionError.noData) { try MonotoneTable(x: Tensor([1.0, 2]), z: Tensor([1.0, 1])) }
  }

  /// Tables of distribution functions often begin with several zeros and end with several ones.
  @Test func flatEndsOfATableAreCutOff() throws {
    let long = try MonotoneTable(x: Tensor([-2.0, -1, 0, 1, 2, 3]), z: Tensor([0.0, 0, 0, 0.4, 1, 1]))
    let short = try MonotoneTable(x: Tensor([0.0, 1, 2]), z: Tensor([0.0, 0.4, 1]))
    let z = Tensor([0, 0.1, 0.7, 1])
    #expect(long.inverse(z).isEqual(to: short.inverse(z)))
    #expect(!long.domain.contains(Tensor([-1.0, 2.5])).any())
  }
}
