import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct TransportTests {
  @Test(arguments: [1.0, 2, 3]) func samplesOfNumbersArePairedInOrder(order: Double) {
    var rng = RandomGenerator(seed: 1)
    let x = Tensor.normal([40], dtype: .float64, using: &rng)
    let y = Tensor.normal([40], dtype: .float64, using: &rng) * 2.0 + 1.0
    let expected = zip(x.doubles().sorted(), y.doubles().sorted()).reduce(0) { $0 + pow(abs($1.0 - $1.1), order) / 40 }
    #expect(abs(Wasserstein.power(x, y, order: order).item() - expected) < 1e-12)
    #expect(abs(Wasserstein.distance(x, y, order: order) - pow(expected, 1 / order)) < 1e-12)
    #expect(Wasserstein.distance(x, x.flipped(0), order: order) == 0)
    // Moving and stretching.
    #expect(abs(Wasserstein.distance(x + 3.0, x, order: order) - 3) < 1e-12)
    #expect(abs(Wasserstein.distance(x * 5.0, y * 5.0, order: order) - 5 * pow(expected, 1 / order)) < 1e-11)
  }

  @Test func samplesOfDifferentSizesAndWeights() {
    // Mass 1/3 moves from 0 to 1/2 ...: quantiles differ by |x - y| over the merged levels.
    let (x, y) = (Tensor([0.0, 1.0]), Tensor([0.0, 1.0, 5.0]))
    // Levels 0-1/3: 0,0; 1/3-1/2: 0,1; 1/2-2/3: 1,1; 2/3-1: 1,5.
    #expect(abs(Wasserstein.distance(x, y, order: 1) - (1.0 / 6 + 4.0 / 3)) < 1e-12)
    #expect(abs(Wasserstein.distance(y, x, order: 1) - (1.0 / 6 + 4.0 / 3)) < 1e-12)
    let weighted = Wasserstein.distance(
      x, y, order: 1, xWeights: Tensor([1.0, 3.0]), yWeights: Tensor([2.0, 0.0, 2.0]))
    // Levels 0-1/4: 0,0; 1/4-1/2: 1,0; 1/2-1: 1,5.
    #expect(abs(weighted - (0.25 + 2)) < 1e-12)
    let repeated = Wasserstein.distance(Tensor([0.0, 1, 1, 1]), Tensor([0.0, 5.0]), order: 1)
    #expect(abs(weighted - repeated) < 1e-12)
    #expect(Wasserstein.power(Tensor([0.0, .nan]), y).item().isNaN)
  }

  @Test func gradientsPullNumbersToTheirPartners() {
    let x = Tensor([3.0, 0.0]).requiringGradient()
    let found = gradients(of: Wasserstein.power(x, Tensor([1.0, 5.0])), withRespectTo: [x])[0]
    expectClose(found, Tensor([3.0 - 5, 0.0 - 1]))
  }

  @Test func slicesOfOneDimensionAreExact() {
    var rng = RandomGenerator(seed: 2)
    let x = Tensor.normal([50, 1], dtype: .float64, using: &rng)
    let y = Tensor.normal([70, 1], dtype: .float64, using: &rng) + 0.7
    let exact = Wasserstein.distance(x.squeezed(1), y.squeezed(1))
    let sliced = SlicedWasserstein(projections: 40)
    #expect(abs(sliced.estimate(x, y, using: &rng).value - exact) < 1e-12)
    #expect(abs(sliced.power(x, y, using: &rng).item() - exact * exact) < 1e-12)
  }

  @Test func directionsHaveLengthOneAndSeeShifts() {
    var rng = RandomGenerator(seed: 3)
    let sliced = SlicedWasserstein(projections: 2000)
    let directions = sliced.directions(features: 5, using: &rng)
    expectClose(directions.norm(1), Tensor.ones([2000], dtype: .float64), tolerance: 1e-14)
    let x = Tensor.normal([30, 5], dtype: .float64, using: &rng)
    #expect(sliced.estimate(x, x.flipped(0), using: &rng).value < 1e-12)
    #expect(sliced.estimate(x, x, using: &rng) == Estimate(0, standardError: 0))
    // The mean of (direction . shift)^2 is |shift|^2 / D; within 5.2 standard errors (2e-7).
    let shift = Tensor([1.0, -2, 0, 0, 2])
    let found = sliced.estimate(x, x + shift, using: &rng)
    #expect(abs(found.value - (9.0 / 5).squareRoot()) < 5.2 * found.standardError && found.standardError < 0.05)
  }

  @Test func slicedGradientsAreDifferences() {
    var rng = RandomGenerator(seed: 4)
    let y = Tensor.normal([7, 3], dtype: .float64, using: &rng)
    let x = Tensor.normal([5, 3], dtype: .float64, using: &rng).requiringGradient()
    let sliced = SlicedWasserstein(order: 3, projections: 20)
    func value(_ x: Tensor) -> Tensor {
      var rng = RandomGenerator(seed: 5)
      return sliced.power(x, y, using: &rng)
    }
    let found = gradients(of: value(x), withRespectTo: [x])[0]
    let step = Tensor.normal([5, 3], dtype: .float64, using: &rng)
    let slope = (value(x.detached() + step * 1e-6).item() - value(x.detached() - step * 1e-6).item()) / 2e-6
    #expect(abs((found * step).sum().item() - slope) < 1e-6 * max(1, abs(slope)))
  }

  @Test func buresIsExactForCommutingAndSingularCovariances() throws {
    let zero = Tensor([0.0, 0.0])
    let diagonals = (Tensor([4.0, 9.0]), Tensor([1.0, 0.0]))
    let found = try BuresWasserstein.squared(
      mean: zero, covariance: diagonals.0.diagonalMatrix(), otherMean: Tensor([3.0, 0.0]),
      otherCovariance: diagonals.1.diagonalMatrix())
    #expect(abs(found - (9 + 1 + 9)) < 1e-12)
    // A rotation of both changes nothing.
    let (c, s) = (cos(0.7), sin(0.7))
    let rotation = Tensor(rows: [[c, -s], [s, c]])
    func rotated(_ diagonal: Tensor) -> Tensor {
      rotation.matmul(diagonal.diagonalMatrix()).matmul(rotation.transposed())
    }
    let turned = try BuresWasserstein.squared(
      mean: zero, covariance: rotated(diagonals.0), otherMean: zero, otherCovariance: rotated(diagonals.1))
    #expect(abs(turned - 10) < 1e-12)
    let itself = try BuresWasserstein.squared(
      mean: zero, covariance: rotated(diagonals.1), otherMean: zero, otherCovariance: rotated(diagonals.1))
    #expect(itself < 1e-12)
    #expect(throws: DistributionError.self) {
      try BuresWasserstein.squared(
        mean: zero, covariance: Tensor([-1.0, 1]).diagonalMatrix(), otherMean: zero,
        otherCovariance: diagonals.0.diagonalMatrix())
    }
    #expect(throws: DistributionError.self) {
      try BuresWasserstein.squared(
        mean: zero, covariance: Tensor([.nan, 1]).diagonalMatrix(), otherMean: zero,
        otherCovariance: diagonals.0.diagonalMatrix())
    }
  }

  /// In two dimensions trace((S1^1/2 S2 S1^1/2)^1/2)^2 = trace(S1 S2) + 2 sqrt(det S1 det S2).
  @Test func buresOfMatricesThatDoNotCommute() throws {
    let first = Tensor(rows: [[2.0, 0.7], [0.7, 1.0]])
    let second = Tensor(rows: [[1.0, -0.4], [-0.4, 3.0]])
    let zero = Tensor([0.0, 0.0])
    let p = try MultivariateNormal(location: zero, covariance: first)
    let q = try MultivariateNormal(location: zero, covariance: second)
    let traceOfProduct = first.matmul(second).diagonal().sum().item()
    let determinants = (2 - 0.49) * (3 - 0.16)
    let expected = 3.0 + 4.0 - 2 * (traceOfProduct + 2 * determinants.squareRoot()).squareRoot()
    #expect(abs(try BuresWasserstein.squared(p, q) - expected) < 1e-12)
  }
}
