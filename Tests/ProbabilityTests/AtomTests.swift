import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct AtomTests {
  /// p(x) = (1 - pi) delta(x + 1) + pi delta(x - 1).
  @Test func signsAreASumOfDeltas() {
    let signs = Atoms.signs(probability: tensor(.float64, 0.3))
    let x = Tensor([-1.5, -1, -0.5, 0, 1, 1.0000001, .infinity, .nan])
    let logProb = signs.logProb(x).doubles()
    expectClose(
      Array(logProb[0..<7]), [-.infinity, log(0.7), -.infinity, -.infinity, log(0.3), -.infinity, -.infinity])
    #expect(logProb[7].isNaN)
    // f jumps at -1 and 1; f^-1 is its generalized inverse.
    expectClose(Array(signs.cdf(x).doubles()[0..<7]), [0, 0.7, 0.7, 0.7, 1, 1, 1])
    expectClose(Array(signs.cdfBelow(x).doubles()[0..<7]), [0, 0, 0.7, 0.7, 0.7, 1, 1])
    expectClose(Array(signs.survival(x).doubles()[0..<7]), [1, 0.3, 0.3, 0.3, 0, 0, 0])
    expectClose(signs.quantile(Tensor([0, 0.1, 0.7, 0.7000001, 1])).doubles(), [-1, -1, -1, 1, 1])
    #expect(signs.quantile(Tensor([-0.1, 1.1, .nan])).isNaN().all())
    expectClose([signs.mean.item(), signs.variance.item()], [-0.4, 0.84], tolerance: 1e-14)
    // Any function's mean under a sum of deltas is a sum.
    var rng = RandomGenerator(seed: 1)
    let mean = signs.sample([10_000], using: &rng).exp().mean().item()
    // 7 standard errors of exp(x): chance exceeds them with probability below 1e-11.
    #expect(abs(mean - (0.7 * exp(-1) + 0.3 * exp(1))) < 7 * 1.08 / 100)
  }

  @Test func atomsKeepThePromisesOfDistributions() {
    let atoms = Atoms(
      values: Tensor(rows: [[2.5, -1, 7, 0.125], [1, 2, 3, 4]]),
      probabilities: Tensor(rows: [[0.1, 0.4, 0, 0.5], [1, 1, 1, 5]]))
    checkDistribution(atoms, draws: 5000)
    expectClose(atoms.cdf(tensor(.float64, 2.5)).doubles(), [1, 0.25], tolerance: 1e-15)
    expectClose(atoms.logProb(Tensor([7.0, 4])).doubles(), [-.infinity, log(0.625)], tolerance: 1e-15)
    #expect(!atoms.support.contains(tensor(.float64, 5)).any())
    // A value of probability 0 is never drawn.
    var rng = RandomGenerator(seed: 2)
    #expect(!(atoms.sample([5000], using: &rng)[.all, 0] .== 7).any())
  }

  /// Every question about a spike and slab in closed form.
  @Test func spikeAndSlabHasAJumpAtTheSpike() {
    let slab = Normal(location: tensor(.float64, 0.5), scale: tensor(.float64, 2))
    let mixed = SpikeAndSlab(spikeProbability: tensor(.float64, 0.4), slab: slab)
    let x = Tensor([-3.0, -1e-300, 0, 1e-300, 2])
    let density = (slab.logProb(x) + log(0.6)).doubles()
    expectClose(
      mixed.logProb(x).doubles(), [density[0], density[1], log(0.4), density[3], density[4]], tolerance: 1e-14)
    let slabCDF = slab.cdf(x).doubles().map { $0 * 0.6 }
    let jumps = [0, 0, 0.4, 0.4, 0.4]
    expectClose(mixed.cdf(x).doubles(), zip(slabCDF, jumps).map { $0 + $1 }, tolerance: 1e-14)
    expectClose(mixed.cdfBelow(x).doubles(), zip(slabCDF, [0, 0, 0, 0.4, 0.4]).map { $0 + $1 }, tolerance: 1e-14)
    // f^-1 is flat over the spike's interval of codes, and inverts f elsewhere.
    let (low, high) = (slabCDF[2], slabCDF[2] + 0.4)
    expectClose(mixed.quantile(Tensor([low + 1e-9, 0.5, high])).doubles(), [0, 0, 0], tolerance: 0)
    let p = Tensor([1e-12, 0.1, low - 1e-3, high + 1e-3, 0.9, 1 - 1e-12])
    expectClose(mixed.cdf(mixed.quantile(p)), p, tolerance: 1e-13)
    #expect((mixed.quantile(p) .!= 0).all())
    #expect(mixed.quantile(Tensor([-0.1, 1.1, .nan])).isNaN().all())
    #expect(mixed.quantile(Tensor([0.0, 1])).doubles() == [-.infinity, .infinity])
    // Far out the logarithms hold.
    expectClose(mixed.logCDF(Tensor([-200.0])), slab.logCDF(Tensor([-200.0])) + log(0.6), tolerance: 1e-14)
    #expect(mixed.logProb(Tensor([Double.nan])).isNaN().all())
  }

  static let mixtures: [String: @Sendable () -> any AtomicDistribution] = [
    "spike and slab": {
      SpikeAndSlab(
        spikeProbability: tensor(.float64, 0.4, 0.05),
        slab: Normal(location: tensor(.float64, 0.5, -1), scale: tensor(.float64, 2, 0.3)))
    },
    "spike at the edge of a gamma": {
      SpikeAndSlab(
        spikeProbability: tensor(.float64, 0.4),
        slab: Gamma(concentration: tensor(.float64, 0.7), rate: tensor(.float64, 2)))
    },
    "atoms inside and outside of a uniform": {
      MixedDistribution(
        atoms: Atoms(values: Tensor([0.3, -1, 4, 0.9]), probabilities: Tensor([1.0, 2, 3, 4])),
        continuous: Uniform(lower: tensor(.float64, 0, 0.5), upper: tensor(.float64, 1)),
        atomProbability: tensor(.float64, 0.5))
    },
    "only atoms": {
      MixedDistribution(
        atoms: Atoms(values: Tensor([0.3, -1]), probabilities: Tensor([1.0, 2])),
        continuous: Uniform(lower: tensor(.float64, 0), upper: tensor(.float64, 1)),
        atomProbability: tensor(.float64, 1))
    },
    "no atoms": {
      MixedDistribution(
        atoms: Atoms(values: Tensor([0.3, -1]), probabilities: Tensor([1.0, 2])),
        continuous: Uniform(lower: tensor(.float64, 0), upper: tensor(.float64, 1)),
        atomProbability: tensor(.float64, 0))
    },
  ]

  @Test(arguments: mixtures.keys.sorted()) func mixturesKeepTheirPromises(_ name: String) throws {
    let make = try #require(Self.mixtures[name])
    let distribution = make()
    checkDistribution(distribution, draws: 5000)
    checkAtoms(distribution)
  }

  /// Probabilities and densities together have mass 1, and the smoothed cdf of draws is uniform.
  private func checkAtoms(_ distribution: any AtomicDistribution) {
    let p = Tensor.linear(from: 0.0005, to: 0.9995, count: 1000, dtype: .float64)
    let column = p.reshaped([1000] + Shape(Array(repeating: 1, count: distribution.batchShape.rank)))
    let level = column.broadcasted(to: [1000] + distribution.batchShape)
    let x = distribution.quantile(level)
    // cdfBelow < p <= cdf where p falls on an atom, and equal elsewhere.
    #expect((distribution.cdf(x) .>= level - 1e-13).all() && (distribution.cdfBelow(x) .<= level + 1e-13).all())
    let jump = distribution.cdf(x) - distribution.cdfBelow(x)
    let isAtom = distribution.isAtom(x)
    expectClose(select(isAtom, jump, 0.0), jump, tolerance: 1e-14, "jumps are at atoms")
    expectClose(
      select(isAtom, distribution.logProb(x).exp(), 0.0), select(isAtom, jump, 0.0), tolerance: 1e-13,
      "jumps are masses")
    expectClose(distribution.cdf(x) + distribution.survival(x), Tensor.ones(like: x), tolerance: 1e-13)
    expectClose(distribution.logCDF(x).exp(), distribution.cdf(x), tolerance: 1e-13)
    expectClose(distribution.logSurvival(x).exp(), distribution.survival(x), tolerance: 1e-13)
    var rng = RandomGenerator(seed: 3)
    let draws = distribution.sample([4000], using: &rng)
    let noise = Tensor.uniform(draws.shape, dtype: .float64, using: &rng)
    let (below, at) = (distribution.cdfBelow(draws), distribution.cdf(draws))
    let sorted = (below + noise * (at - below)).reshaped([4000, -1]).sorted(0).values
    let steps = Tensor.linear(from: 0, to: 1, count: 4001, dtype: .float64).unsqueezed(-1)
    let above = (steps[.slice(from: 1)] - sorted).max().item()
    let under = (sorted - steps[.slice(to: 4000)]).max().item()
    // Kolmogorov and Smirnov: chance exceeds 2.7 with probability below 1e-6.
    #expect(max(above, under) * 4000.0.squareRoot() < 2.7)
  }

  @Test func gradientsReachTheProbabilityOfTheSpike() {
    let share = tensor(.float64, 0.4).requiringGradient()
    let location = tensor(.float64, 0.5).requiringGradient()
    let mixed = SpikeAndSlab(
      spikeProbability: share, slab: Normal(location: location, scale: tensor(.float64, 2)))
    let found = gradients(of: mixed.logProb(Tensor([0.0, 0, 1.5])).sum(), withRespectTo: [share, location])
    expectClose(found.map { $0.item() }, [2 / 0.4 - 1 / 0.6, (1.5 - 0.5) / 4], tolerance: 1e-13)
    // Also where the slab's density is infinite at the spike.
    let gamma = Gamma(concentration: location, rate: tensor(.float64, 2))
    let edge = SpikeAndSlab(spikeProbability: share, slab: gamma).logProb(Tensor([0.0, 1])).sum()
    #expect(gradients(of: edge, withRespectTo: [share, location]).allSatisfy { $0.isFinite().all() })
  }

  /// An atom keeps its probability under a map that stretches; densities are divided by the stretch.
  @Test func mapsMoveAtomsAndKeepTheirProbability() {
    let map = Affine(location: tensor(.float64, 1), scale: tensor(.float64, 4)).inverted
    let poisson = Transformed(Poisson(rate: tensor(.float64, 2.5)), through: map)
    let expected = Poisson(rate: tensor(.float64, 2.5)).logProb(Tensor([0.0, 3]))
    expectClose(poisson.logProb(Tensor([1.0, 13])), expected, tolerance: 1e-14)
    #expect(poisson.logProb(Tensor([2.0])).item() == -.infinity)
    let slab = Normal(location: tensor(.float64, 0), scale: tensor(.float64, 1))
    let moved = Transformed(SpikeAndSlab(spikeProbability: tensor(.float64, 0.4), slab: slab), through: map)
    let density = log(0.6) + slab.logProb(Tensor([0.5])).item() - log(4)
    expectClose(moved.logProb(Tensor([1.0, 3])).doubles(), [log(0.4), density], tolerance: 1e-14)
  }

  @Test func wrongPartsStop() async {
    await #expect(processExitsWith: .failure) {
      _ = Atoms(values: Tensor([1.0, 1]), probabilities: Tensor([0.5, 0.5]))
    }
    await #expect(processExitsWith: .failure) {
      _ = SpikeAndSlab(spikeProbability: Tensor(0.5), slab: Poisson(rate: Tensor(1.0)))
    }
    await #expect(processExitsWith: .failure) {
      _ = SpikeAndSlab(spikeProbability: Tensor(1.5), slab: Exponential(rate: Tensor(1.0)))
    }
  }
}
