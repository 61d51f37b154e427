import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct EnergyDistanceTests {
  /// Twice the integral of the squared difference of the two distribution functions.
  private func integral(_ x: [Double], _ y: [Double]) -> Double {
    let places = (x + y).sorted()
    func share(_ sample: [Double], upTo place: Double) -> Double {
      Double(sample.count { $0 <= place }) / Double(sample.count)
    }
    return zip(places, places.dropFirst()).map { place, next in
      2 * pow(share(x, upTo: place) - share(y, upTo: place), 2) * (next - place)
    }.reduce(0, +)
  }

  @Test func ofNumbersItIsTheIntegralOverDistributionFunctions() throws {
    var rng = RandomGenerator(seed: 1)
    let x = Tensor.normal([40], dtype: .float64, using: &rng)
    let y = Tensor.normal([25], dtype: .float64, using: &rng) * 2 + 0.3
    let found = try EnergyDistance(isBiased: true).estimate(x, y)
    expectClose([found.value], [integral(x.doubles(), y.doubles())], tolerance: 1e-13)
    expectClose([EnergyDistance(isBiased: true).loss(x, y).item()], [found.value], tolerance: 1e-13)
  }

  /// E|Z| for Z normal: s sqrt(2 / pi) exp(-m^2 / (2 s^2)) + m erf(m / (s sqrt(2))).
  private func meanDistance(_ m: Double, _ s: Double) -> Double {
    s * (2 / Double.pi).squareRoot() * exp(-m * m / (2 * s * s)) + m * erf(m / (s * 2.0.squareRoot()))
  }

  @Test func normalsHaveTheirClosedForm() throws {
    var rng = RandomGenerator(seed: 2)
    let (shift, scale) = (0.5, 1.5)
    let x = Tensor.normal([900], dtype: .float64, using: &rng)
    let y = Tensor.normal([700], dtype: .float64, using: &rng) * scale + shift
    let exact =
      2 * meanDistance(shift, (1 + scale * scale).squareRoot()) - meanDistance(0, 2.0.squareRoot())
      - meanDistance(0, scale * 2.0.squareRoot())
    let found = try EnergyDistance().estimate(x, y)
    // Chance exceeds 5 standard errors with probability 6e-7.
    #expect(abs(found.value - exact) < 5 * found.standardError, "\(found), expected \(exact)")
    #expect(found.standardError < exact / 2)
  }

  @Test func trainingWithItMovesASampleOntoAnother() {
    var rng = RandomGenerator(seed: 3)
    let target = Tensor.normal([60, 2], using: &rng) * 0.5 + 2.0
    var x = Tensor.normal([40, 2], using: &rng)
    let before = EnergyDistance(isBiased: true).loss(x, target).item()
    for _ in 0..<100 {
      let leaf = x.requiringGradient()
      let slope = gradients(of: EnergyDistance(isBiased: true).loss(leaf, target), withRespectTo: [leaf])[0]
      x = (x - slope * 10).detached()
    }
    let after = EnergyDistance(isBiased: true).loss(x, target).item()
    #expect(after < before / 50, "from \(before) to \(after)")
  }
}
