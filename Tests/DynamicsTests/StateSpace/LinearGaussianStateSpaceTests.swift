import Dynamics
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

private func rotation(_ angle: Double, _ covariance: [Double]) throws -> LinearGaussianStateSpace.Move {
  try LinearGaussianStateSpace.Move(
    matrix: Tensor(rows: [[0.9 * cos(angle), -sin(angle)], [sin(angle), 0.8 * cos(angle)]]),
    covariance: Tensor(covariance, shape: [2, 2]))
}

private func plane(singular: Bool = false) throws -> LinearGaussianStateSpace {
  try LinearGaussianStateSpace(
    move: rotation(0.4, singular ? [0.5, 0, 0, 0] : [0.5, 0.1, 0.1, 0.3]),
    observation: Tensor(rows: [[1.0, 0], [0.5, 1], [-1, 2]]),
    observationCovariance: Tensor([0.4, 0.1, 0, 0.1, 0.6, 0.05, 0, 0.05, 0.2], shape: [3, 3]),
    initialMean: Tensor([1.0, -1]), initialCovariance: Tensor([2.0, 0.3, 0.3, 1], shape: [2, 2]))
}

/// The joint normal distribution of process and series, `steps * 2` and `steps * 3` numbers.
private func joint(
  _ model: LinearGaussianStateSpace, _ moves: [LinearGaussianStateSpace.Move]
) -> (mean: Tensor, covariance: Tensor, map: Tensor, noise: Tensor) {
  let steps = moves.count + 1
  var mean = [model.initialMean]
  for move in moves { mean.append(move.matrix.matmul(mean[mean.count - 1])) }
  var blocks = [[Tensor]](
    repeating: [Tensor](repeating: Tensor.zeros([2, 2], dtype: .float64), count: steps), count: steps)
  for t in 0..<steps {
    if t == 0 {
      blocks[0][0] = model.initialCovariance
    } else {
      let matrix = moves[t - 1].matrix
      for s in 0..<t {
        blocks[t][s] = matrix.matmul(blocks[t - 1][s])
        blocks[s][t] = blocks[t][s].transposed()
      }
      blocks[t][t] = matrix.matmul(blocks[t - 1][t - 1]).matmul(matrix.transposed()) + moves[t - 1].covariance
    }
  }
  func diagonal(_ block: Tensor) -> Tensor {
    Tensor.concatenating(
      (0..<steps).map { t in
        Tensor.concatenating((0..<steps).map { $0 == t ? block : Tensor.zeros(block.shape, dtype: .float64) }, 1)
      })
  }
  return (
    Tensor.concatenating(mean), Tensor.concatenating(blocks.map { Tensor.concatenating($0, 1) }),
    diagonal(model.observation), diagonal(model.observationCovariance)
  )
}

