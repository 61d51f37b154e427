import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct InverseTransformTests {
  /// The source's example: f(x) = 1 - exp(-x / tau), f^-1(z) = -tau log(1 - z).
  @Test func theExponentialIsAPushforwardOfTheUniform() {
    let tau = 2.5
    let map = MonotonePair(
      domain: 0...Double.infinity, codomain: 0...1, forward: { -($0 * (-1 / tau)).expMinusOne() },
      inverse: { (-$0).logOnePlus() * -tau })
    let (model, exact) = (InverseTransform(map), Exponential(rate: tensor(.float64, 1 / tau)))
    let x = Tensor([-1.0, 0, 0.1, 3, 20])
    expectClose(model.logProb(x), exact.logProb(x), tolerance: 1e-13)
    expectClose(model.cdf(x), exact.cdf(x), tolerance: 1e-14)
    expectClose(model.quantile(Tensor([0.1, 0.9])), exact.quantile(Tensor([0.1, 0.9])), tolerance: 1e-14)
    checkDistribution(model, draws: 5000)
    checkCumulative(model, isDiscrete: false)
  }

  private static func gamma() -> Gamma { Gamma(concentration: tensor(.float64, 2.5), rate: tensor(.float64, 1.3)) }

  /// The same target through uniform codes, normal codes, and its cdf inverted numerically.
  @Test func oneTargetFromThreeMaps() {
    let gamma = Self.gamma()
    let x = Tensor([0.05, 0.7, 1.5, 4])
    let models: [any AtomicDistribution] = [
      InverseTransform(CumulativeMap(gamma)), InverseTransform(normal: NormalScoreMap(gamma)),
      InverseTransform(NumericalMonotoneMap(domain: 0...Double.infinity, codomain: 0...1) { Self.gamma().cdf($0) }),
    ]
    for model in models {
      expectClose(model.logProb(x), gamma.logProb(x), tolerance: 1e-11, "\(type(of: model))")
      expectClose(model.cdf(x), gamma.cdf(x), tolerance: 1e-12, "\(type(of: model))")
      let p = Tensor([0.001, 0.3, 0.99])
      expectClose(model.quantile(p), gamma.quantile(p), tolerance: 1e-11, "\(type(of: model))")
      checkCumulative(model, isDiscrete: false, draws: 1000)
    }
  }

  /// A table of the cdf with rows 0.01 apart gives densities with an error of the first or second order in that.
  @Test func aTableOfTheTargetsCDFIsNearIt() throws {
    let (gamma, x) = (Self.gamma(), Tensor([0.703, 1.507, 4.002]))
    let rows = Tensor.linear(from: 0, to: 20, count: 2001, dtype: .float64)
    let cdf = gamma.cdf(rows)
    for (interpolation, tolerance) in [(MonotoneTable.Interpolation.cubic, 1e-4), (.linear, 1e-2)] {
      let model = InverseTransform(
        try MonotoneTable(x: rows, z: cdf / cdf.max(), interpolation: interpolation))
      expectClose(model.logProb(x), gamma.logProb(x), tolerance: tolerance)
      expectClose(model.cdf(x), gamma.cdf(x), tolerance: tolerance * 1e-2)
      checkDistribution(model, draws: 2000)
    }
  }

  /// Codes of draws are uniform or normal again: the direction of inference.
  @Test func inferenceUndoesGeneration() {
    var rng = RandomGenerator(seed: 5)
    let model = InverseTransform(normal: NormalScoreMap(Self.gamma()))
    let x = model.sample([2000], using: &rng)
    let z = model.map.forward(x)
    expectClose(model.map.inverse(z), x, tolerance: 1e-11)
    let uniform = z.normalCDF().sorted().values
    let steps = Tensor.linear(from: 0, to: 1, count: 2001, dtype: .float64)
    let distance = (uniform - steps[.slice(to: 2000)]).absolute().max().item()
    // Kolmogorov and Smirnov: chance exceeds 2.7 with probability below 1e-6.
    #expect(distance * 2000.0.squareRoot() < 2.7)
  }

  /// A map learns: gradients flow through draws to what its formulas are made of.
  @Test func gradientsReachTheMap() {
    let tau = tensor(.float64, 2.5).requiringGradient()
    let map = MonotonePair(
      domain: 0...Double.infinity, codomain: 0...1, forward: { -(-$0 / tau).expMinusOne() },
      inverse: { (-$0).logOnePlus() * -tau })
    var rng = RandomGenerator(seed: 6)
    let draws = InverseTransform(map).reparameterizedSample([100], using: &rng)
    let slope = gradients(of: draws.sum(), withRespectTo: [tau])[0]
    expectClose(slope, draws.sum() / 2.5, tolerance: 1e-12)
    let logProb = InverseTransform(map).logProb(Tensor([3.0]))
    // d/dtau (-log tau - x / tau) = -1/tau + x / tau^2.
    expectClose(
      gradients(of: logProb.sum(), withRespectTo: [tau])[0].doubles(), [-1 / 2.5 + 3 / 6.25], tolerance: 1e-12)
  }

  /// Jumps of f are atoms with the probability of the codes in between, flat stretches are gaps.
  @Test func aMapWithJumpsHasAtoms() throws {
    // Of [1, 2, 2, 4] the lines go through (0, 1), (1/3, 2), (2/3, 2), (1, 4): a third lies at 2.
    let map = try EmpiricalQuantileFunction(Tensor([2.0, 4, 1, 2]))
    let model = InverseTransform(map)
    let expected = [-.infinity, log(1.0 / 3), log(1.0 / 3), log(1.0 / 6), log(1.0 / 6), -.infinity]
    expectClose(model.logProb(Tensor([0.5, 1.5, 2, 2.5, 4, 4.5])).doubles(), expected, tolerance: 1e-13)
    #expect(model.isAtom(Tensor([1.5, 2, 2.5])).scalars(as: Bool.self) == [false, true, false])
    expectClose(model.cdfBelow(Tensor([2.0])).doubles(), [1.0 / 3], tolerance: 1e-14)
    expectClose(model.cdf(Tensor([2.0])).doubles(), [2.0 / 3], tolerance: 1e-14)
    var rng = RandomGenerator(seed: 7)
    let draws = model.sample([9000], using: &rng)
    let share = (draws .== 2).to(.float64).mean().item()
    // 7 standard errors of a share of 1/3.
    #expect(abs(share - 1.0 / 3) < 7 * (2.0 / 9 / 9000).squareRoot())
    // Normal codes: the jump's probability is that of its interval of codes.
    let codes = Normal(location: tensor(.float64, 0.2), scale: tensor(.float64, 0.1))
    let other = InverseTransform(map, code: codes)
    let mass = (codes.cdf(tensor(.float64, 2.0 / 3)) - codes.cdf(tensor(.float64, 1.0 / 3))).log()
    expectClose(other.logProb(Tensor([2.0])).doubles(), mass.doubles(), tolerance: 1e-12)
    // Steps have atoms only.
    let steps = InverseTransform(
      try EmpiricalQuantileFunction(Tensor([2.0, 4, 1, 2]), interpolation: .invertedCDF))
    expectClose(
      steps.logProb(Tensor([1.0, 1.5, 2, 4])).doubles(), [log(0.25), -.infinity, log(0.5), log(0.25)], tolerance: 1e-13)
  }

  /// The cdf of a distribution with atoms as a map: its own probabilities come back.
  @Test func aDiscreteTargetComesBack() {
    let poisson = Poisson(rate: tensor(.float64, 2.5))
    let model = InverseTransform(CumulativeMap(poisson))
    let x = Tensor([0.0, 1, 2.5, 7, -1])
    expectClose(model.logProb(x), poisson.logProb(x), tolerance: 1e-12)
    var rng = RandomGenerator(seed: 8)
    let draws = model.sample([500], using: &rng)
    #expect(poisson.support.contains(draws).all())
    expectClose(model.quantile(Tensor([0.1, 0.5, 0.999])), poisson.quantile(Tensor([0.1, 0.5, 0.999])), tolerance: 0)
  }
}
