import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct SinkhornDivergenceTests {
  private func samples(_ count: Int, _ other: Int, features: Int = 2) -> (Tensor, Tensor) {
    var rng = RandomGenerator(seed: 1)
    let x = Tensor.normal([count, features], dtype: .float64, using: &rng)
    return (x, Tensor.normal([other, features], dtype: .float64, using: &rng) * 0.7 + 0.5)
  }

  /// A normal distribution as weights on a grid, whose sums are its integrals to 1e-9.
  private func grid(mean: Double, deviation: Double) -> (points: Tensor, weights: Tensor) {
    let line = Tensor.linear(from: -7, to: 7, count: 61, dtype: .float64) * deviation
    return ((line + mean).unsqueezed(1), ((line / deviation).squared() * -0.5).exp())
  }

  /// OT of normal numbers: Janati, Muzellec, Peyre, Cuturi, *Entropic optimal transport between unbalanced Gaussian measures
  /// has a closed form*, 2020, theorem 1 with epsilon = 2 sigma^2.
  private func exact(_ m1: Double, _ s1: Double, _ m2: Double, _ s2: Double, _ epsilon: Double) -> Double {
    let half = epsilon / 2
    let d = (4 * s1 * s1 * s2 * s2 + half * half).squareRoot()
    return (m1 - m2) * (m1 - m2) + s1 * s1 + s2 * s2 - d + half * (1 - log(epsilon)) + half * log(d + half)
  }

  @Test(arguments: [0.1, 1, 30]) func normalNumbersHaveTheirClosedForm(epsilon: Double) throws {
    let (first, second) = (grid(mean: 0, deviation: 1), grid(mean: 1.5, deviation: 0.6))
    let found = try SinkhornDivergence(epsilon: epsilon, tolerance: 1e-9)(
      first.points, second.points, xWeights: first.weights, yWeights: second.weights)
    let cross = exact(0, 1, 1.5, 0.6, epsilon)
    let value = cross - (exact(0, 1, 0, 1, epsilon) + exact(0, 0.6, 0, 0.6, epsilon)) / 2
    #expect(found.isConverged)
    #expect(abs(found.transportCost - cross) < 1e-6, "\(found), exactly \(cross)")
    #expect(abs(found.value - value) < 1e-6, "\(found), exactly \(value)")
  }

  @Test func equalSamplesHaveNone() throws {
    let (x, _) = samples(30, 1)
    for epsilon in [1e-9, 1e-3, 1, 1e6] {
      let found = try SinkhornDivergence(epsilon: epsilon, maximumIterations: 100)(x, x.flipped(0))
      #expect(found.value >= 0 && found.value < 1e-9, "\(epsilon): \(found)")
    }
    // One point against itself, and points that are all the same, have a diameter of 0.
    let point = Tensor(rows: [[3.0, 4.0]])
    #expect(try SinkhornDivergence(epsilon: 0.1)(point, point).value == 0)
    #expect(try SinkhornDivergence(epsilon: 0.1)(point.tiled([5, 1]), point.tiled([3, 1])).value < 1e-12)
  }

  @Test func pointsAreTheirDistanceApart() throws {
    for scale in [1e-150, 1e-20, 1, 1e20, 1e150] {
      for epsilon in [1e-300, 1e-10, 1, 1e10] {
        let found = try SinkhornDivergence(epsilon: epsilon, maximumIterations: 50)(
          Tensor(rows: [[0.0, 0.0]]), Tensor(rows: [[3 * scale, 4 * scale]]))
        let expected = 25 * scale * scale
        #expect(abs(found.value - expected) <= 1e-9 * expected, "\(scale), \(epsilon): \(found)")
      }
    }
  }

  @Test func symmetryPermutationsAndUnits() throws {
    let (x, y) = samples(40, 25)
    let settings = SinkhornDivergence(epsilon: 0.2, tolerance: 1e-9)
    let value = try settings(x, y).value
    #expect(abs(try settings(y, x).value - value) < 1e-8)
    #expect(abs(try settings(x.flipped(0), y.flipped(0)).value - value) < 1e-8)
    #expect(abs(try settings(x + 1e3, y + 1e3).value - value) < 1e-7)
    let scaled = try SinkhornDivergence(epsilon: 0.2 * 49, tolerance: 1e-9)(x * 7.0, y * 7.0).value
    #expect(abs(scaled - 49 * value) < 1e-6)
    // A point of weight 2 is two points; one of weight 0 is none.
    let weights = Tensor([2.0] + [Double](repeating: 1, count: 38) + [0])
    let copies = Tensor.concatenating([x.narrowed(0, from: 0, length: 39), x.narrowed(0, from: 0, length: 1)])
    #expect(abs(try settings(x, y, xWeights: weights).value - settings(copies, y).value) < 1e-8)
  }

  @Test func limitsAreTransportAndMeans() throws {
    let (x, y) = samples(12, 12, features: 1)
    let exact = Wasserstein.power(x.squeezed(1), y.squeezed(1)).item()
    let small = try SinkhornDivergence(epsilon: 1e-4)(x, y)
    #expect(abs(small.value - exact) < 1e-3, "\(small), exactly \(exact)")
    let means = (x.mean(0) - y.mean(0)).squared().sum().item()
    #expect(abs(try SinkhornDivergence(epsilon: 1e5)(x, y).value - means) < 1e-4)
  }

  /// exp(-C / epsilon) is 0 for every pair here, in 32 bits and in 64: POT's kernel form and geomloss's, whose costs are
  /// 32-bit, give NaN or lose all digits.
  @Test(arguments: [100.0, 1e4]) func cloudsFarApartHaveTheirTransport(distance: Double) throws {
    var rng = RandomGenerator(seed: 3)
    // Steps of 1/8, which 32 bits hold, apart by more than the plan is blurred.
    let x = Tensor.permutation(24, using: &rng).to(.float32).unsqueezed(1) / 8.0
    let y = (Tensor.permutation(24, using: &rng).to(.float32).unsqueezed(1) / 4.0) + distance
    let leaf = x.requiringGradient()
    let settings = SinkhornDivergence(epsilon: 1e-4 * distance, maximumIterations: 2000)
    let loss = try settings.loss(leaf, y)
    let (wide, other) = (x.to(.float64).squeezed(1), y.to(.float64).squeezed(1))
    let exact = Wasserstein.power(wide, other).item()
    #expect(abs(loss.item() - exact) < 1e-5 * exact, "\(loss.item()), exactly \(exact)")
    // The k-th of one sample goes to the k-th of the other.
    let slopes = (wide - (wide * 2.0 + distance)) * (2.0 / 24)
    let found = gradients(of: loss, withRespectTo: [leaf])[0].squeezed(1).to(.float64)
    expectClose(found / distance, slopes / distance, tolerance: 1e-3)
  }

  @Test func normalNumbersFarApartHaveTheirClosedForm() throws {
    let (first, second) = (grid(mean: 0, deviation: 1), grid(mean: 300, deviation: 0.6))
    let found = try SinkhornDivergence(epsilon: 0.1, tolerance: 1e-8, maximumIterations: 3000)(
      first.points, second.points, xWeights: first.weights, yWeights: second.weights)
    let value = exact(0, 1, 300, 0.6, 0.1) - (exact(0, 1, 0, 1, 0.1) + exact(0, 0.6, 0, 0.6, 0.1)) / 2
    #expect(abs(found.value - value) < 1e-4, "\(found), exactly \(value)")
  }

  /// Whatever is asked, the answer is a number of 0 or above, and says whether it converged.
  @Test func neverNegativeNeverNaN() throws {
    var rng = RandomGenerator(seed: 9)
    for round in 0..<12 {
      let x = Tensor.normal([1 + round, 3], dtype: .float64, using: &rng) * pow(10, Double(round * 5 - 30))
      let y = Tensor.normal([5, 3], dtype: .float64, using: &rng) * pow(10, Double(20 - round * 4))
      for epsilon in [1e-250, 1e-12, 1, 1e50] {
        let found = try SinkhornDivergence(epsilon: epsilon, maximumIterations: 5)(x, y)
        #expect(found.value >= 0 && found.value.isFinite, "\(round) \(epsilon) \(found)")
        #expect(found.transportCost.isFinite)
        #expect(!found.marginalError.isNaN && found.isConverged == (found.marginalError <= 1e-6))
      }
    }
  }

  @Test func numbersThatAreMissingAreNamed() {
    let x = Tensor(rows: [[0.0, 1.0], [2.0, .nan]])
    #expect(throws: DistributionError.notFinite(column: "column 2 of the first sample", row: 1, value: "nan")) {
      try SinkhornDivergence(epsilon: 1)(x, Tensor.zeros([1, 2], dtype: .float64))
    }
    #expect(throws: DistributionError.self) {
      try SinkhornDivergence(epsilon: 1)(
        Tensor.zeros([2, 1]), Tensor.zeros([2, 1]), xWeights: Tensor([1.0, -1.0]))
    }
  }

  @Test func gradientsAreDifferences() throws {
    let (x, y) = samples(6, 9)
    let settings = SinkhornDivergence(epsilon: 0.3, tolerance: 1e-12, maximumIterations: 2000)
    let leaves = [x.requiringGradient(), y.requiringGradient()]
    let weights = Tensor([1.0, 2, 3, 1, 0, 2])
    let loss = try settings.loss(leaves[0], leaves[1], xWeights: weights)
    #expect(abs(loss.item() - (try settings(x, y, xWeights: weights).value)) < 1e-12)
    let found = gradients(of: loss, withRespectTo: leaves)
    var rng = RandomGenerator(seed: 2)
    let steps = [x, y].map { Tensor.normal($0.shape, dtype: .float64, using: &rng) * 1e-4 }
    let ahead = try settings(x + steps[0], y + steps[1], xWeights: weights).value
    let behind = try settings(x - steps[0], y - steps[1], xWeights: weights).value
    let slope = zip(found, steps).reduce(0) { $0 + ($1.0 * $1.1).sum().item() }
    #expect(abs((ahead - behind) / 2 - slope) < 1e-5 * abs(slope), "\((ahead - behind) / 2) \(slope)")
    // The row without mass is not moved.
    #expect(found[0][4].squared().sum().item() == 0)
  }
}