@Suite struct LinearGaussianStateSpaceTests {
  /// Filter, smoother and likelihood against conditioning of one normal distribution, with missing numbers, moves of their own
  /// and a singular noise.
  @Test(arguments: [false, true]) func agreesWithDenseConditioning(_ singular: Bool) throws {
    let model = try plane(singular: singular)
    var rng = RandomGenerator(seed: 3)
    let rows = model.sample(steps: 9, using: &rng).rows
    let holes = Tensor.uniform(rows.shape, dtype: .float64, using: &rng) .< 0.25
    var series = rows.masked(holes, with: Double.nan)
    series = Tensor.concatenating([
      series[.slice(to: 4)], Tensor.full([1, 3], Double.nan, dtype: .float64), series[.slice(from: 5)],
    ])
    let moves = try (0..<8).map {
      try $0 == 3 ? rotation(1.1, [0.9, 0.2, 0.2, 0.5]) : rotation(0.4, model.move.covariance.flattened().doubles())
    }
    let (mean, covariance, map, noise) = joint(model, moves)
    func condition(_ steps: Int) throws -> (mean: Tensor, covariance: Tensor, logProb: Double) {
      let values = series.narrowed(0, from: 0, length: steps).flattened()
      let there = (.!values.isNaN()).nonzero().flattened()
      let seen = map.selecting(there)
      let total = seen.matmul(covariance).matmul(seen.transposed()) + noise.selecting(there).selecting(there, 1)
      let cross = seen.matmul(covariance)
      let slopes = try total.solving(cross).transposed()
      let error = values.selecting(there) - seen.matmul(mean)
      let density = try MultivariateNormal(location: seen.matmul(mean), covariance: total)
      return (
        mean + slopes.matmul(error), covariance - slopes.matmul(cross), density.logProb(values.selecting(there)).item()
      )
    }
    let filtered = model.filter(series, moves: moves)
    for steps in 1...9 {
      let exact = try condition(steps)
      let place = 2 * (steps - 1)
      expectClose(
        filtered.filtered.means[.at(steps - 1)], exact.mean.narrowed(0, from: place, length: 2), tolerance: 1e-9)
      expectClose(
        filtered.filtered.covariances[.at(steps - 1)],
        exact.covariance.narrowed(0, from: place, length: 2).narrowed(1, from: place, length: 2), tolerance: 1e-9)
      let sum = filtered.stepLogProbs[.slice(to: steps)].sum().item()
      expectClose([sum], [exact.logProb], tolerance: 1e-9)
    }
    let exact = try condition(9)
    let smoothed = model.smooth(series, moves: moves)
    expectClose(smoothed.means.flattened(), exact.mean, tolerance: 1e-9)
    for t in 0..<9 {
      expectClose(
        smoothed.covariances[.at(t)],
        exact.covariance.narrowed(0, from: 2 * t, length: 2).narrowed(1, from: 2 * t, length: 2), tolerance: 1e-9)
    }
  }

  /// EM rises, also with missing numbers, and ends where no small change of a variance is better.
  @Test func emRisesToAMaximum() throws {
    let truth = try plane()
    var rng = RandomGenerator(seed: 5)
    var series = truth.sample(steps: 60, using: &rng).rows
    series = series.masked(Tensor.uniform(series.shape, dtype: .float64, using: &rng) .< 0.2, with: Double.nan)
    let (model, logs) = try truth.fittingCovariances([series], maximumIterations: 25, tolerance: 0)
    #expect(logs.count == 26 && zip(logs, logs.dropFirst()).allSatisfy { $1 >= $0 - 1e-9 })
    #expect(logs[25] > logs[0] + 0.5)
    expectClose([model.logProb(series)], [logs[25]], tolerance: 1e-9)
  }

  @Test func refusesWhatIsNoCovariance() {
    #expect(throws: DynamicsError.self) {
      try LinearGaussianStateSpace.Move(
        matrix: Tensor.identity(2, dtype: .float64), covariance: Tensor([1.0, 2, 2, 1], shape: [2, 2]))
    }
  }
}

/// The flow of the Nile, 1871 to 1970, as a level that walks: the maximum of Durbin and Koopman, *Time Series Analysis by State
/// Space Methods*, 2012, section 2.10, is at the variances 1469.1 and 15098.5, with a diffuse first level.
@Suite(.enabled(if: SharedData.isThere)) struct NileTests {
  private func level(_ noise: Double, _ error: Double, first: Double) throws -> LinearGaussianStateSpace {
    let one = Tensor.ones([1, 1], dtype: .float64)
    return try LinearGaussianStateSpace(
      move: .init(matrix: one, covariance: one * noise), observation: one, observationCovariance: one * error,
      initialMean: Tensor([first]), initialCovariance: one * 1e9)
  }

  @Test func variancesAreThoseOfTheBook() throws {
    let flow = try SharedData.table("rdatasets/datasets/Nile.csv")
    let series = flow.narrowed(1, from: flow.size(1) - 1, length: 1).contiguous()
    let best = try level(1469.1, 15098.5, first: 0).logProb(series)
    // Neighbours are worse, so the maximum lies within one in a hundred of both.
    for (noise, error) in [(0.97, 1.0), (1.03, 1.0), (1.0, 0.99), (1.0, 1.01)] {
      #expect(try level(1469.1 * noise, 15098.5 * error, first: 0).logProb(series) < best)
    }
    // The diffuse log-likelihood of the book is -632.54, without the first observation's density.
    let first = try level(1469.1, 15098.5, first: 0).filter(series).stepLogProbs
    #expect(abs(first[.slice(from: 1)].sum().item() - -632.54) < 0.01)
  }
}
