import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// A chain of two columns: x_t = A x_(t-1) + N(0, diag(0.5, 1)^2) with A = [[0.6, 0.2], [-0.3, 0.5]].
private func normalChain(_ steps: Int, seed: UInt64) -> Tensor {
  var rng = RandomGenerator(seed: seed)
  let matrix = Tensor(rows: [[0.6, 0.2], [-0.3, 0.5]])
  let noise = Tensor.normal([steps + 50, 2], dtype: .float64, using: &rng) * Tensor([0.5, 1.0])
  var rows = [noise[0]]
  for step in 1..<(steps + 50) { rows.append(matrix.matmul(rows[step - 1]) + noise[.at(step)]) }
  return Tensor.stacking(Array(rows[50...]))
}

/// 0 and 1 of which each is the exclusive or of the two before it, but for one in ten.
private func binaryChain(_ steps: Int, seed: UInt64) -> Tensor {
  var rng = RandomGenerator(seed: seed)
  let chance = Tensor.uniform([steps], dtype: .float64, using: &rng).doubles()
  var values = [0.0, 1]
  for step in 2..<steps {
    let xor = values[step - 1] == values[step - 2] ? 0.0 : 1
    values.append(chance[step] < 0.9 ? xor : 1 - xor)
  }
  return Tensor(values, shape: [steps, 1])
}

@Suite struct MarkovChainTests {
  @Test func recoversALinearChain() throws {
    var rng = RandomGenerator(seed: 81)
    let x = normalChain(8000, seed: 82)
    let chain = try MarkovChainEstimator(conditional: .linear()).fit([x], using: &rng)
    let first = try #require(chain.transition[0].conditional as? LinearGaussian)
    // Standard errors: 0.5 / (about 0.6) / sqrt(8000).
    #expect((first.coefficients - Tensor([0.6, 0.2])).absolute().max().item() < 7 * 0.01)
    #expect(abs(first.scale.item() - 0.5) < 7 * 0.5 / 16_000.0.squareRoot())
    // The density of a step is the normal one of the regression of both columns on the step before.
    let series = normalChain(30, seed: 83)
    let (now, past) = (x[.slice(from: 1)], x[.slice(to: -1)])
    let design = Tensor.concatenating([past, Tensor.ones([7999, 1], dtype: .float64)], 1)
    let coefficients = try design.transposed().matmul(design).solving(design.transposed().matmul(now))
    let residual = now - design.matmul(coefficients)
    let covariance = residual.transposed().matmul(residual) / 7999.0
    let before = Tensor.concatenating([series[.slice(to: -1)], Tensor.ones([29, 1], dtype: .float64)], 1)
    let joint = try MultivariateNormal(location: before.matmul(coefficients), covariance: covariance)
    let steps = chain.stepLogProbs(series)
    expectClose(steps[.slice(from: 1)], joint.logProb(series[.slice(from: 1)]), tolerance: 1e-8)
    expectClose([chain.logProb(series).item()], [steps.sum().item()])
  }

  /// A long draw has the mean, the covariance and the correlation in time of the series that was learnt.
  @Test func drawsAreStationary() throws {
    var rng = RandomGenerator(seed: 84)
    let x = normalChain(8000, seed: 85)
    let chain = try MarkovChainEstimator(conditional: .linear()).fit([x], using: &rng)
    let draws = chain.sample(steps: 60, count: 2000, using: &rng)
    #expect(draws.shape == [2000, 60, 2])
    func moments(_ now: Tensor, _ before: Tensor) -> Tensor {
      let (a, b) = (now - now.mean(0), before - before.mean(0))
      return Tensor.concatenating([a.transposed().matmul(a), a.transposed().matmul(b)]) / Double(now.size(0))
    }
    let expected = moments(x[.slice(from: 1)], x[.slice(to: -1)])
    for step in [1, 30, 59] {
      let drawn = moments(draws[.all, .at(step)], draws[.all, .at(step - 1)])
      // Standard errors of both: about 1.5 / sqrt(2000) + 3 / sqrt(8000).
      #expect((drawn - expected).absolute().max().item() < 0.4)
      #expect(draws[.all, .at(step)].mean(0).absolute().max().item() < 0.2)
    }
  }

