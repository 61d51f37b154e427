import Probability
import Torch

/// The choice of the columns on which one depends, one by one, by the log-probability of held-out rows.
///
/// - Reference: Cooper, Herskovits, *A Bayesian method for the induction of probabilistic networks from data*, 1992 (the
///   greedy search K2), with held-out rows in place of the marginal likelihood, so that any density can be judged.
struct ParentSelection {
  /// What fits a column.
  typealias Estimator = (_ column: Int, ConditionalData) -> any ConditionalDensityEstimator

  private let kinds: [ColumnKind]
  private let mostParents: Int
  private let training: WeightedRows
  private let heldOut: WeightedRows

  init(
    _ rows: WeightedRows, kinds: [ColumnKind], mostParents: Int, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) {
    try DensityEstimationError.require("mostParents", mostParents, in: 0...65536)
    guard rows.count >= 20 else { throw .tooFewRows(available: rows.count, needed: 20) }
    self.kinds = kinds
    self.mostParents = mostParents
    let shuffled = Tensor.permutation(rows.count, using: &rng)
    let share = rows.count / 5
    heldOut = try rows.selecting(shuffled[.slice(to: share)])
    training = try rows.selecting(shuffled[.slice(from: share)])
  }

  /// The chosen parents of a column, those that matter most first.
  func parents(
    of column: Int, among candidates: [Int], with estimator: Estimator,
    using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> [Int] {
    var chosen: [Int] = []
    var score = try self.score(column, chosen, estimator, using: &rng)
    while chosen.count < mostParents {
      var best: (parent: Int, score: Tensor, gain: Double)?
      for parent in candidates where !chosen.contains(parent) {
        let next = try self.score(column, chosen + [parent], estimator, using: &rng)
        let gain = self.gain(from: score, to: next)
        if gain > best?.gain ?? 0 { best = (parent, next, gain) }
      }
      guard let best else { break }
      chosen.append(best.parent)
      score = best.score
    }
    return chosen
  }

  /// The log-probabilities of the held-out rows, `[count]`.
  private func score(
    _ column: Int, _ parents: [Int], _ estimator: Estimator, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> Tensor {
    let factor = try Factorization.Factor(
      fitting: training, kinds: kinds, column: column, parents: parents, with: estimator, using: &rng)
    let logProb = [factor].byColumn(heldOut.points) { _, distribution, column in distribution.logProb(column) }
    // A row outside the range of the training rows says the same of all parents.
    return logProb.squeezed(-1).clamped(from: -1e3)
  }

  /// The sum of the differences less two standard errors of it.
  private func gain(from old: Tensor, to new: Tensor) -> Double {
    let (difference, weights) = (new - old, heldOut.counts)
    let mean = weights.matmul(difference) / weights.sum()
    let spread = (weights.squared() * (difference - mean).squared()).sum().squareRoot()
    return (weights.matmul(difference) - spread * 2.0).item()
  }
}
