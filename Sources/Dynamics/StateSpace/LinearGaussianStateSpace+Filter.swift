import Foundation
public import Torch

extension LinearGaussianStateSpace {
  /// The process given a series, a normal distribution at each step.
  public struct Estimates {
    /// `[steps, states]`.
    public let means: Tensor
    /// `[steps, states, states]`.
    public let covariances: Tensor
  }

  /// What the filter says of a series.
  public struct Filtered {
    /// The process given the series up to each step.
    public let filtered: Estimates
    /// The process given the series before each step.
    public let predicted: Estimates
    /// The log-density of each observation given those before it, `[steps]`, in nats; 0 where all is missing.
    public let stepLogProbs: Tensor
    let steps: [FilterStep]
    let moves: [Move]

    /// The log-density of the series, in nats.
    public var logProb: Double { stepLogProbs.sum().item() }
  }

  struct FilterStep {
    var predictedMean, predictedRoot, mean, root: Tensor
    var logProb: Double
  }

  /// The filter of Kalman, in the form of square roots.
  ///
  /// - Parameters:
  ///   - series: `[steps, features]`; NaN where a number is missing.
  ///   - moves: how the process moves from each step to the next, one fewer than steps, as between irregular times; nil for
  ///     ``move`` at each.
  /// - Returns: the process at each step, and the log-density.
  public func filter(_ series: Tensor, moves: [Move]? = nil) -> Filtered {
    precondition(
      series.rank == 2 && series.size(1) == features && series.size(0) > 0,
      "filter: expected a series [steps, \(features)], got \(series.shape)")
    let count = series.size(0)
    let moves = moves ?? Array(repeating: move, count: count - 1)
    precondition(
      moves.count == count - 1 && moves.allSatisfy { $0.matrix.size(0) == stateCount },
      "filter: expected \(count - 1) moves of \(stateCount) states, got \(moves.count)")
    var steps: [FilterStep] = []
    for (t, row) in series.to(.float64).unbound().enumerated() {
      if let last = steps.last {
        let move = moves[t - 1]
        let root = lowerTriangle(Tensor.concatenating([move.matrix.matmul(last.root), move.root], 1))
        steps.append(updated(move.matrix.matmul(last.mean), root, by: row))
      } else {
        steps.append(updated(initialMean, initialRoot, by: row))
      }
    }
    return Filtered(
      filtered: estimates(steps.map(\.mean), steps.map(\.root)),
      predicted: estimates(steps.map(\.predictedMean), steps.map(\.predictedRoot)),
      stepLogProbs: Tensor(steps.map(\.logProb)), steps: steps, moves: moves)
  }

  private func updated(_ mean: Tensor, _ root: Tensor, by row: Tensor) -> FilterStep {
    let there = (.!row.isNaN()).nonzero().flattened()
    let seen = there.size(0)
    var step = FilterStep(predictedMean: mean, predictedRoot: root, mean: mean, root: root, logProb: 0)
    guard seen > 0 else { return step }
    let matrix = observation.selecting(there)
    // [R^(1/2), C S; 0, S] by rotations to [innovation, 0; gain, S after].
    let noise = observationRoot.selecting(there)
    let upper = Tensor.concatenating([noise, matrix.matmul(root)], 1)
    let lower = Tensor.concatenating([Tensor.zeros([stateCount, noise.size(1)], dtype: .float64), root], 1)
    let array = lowerTriangle(Tensor.concatenating([upper, lower], 0))
    let innovation = array.narrowed(0, from: 0, length: seen).narrowed(1, from: 0, length: seen)
    let rest = array.narrowed(0, from: seen, length: stateCount)
    let error = row.selecting(there) - matrix.matmul(mean)
    let white = innovation.solvingTriangular(error.unsqueezed(1)).squeezed(1)
    step.mean = mean + rest.narrowed(1, from: 0, length: seen).matmul(white)
    step.root = rest.narrowed(1, from: seen, length: stateCount)
    step.logProb =
      -0.5 * (white.squared().sum().item() + Double(seen) * log(2 * Double.pi))
      - innovation.diagonal().absolute().log().sum().item()
    return step
  }

  /// The log-density of a series, in nats.
  public func logProb(_ series: Tensor, moves: [Move]? = nil) -> Double { filter(series, moves: moves).logProb }

  /// The process given the whole series, by the smoother of Rauch, Tung and Striebel, in the form of square roots.
  ///
  /// - Parameters:
  ///   - series: `[steps, features]`; NaN where a number is missing.
  ///   - moves: as in ``filter(_:moves:)``.
  /// - Returns: the process at each step.
  public func smooth(_ series: Tensor, moves: [Move]? = nil) -> Estimates {
    let smoothed = smoothing(filter(series, moves: moves))
    return estimates(smoothed.means, smoothed.roots)
  }

  struct Smoothing {
    var means, roots: [Tensor]
    /// Of each step but the last: the covariance of the next step and this one is that of the next times its transpose.
    var gains: [Tensor]
  }

  func smoothing(_ filtered: Filtered) -> Smoothing {
    let (steps, moves) = (filtered.steps, filtered.moves)
    var means = [steps[steps.count - 1].mean]
    var roots = [steps[steps.count - 1].root]
    var gains: [Tensor] = []
    for t in (0..<steps.count - 1).reversed() {
      let (step, next) = (steps[t], steps[t + 1])
      // G = P A' (predicted P)^-1, least squares where the prediction is certain.
      let predicted = next.predictedRoot.matmul(next.predictedRoot.transposed())
      let cross = moves[t].matrix.matmul(step.root).matmul(step.root.transposed())
      let gain = solvingSymmetric(predicted, cross).transposed()
      let last = means.count - 1
      means.append(step.mean + gain.matmul(means[last] - next.predictedMean))
      let kept = step.root - gain.matmul(moves[t].matrix.matmul(step.root))
      roots.append(
        lowerTriangle(Tensor.concatenating([kept, gain.matmul(moves[t].root), gain.matmul(roots[last])], 1)))
      gains.append(gain)
    }
    return Smoothing(means: means.reversed(), roots: roots.reversed(), gains: gains.reversed())
  }

  private func estimates(_ means: [Tensor], _ roots: [Tensor]) -> Estimates {
    let roots = Tensor.stacking(roots.map { $0.size(0) == $0.size(1) ? $0 : lowerTriangle($0) })
    return Estimates(means: Tensor.stacking(means), covariances: roots.matmul(roots.transposed()))
  }
}

/// matrix^-1 right, and the pseudo-inverse where the matrix is singular.
private func solvingSymmetric(_ matrix: Tensor, _ right: Tensor) -> Tensor {
  if let factor = try? matrix.cholesky() {
    return factor.transposed().solvingTriangular(factor.solvingTriangular(right), upper: true)
  }
  guard let eigen = try? matrix.symmetricEigen() else { return right * Double.nan }
  let least = 1e-14 * eigen.values.absolute().max().item()
  let inverse = select(eigen.values .> least, eigen.values.reciprocal(), 0.0)
  return eigen.vectors.matmul(inverse.unsqueezed(1) * eigen.vectors.transposed().matmul(right))
}
