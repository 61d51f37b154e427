import Foundation
import Testing
import Torch
import _TestSupport

/// What the distributions' references do not reach: shapes, types, ends of domains and gradients.
@Suite struct SpecialFunctionTests {
  private let nan = Double.nan
  private let infinity = Double.infinity

  private func expectEqual(_ actual: Tensor, _ expected: [Double]) {
    let values = actual.doubles()
    #expect(values.count == expected.count)
    for (a, b) in zip(values, expected) { #expect(a == b || a.isNaN && b.isNaN, "\(a) is not \(b)") }
  }

  @Test func endsOfDomains() {
    let one = Tensor(1.0, dtype: .float64)
    let x = Tensor([-infinity, -1, 0, infinity, nan])
    expectEqual(SpecialFunctions.regularizedGammaP(one, x), [0, 0, 0, 1, nan])
    expectEqual(SpecialFunctions.regularizedGammaQ(one, x), [1, 1, 1, 0, nan])
    expectEqual(SpecialFunctions.logRegularizedGammaP(one, x), [-infinity, -infinity, -infinity, 0, nan])
    expectEqual(SpecialFunctions.logRegularizedGammaQ(one, x), [0, 0, 0, -infinity, nan])
    let p = Tensor([-0.1, 0, 1, 1.1, nan])
    expectEqual(SpecialFunctions.inverseRegularizedGammaP(one, p), [nan, 0, infinity, nan, nan])
    expectEqual(SpecialFunctions.inverseRegularizedGammaQ(one, p), [nan, infinity, 0, nan, nan])
    let shares = Tensor([-1, 0, 1, 2, nan])
    expectEqual(SpecialFunctions.regularizedBeta(one, one, shares), [0, 0, 1, 1, nan])
    expectEqual(SpecialFunctions.regularizedBetaComplement(one, one, shares), [1, 1, 0, 0, nan])
    expectEqual(SpecialFunctions.logRegularizedBeta(one, one, shares), [-infinity, -infinity, 0, 0, nan])
    expectEqual(SpecialFunctions.logRegularizedBetaComplement(one, one, shares), [0, 0, -infinity, -infinity, nan])
    expectEqual(SpecialFunctions.inverseRegularizedBeta(one, one, p), [nan, 0, 1, nan, nan])
    expectEqual(SpecialFunctions.inverseRegularizedBetaComplement(one, one, p), [nan, 1, 0, nan, nan])
    for a in [0, -1, infinity, nan] {
      let bad = Tensor(a, dtype: .float64)
      #expect(SpecialFunctions.regularizedGammaP(bad, one).isNaN().all())
      #expect(SpecialFunctions.regularizedBeta(one, bad, one * 0.5).isNaN().all())
      #expect(SpecialFunctions.inverseRegularizedGammaP(bad, one * 0.5).isNaN().all())
    }
    expectEqual(
      SpecialFunctions.normalQuantile(ofLog: Tensor([-infinity, 0, 0.1, nan])), [-infinity, infinity, nan, nan])
  }

  /// log Phi and its inverse, from next to 1 down to exp(-10^12).
  @Test func normalQuantilesOfLogarithmsInvert() {
    let x = Tensor([-1.4e6, -1000, -38, -37, -5, -1, 0, 0.5, 4, 8])
    expectClose(SpecialFunctions.normalQuantile(ofLog: x.normalLogCDF()), x, tolerance: 1e-10)
  }

  @Test func theNormalCDFKeepsItsTail() {
    // Phi(-10) and Phi(-37), by SciPy.
    let expected = [7.61985302416059e-24, 5.725571222524576e-300]
    for (value, exact) in zip(Tensor([-10.0, -37]).normalCDF().doubles(), expected) {
      #expect(abs(value / exact - 1) < 1e-13)
    }
  }

  @Test func argumentsBroadcastAndKeepTheirType() {
    let a = Tensor(rows: [[Float(0.5)], [2]])
    let x = Tensor([Float(0.1), 1, 3])
    let p = SpecialFunctions.regularizedGammaP(a, x)
    #expect(p.shape == [2, 3] && p.dtype == .float32)
    let each = SpecialFunctions.regularizedGammaP(Tensor(2.0, dtype: .float64), x.to(.float64))
    expectClose(p[1].to(.float64), each, tolerance: 1e-6)
    #expect(SpecialFunctions.regularizedGammaP(a.to(.float64), x).dtype == .float64)
    #expect(SpecialFunctions.regularizedGammaP(a, Tensor([1, 2, 3])).dtype == .float32)
    #expect(SpecialFunctions.regularizedGammaP(a, Tensor.zeros([0]).unsqueezed(0)).shape == [2, 0])
  }

  /// More elements than one piece of work, in an order that is not that of memory.
  @Test func viewsAreReadRight() {
    let x = Tensor.linear(from: 0.01, to: 8, count: 1200, dtype: .float64).reshaped([30, 40]).transposed()
    let a = Tensor(2.5, dtype: .float64)
    let whole = SpecialFunctions.regularizedGammaQ(a, x)
    let rows = Tensor.stacking(x.unbound().map { SpecialFunctions.regularizedGammaQ(a, $0) })
    #expect(whole.isEqual(to: rows))
    expectClose(whole + SpecialFunctions.regularizedGammaP(a, x), Tensor.ones(like: x), tolerance: 1e-14)
  }

  /// Stirling's remainders meet the plain differences where they change over, and have relative accuracy beyond.
  @Test func remaindersAreSeamless() {
    let x = Tensor([0.3, 2, 9.999999, 10, 10.000001, 30])
    let stirling = x.logGamma() - (x - 0.5) * x.log() + x - 0.5 * log(2 * Double.pi)
    expectClose(x.stirlingRemainder(), stirling, tolerance: 1e-13)
    expectClose(x.logMinusDigamma(), x.log() - x.digamma(), tolerance: 1e-13)
    expectClose(x.logGammaHalfStep(), (x + 0.5).logGamma() - x.logGamma() - 0.5 * x.log(), tolerance: 1e-13)
    expectClose(x.digammaHalfStep(), (x + 0.5).digamma() - x.digamma(), tolerance: 1e-13)
    let t = Tensor([-0.999, -0.2500001, -0.25, 0.1, 0.25, 0.2500001, 5])
    expectClose(t.minusLogOnePlus(), t - t.logOnePlus(), tolerance: 1e-15)
    // t^2 / 2 - t^3 / 3 + t^4 / 4.
    let tiny = Tensor([1e-9, -1e-5])
    let series = tiny.squared() * (0.5 - tiny * (1.0 / 3 - tiny * 0.25))
    expectClose(tiny.minusLogOnePlus() / series, Tensor.ones(like: tiny), tolerance: 1e-14)
    expectClose((Tensor([1e9]).logGammaHalfStep() * -8e9).doubles(), [1], tolerance: 1e-12)
    let leaf = x.requiringGradient()
    let slope = gradients(of: leaf.logGammaHalfStep().sum(), withRespectTo: [leaf])[0]
    expectClose(slope, x.digammaHalfStep() - 0.5 / x, tolerance: 1e-12)
  }

  /// A value from outside of libtorch becomes a function: gradients, and gradients of gradients, are the derivative's.
  @Test func aKnownDerivativeIsFollowed() {
    let x = Tensor([0.5, 2]).requiringGradient()
    let scale = Tensor(3.0, dtype: .float64).requiringGradient()
    let cube = Tensor(x.doubles().map { $0 * $0 * $0 })
    let y = cube.withDerivative(by: x) { x.squared() * 3.0 } * scale
    let first = gradients(of: y.sum(), withRespectTo: [x, scale], retainingGraph: true, creatingGraph: true)
    expectClose(first[0].doubles(), [3 * 3 * 0.25, 3 * 3 * 4], tolerance: 1e-14)
    expectClose(first[1].doubles(), [0.125 + 8], tolerance: 1e-14)
    let second = gradients(of: first[0].sum(), withRespectTo: [x])[0]
    expectClose(second.doubles(), [3 * 6 * 0.5, 3 * 6 * 2], tolerance: 1e-14)
    // What needs no gradient costs none.
    let plain = cube.withDerivative(by: x.detached()) { fatalDerivative() }
    #expect(!plain.requiresGradient)
    #expect(!withoutGradient { cube.withDerivative(by: x) { fatalDerivative() } }.requiresGradient)
    // An input that broadcasts gathers the gradients of all elements.
    let one = Tensor(2.0, dtype: .float64).requiringGradient()
    let spread = Tensor([1.0, 2, 3]).withDerivative(by: one) { Tensor([10.0, 20, 30]) }
    expectClose(gradients(of: spread.sum(), withRespectTo: [one])[0].doubles(), [60], tolerance: 0)
  }

  private func fatalDerivative() -> Tensor {
    Issue.record("a derivative that nobody needs is computed")
    return Tensor.zeros([2], dtype: .float64)
  }

  /// dx/da of a gamma draw at a fixed probability against differences of quantiles, for every way it is computed.
  @Test func theSlopeOfGammaQuantilesIsTheirDifference() {
    for a in [0.05, 0.7, 3.0, 40, 9_000, 11_000, 1e6] {
      let p = Tensor([0.02, 0.3, 0.5, 0.9, 0.999])
      let shape = Tensor(a, dtype: .float64)
      let step = 1e-4 * a
      let up = SpecialFunctions.inverseRegularizedGammaP(shape + step, p)
      let down = SpecialFunctions.inverseRegularizedGammaP(shape - step, p)
      let x = SpecialFunctions.inverseRegularizedGammaP(shape, p)
      let difference = (up - down) / (2 * step)
      let slope = SpecialFunctions.gammaQuantileSlope(shape, x)
      expectClose(slope / difference, Tensor.ones(like: p), tolerance: 1e-5, "a = \(a)")
    }
  }
}