  @Test func secondOrderNeedsTwoSteps() throws {
    var rng = RandomGenerator(seed: 86)
    let (x, heldOut) = (binaryChain(4000, seed: 87), binaryChain(2000, seed: 88))
    let second = try MarkovChainEstimator(order: 2, conditional: .table()).fit([x], using: &rng)
    let first = try MarkovChainEstimator(order: 1, conditional: .table()).fit([x], using: &rng)
    // The entropy of a step is that of one in ten, 0.325; of no use is the step before alone, 0.693.
    #expect(abs(second.stepLogProbs(heldOut).mean().item() + 0.325) < 0.06)
    #expect(first.stepLogProbs(heldOut).mean().item() < -0.6)
    // All series of a length have mass 1 together, shorter ones than the order too.
    for steps in 1...4 {
      let all = binaryRows(steps).unsqueezed(-1)
      expectClose([second.logProb(all).exp().sum().item()], [1])
      #expect(second.stepLogProbs(all).shape == [1 << steps, steps])
    }
    checkDistribution(second.series(steps: 5))
    let codes = second.codes(second.sample(steps: 3000, using: &rng), using: &rng)
    #expect(codes.shape == [1, 3000, 1] && uniformDistance(codes) < 2.7)
  }

  /// No step is said to follow the last one of another series.
  @Test func seriesAreKeptApart() throws {
    var rng = RandomGenerator(seed: 89)
    let zeros = Tensor.zeros([40, 1], dtype: .float64)
    let chain = try MarkovChainEstimator(
      conditional: .table(ConditionalTableEstimator(smoothing: 1e-9)), columns: [.discrete(values: [0, 1])]
    ).fit([zeros, zeros + 1, zeros], using: &rng)
    let changes = Tensor([0.0, 1, 1, 0, 0, 0], shape: [3, 2, 1])
    let logProb = chain.logProb(changes)
    #expect(logProb[0].item() < -15 && logProb[1].item() < -15)
    expectClose([logProb[2].item()], [log(2.0 / 3)], tolerance: 1e-6)
  }

  @Test func startOfManySeries() throws {
    var rng = RandomGenerator(seed: 90)
    // Each series starts near 10 and falls to 0.
    let starts = Tensor.normal([300, 1, 1], dtype: .float64, using: &rng) * 0.1 + 10
    let rest = Tensor.normal([300, 20, 1], dtype: .float64, using: &rng)
    let series = Tensor.concatenating([starts, rest], 1).unbound()
    let first = try MarkovChainEstimator(conditional: .linear(), start: .first).fit(series, using: &rng)
    let stationary = try MarkovChainEstimator(conditional: .linear()).fit(series, using: &rng)
    let draws = first.sample(steps: 1, count: 1000, using: &rng)
    #expect(abs(draws.mean().item() - 10) < 7 * 0.1 / 300.0.squareRoot())
    #expect(stationary.sample(steps: 1, count: 1000, using: &rng).mean().item() < 2)
  }

  @Test func continuesAPast() throws {
    var rng = RandomGenerator(seed: 91)
    let chain = try MarkovChainEstimator(conditional: .linear()).fit([normalChain(2000, seed: 92)], using: &rng)
    let past = Tensor([9.0, 9, 50, -20], shape: [1, 2, 2]).broadcasted(to: [4000, 2, 2])
    let next = chain.sample(steps: 3, after: past, using: &rng)
    #expect(next.shape == [4000, 3, 2])
    let location = try #require(chain.transition[0].conditional as? LinearGaussian)
      .conditioned(on: Tensor([50.0, -20])).mean.item()
    #expect(abs(next[.all, 0, 0].mean().item() - location) < 7 * 0.5 / 4000.0.squareRoot())
  }

  @Test func storesAndRefuses() throws {
    var rng = RandomGenerator(seed: 93)
    let x = binaryChain(200, seed: 94)
    let chain = try MarkovChainEstimator(order: 2, conditional: .tree()).fit([x], using: &rng)
    let again = try MarkovChain(tensors: chain.tensors)
    #expect(again.order == 2 && again.stepLogProbs(x).isEqual(to: chain.stepLogProbs(x)))
    for name in chain.tensors.keys {
      var tensors = chain.tensors
      tensors[name] = nil
      #expect(throws: DensityEstimationError.self, "without \(name)") { try MarkovChain(tensors: tensors) }
    }
    for size in [[1, 2], [2, 2], [1 << 30, 1], [0, 0]] {
      let tensors = chain.tensors.merging(["size": Tensor(size)]) { $1 }
      #expect(throws: DensityEstimationError.self) { try MarkovChain(tensors: tensors) }
    }
    #expect(throws: DensityEstimationError.tooFewRows(available: 2, needed: 3)) {
      try MarkovChainEstimator(order: 2).fit([x[.slice(to: 2)]], using: &rng)
    }
  }
}
