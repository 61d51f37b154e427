import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct RationalQuadraticSplineTests {
  private struct Reference: Decodable {
    let bins: Int
    let bound: Double
    let widths, heights, slopes: [[Double]]
    let x, forward, forwardLogDet, inverse, inverseLogDet: [Double]
  }

  @Test func agreesWithOtherImplementations() throws {
    for row in try reference("splines", as: [String: Reference].self).values {
      let spline = RationalQuadraticSpline(
        widths: Tensor(rows: row.widths), heights: Tensor(rows: row.heights), slopes: Tensor(rows: row.slopes),
        bound: row.bound)
      let x = Tensor(row.x)
      let (z, logDet) = spline.forwardWithLogDet(x)
      expectClose(z.doubles(), row.forward, tolerance: 1e-9)
      expectClose(logDet.doubles(), row.forwardLogDet, tolerance: 1e-9)
      let (back, inverseLogDet) = spline.inverseWithLogDet(x)
      expectClose(back.doubles(), row.inverse, tolerance: 1e-9)
      expectClose(inverseLogDet.doubles(), row.inverseLogDet, tolerance: 1e-9)
    }
  }

  /// D7: another implementation's start is the identity in the inner bins only.
  @Test(arguments: [DType.float32, .float64]) func zeroParametersAreTheIdentityEverywhere(_ dtype: DType) {
    let x = Tensor.linear(from: -9, to: 9, count: 3601, dtype: dtype)
    for bins in [1, 2, 8, 32] {
      let spline = RationalQuadraticSpline(parameters: .zeros([3 * bins - 1], dtype: dtype), form: .init(bins: bins))
      let tolerance = dtype == .float64 ? 1e-14 : 5e-6
      for (value, logDet) in [spline.forwardWithLogDet(x), spline.inverseWithLogDet(x)] as [(Tensor, Tensor)] {
        expectClose(value, x, tolerance: tolerance)
        expectClose(logDet, .zeros(like: x), tolerance: tolerance)
      }
    }
  }

  /// D7, D8: the slope at the box's edge is 1, whatever the parameters, so the density has no jump there.
  @Test func slopeIsContinuousAtTheEdges() {
    var rng = RandomGenerator(seed: 4)
    let edges = Tensor([-3, 3].flatMap { [$0 * (1 - 1e-12), $0, $0 * (1 + 1e-12)] })
    for scale in [0.1, 1, 5] {
      let raw = Tensor.normal([20, 1, 23], dtype: .float64, using: &rng) * scale
      let spline = RationalQuadraticSpline(parameters: raw, form: .init(bound: 3))
      let (z, logDet) = spline.forwardWithLogDet(edges)
      expectClose(z, edges.broadcasted(to: [20, 6]), tolerance: 1e-11)
      expectClose(logDet, .zeros([20, 6], dtype: .float64), tolerance: 1e-6)
      expectClose(logDet[.all, .indices(Tensor([1, 4]))], .zeros([20, 2], dtype: .float64), tolerance: 1e-12)
    }
  }

  /// D14: values and gradients, also of the parameters, at knots, at and far outside the edges, in batches wholly in the
  /// tails, with weights of any size.
  @Test(arguments: [DType.float32, .float64], [0.0, 1, 10, 1000])
  func valuesAndGradientsAreFiniteEverywhere(_ dtype: DType, _ weight: Double) {
    var rng = RandomGenerator(seed: 5)
    let tails = Tensor([-1e6, -1e3, -5.0001, -5, 5, 5.0001, 1e3, 1e6]).to(dtype)
    let inside = Tensor.linear(from: -5, to: 5, count: 41, dtype: dtype)
    for x in [tails, inside, tails[.range(0..<3)]] {
      let raw = (Tensor.normal([30, 1, 23], dtype: dtype, using: &rng) * weight)
        .broadcasted(to: [30, x.size(0), 23]).contiguous().requiringGradient()
      let leaf = x.broadcasted(to: [30, x.size(0)]).contiguous().requiringGradient()
      let spline = RationalQuadraticSpline(parameters: raw, form: .init())
      for (value, logDet) in [spline.forwardWithLogDet(leaf), spline.inverseWithLogDet(leaf)] as [(Tensor, Tensor)] {
        #expect(value.isFinite().all() && logDet.isFinite().all())
        for loss in [value.sum(), logDet.sum()] {
          let found = gradients(of: loss, withRespectTo: [raw, leaf], retainingGraph: true)
          #expect(found.allSatisfy { $0.isFinite().all() })
        }
      }
      let isOutside = leaf.absolute() .> 5
      #expect(select(isOutside, spline.forward(leaf) - leaf, 0).absolute().max().item() == 0)
    }
  }

  @Test func infiniteAndMissingNumbersAreKept() {
    let spline = RationalQuadraticSpline(parameters: .ones([23]), form: .init())
    let values = spline.forward(Tensor([Float.infinity, -Float.infinity, Float.nan])).doubles()
    #expect(values[0] == .infinity && values[1] == -.infinity && values[2].isNaN)
  }

  /// Knots are met exactly, in a table of every inner knot, and the gradient there is that of a neighbour.
  @Test func gradientsAtKnotsAreThoseNearby() {
    var rng = RandomGenerator(seed: 6)
    let raw = Tensor.normal([23], dtype: .float64, using: &rng)
    let spline = RationalQuadraticSpline(parameters: raw, form: .init())
    let shares = raw[.range(0..<8)].softmax(-1).cumulativeSum(-1)[.range(0..<7)]
    let counts = Tensor.range(7, dtype: .float64) + 1
    let knots = counts * 0.01 + shares * (10 * (1 - 8e-3)) - 5
    let (_, left) = spline.forwardWithLogDet(knots - 1e-9)
    let (_, middle) = spline.forwardWithLogDet(knots)
    let (_, right) = spline.forwardWithLogDet(knots + 1e-9)
    expectClose(left, middle, tolerance: 1e-6)
    expectClose(right, middle, tolerance: 1e-6)
  }

  @Test func isMonotonic() {
    var rng = RandomGenerator(seed: 7)
    let x = Tensor.linear(from: -6, to: 6, count: 5001, dtype: .float64)
    let raw = Tensor.normal([50, 1, 23], dtype: .float64, using: &rng) * 8
    let z = RationalQuadraticSpline(parameters: raw, form: .init()).forward(x)
    let steps = z.narrowed(-1, from: 1, length: 5000) - z.narrowed(-1, from: 0, length: 5000)
    #expect(steps.min().item() > 0)
  }

  /// Extreme weights: bins nearly flat and nearly vertical, slopes from 0.001 to thousands.
  @Test(arguments: [3.0, 30, 1000]) func roundTripsWithStressedWeights(_ weight: Double) {
    var rng = RandomGenerator(seed: 8)
    let x = Tensor.linear(from: -6, to: 6, count: 2001, dtype: .float64)
    let raw = Tensor.normal([100, 1, 23], dtype: .float64, using: &rng) * weight
    let spline = RationalQuadraticSpline(parameters: raw, form: .init())
    let (z, logDet) = spline.forwardWithLogDet(x)
    let (back, inverseLogDet) = spline.inverseWithLogDet(z)
    // Where the slope is s, rounding of z alone moves x by about 1e-15 / s.
    let allowed = (-logDet).exp().clamped(from: 1) * 1e-13 + 1e-12
    #expect(((back - x).absolute() .<= allowed).all())
    expectClose(spline.forward(back), z, tolerance: 1e-9)
    // In the narrowest bins the slope changes a thousandfold within 1e-8, so rounding of x by 1e-15 shows.
    expectClose(spline.forwardWithLogDet(back).logDet, -inverseLogDet, tolerance: 1e-5)
  }

  @Test func nearlyFlatBinsRoundTrip() {
    // One tall bin: all others have the least height; then the same turned round.
    let tall = [20.0] + [Double](repeating: 0, count: 7)
    let flat = [Double](repeating: 0, count: 8)
    let slopes = [Double](repeating: -20, count: 7)
    let x = Tensor.linear(from: -5, to: 5, count: 4001, dtype: .float64)
    for (widths, heights) in [(flat, tall), (tall, flat), (tall.reversed(), tall)] {
      let spline = RationalQuadraticSpline(
        widths: Tensor(widths), heights: Tensor(heights), slopes: Tensor(slopes), bound: 5)
      expectClose(spline.inverse(spline.forward(x)), x, tolerance: 1e-9)
      expectClose(spline.forward(spline.inverse(x)), x, tolerance: 1e-9)
    }
  }
}
