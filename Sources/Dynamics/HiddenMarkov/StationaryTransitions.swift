import Foundation
import Torch

/// The step of EM for transitions whose stationary distribution is that of the first state.
///
/// Differs from the free one: sum_ij C_ij log A_ij + sum_i g_i log pi_i(A) has no maximum in closed form. With
/// Z = (I - A + 1 pi)^-1, d log-sum / d A_ij = pi_i (Z g / pi)_j, so the maximum is a fixed point of
/// A_ij <- C_ij + A_ij pi_i ((Z g / pi)_j - min), in rows of sum 1; half steps keep the sum rising.
struct StationaryTransitions {
  let counts: [[Double]]
  let first: [Double]

  func value(_ transition: [[Double]]) -> Double {
    guard let stationary = stationaryDistribution(of: transition) else { return -.infinity }
    func term(_ weight: Double, _ probability: Double) -> Double { weight == 0 ? 0 : weight * log(probability) }
    var sum = zip(first, stationary).reduce(0) { $0 + term($1.0, $1.1) }
    for (row, weights) in zip(transition, counts) { sum += zip(weights, row).reduce(0) { $0 + term($1.0, $1.1) } }
    return sum
  }

  /// The best of a number of steps from a matrix, at least as good.
  func maximizing(from start: [[Double]], steps: Int = 50) -> [[Double]] {
    var (best, bestValue) = (start, value(start))
    for _ in 0..<steps {
      guard var next = step(best) else { return best }
      var nextValue = value(next)
      for _ in 0..<20 where !(nextValue > bestValue) {
        next = zip(best, next).map { zip($0, $1).map { 0.5 * ($0 + $1) } }
        nextValue = value(next)
      }
      guard nextValue > bestValue else { return best }
      let isDone = nextValue - bestValue < 1e-13 * abs(bestValue)
      (best, bestValue) = (next, nextValue)
      if isDone { return best }
    }
    return best
  }

  private func step(_ transition: [[Double]]) -> [[Double]]? {
    guard let stationary = stationaryDistribution(of: transition), stationary.allSatisfy({ $0 > 0 }) else { return nil }
    let count = stationary.count
    let matrix = Tensor.identity(count, dtype: .float64) - Tensor(rows: transition) + Tensor(stationary)
    let ratio = Tensor(zip(first, stationary).map { $0 / $1 }).unsqueezed(1)
    guard let solved = try? matrix.solving(ratio) else { return nil }
    let slope = solved.doubles()
    let least = slope.min() ?? 0
    return transition.indices.map { i in
      let row = transition.indices.map { counts[i][$0] + transition[i][$0] * stationary[i] * (slope[$0] - least) }
      let sum = row.reduce(0, +)
      return sum > 0 ? row.map { $0 / sum } : transition[i]
    }
  }
}
