import Flows
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct VariationalDequantizationTests {
  private let shape = ImageShape(height: 2, width: 2)

  /// Noise of drawn weights, in 64 bits.
  private func randomized(steps: Int = 3) -> VariationalDequantization {
    var rng = RandomGenerator(seed: 3)
    let noise = VariationalDequantization(shape, levels: 3, steps: steps, hiddenChannels: 4, using: &rng)
    for (_, parameter) in noise.namedParameters {
      parameter.assign(parameter.value.detached() + Tensor.normal(parameter.value.shape, using: &rng) * 0.1)
    }
    noise.convert(to: .float64)
    return noise
  }

  @Test func modulesKeepTheirPromises() {
    checkModule { rng in VariationalDequantization(shape, levels: 4, steps: 2, hiddenChannels: 3, using: &rng) }
  }

  @Test func startsUniform() {
    var rng = RandomGenerator(seed: 3)
    let noise = VariationalDequantization(shape, levels: 3, using: &rng)
    let x = Tensor.integers(in: 0..<3, [500, 4], using: &rng).to(.float32)
    let (u, logProb) = noise.noise(for: x, using: &rng)
    expectClose(logProb, Tensor.zeros([500]), tolerance: 1e-5)
    #expect((u .>= 0).all() && (u .<= 1).all())
    // Kolmogorov's distance; chance exceeds 2.7 with probability below 1e-6.
    let sorted = u.flattened().sorted().values.doubles()
    let distance = sorted.enumerated().map { abs($1 - (Double($0) + 0.5) / 2000) }.max() ?? 1
    #expect(distance * 2000.0.squareRoot() < 2.7)
  }

  @Test func drawsHaveTheirDensity() {
    let noise = randomized()
    var rng = RandomGenerator(seed: 5)
    let x = Tensor.integers(in: 0..<3, [20, 4], using: &rng).to(.float64)
    let (u, logProb) = noise.noise(for: x, using: &rng)
    expectClose(noise.logProb(of: u, for: x), logProb, tolerance: 1e-7)
    #expect((noise.logProb(of: u, for: 2 - x) - logProb).absolute().max().item() > 1e-3)
  }

  /// In normal scores, where the density is smooth and the sum over a grid exact.
  @Test func theDensityOfNoiseIntegratesToOne() {
    let noise = randomized()
    let (bound, cells, x) = (6.0, 24, Tensor([0.0, 2, 1, 1]))
    let line = Tensor.linear(from: -bound, to: bound, count: cells, dtype: .float64)
    let plane = Tensor.stacking([line.repeatingEach(cells, 0), line.tiled([cells])], -1)
    let scores = Tensor.concatenating(
      [plane.repeatingEach(cells * cells, 0), plane.tiled([cells * cells, 1])], -1)
    let normal = StandardNormal([4], dtype: .float64)
    let sum = withoutGradient {
      scores.split(size: 1 << 16).reduce(0) { sum, rows in
        let logProb = noise.logProb(of: rows.normalCDF(), for: x.broadcasted(to: rows.shape)) + normal.logProb(rows)
        return sum + logProb.exp().sum().item()
      }
    }
    let total = sum * pow(2 * bound / Double(cells - 1), 4)
    #expect(abs(total - 1) < 1e-3, "\(total)")
  }

  /// Under a density that is constant, probabilities of cells are known: with uniform noise the bound is exact, with any other
  /// below, and closer the more draws there are.
  @Test func theBoundIsABound() {
    var rng = RandomGenerator(seed: 5)
    let x = Tensor.integers(in: 0..<3, [4000, 4], using: &rng).to(.float64)
    func bound(_ draws: Int) -> Double {
      randomized(steps: 2).logProbabilityBound(of: x, draws: draws, using: &rng) { rows in
        Tensor.zeros(rows.shape.droppingTrailing(1), dtype: .float64) - 4 * log(3.0)
      }.mean().item()
    }
    let (one, many) = (bound(1), bound(20))
    #expect(one < many && many < -4 * log(3.0) + 0.01 && one < -4 * log(3.0) - 0.05, "\(one) \(many)")
    #expect(many > -4 * log(3.0) - 0.5 * (-4 * log(3.0) - one))
  }

  /// A density that lives in the lower half of each cell: uniform noise costs it 4 log 2 and more, learned noise does not.
  @Test func noiseGoesWhereTheDensityIs() {
    var rng = RandomGenerator(seed: 7)
    let noise = VariationalDequantization(shape, levels: 3, steps: 2, hiddenChannels: 8, using: &rng)
    let x = Tensor.integers(in: 0..<3, [256, 4], using: &rng).to(.float32)
    // The density of u^2 (1 - u)^6 in each cell, times 1/3 for each value.
    func logProb(_ rows: Tensor) -> Tensor {
      let u = (rows - x).clamped(from: 1e-6, to: 1 - 1e-6)
      return (2 * u.log() + 6 * (1 - u).log() + log(252.0) - log(3.0)).sum(-1)
    }
    func bound() -> Tensor { noise.logProbabilityBound(of: x, using: &rng, logProb: logProb).mean() }
    let before = bound().item()
    let optimizer = Adam(noise.trainableParameters)
    for _ in 0..<150 { optimizer.step(gradients: optimizer.gradients(of: -bound()), learningRate: 0.01) }
    let after = bound().item()
    // Equality would be -4 log 3 = -4.39.
    #expect(before < -9 && after > -5 && after < -4.3, "\(before) -> \(after)")
  }
}
