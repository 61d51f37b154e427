public import Probability
public import Torch

extension GaussianMixture {
  /// The log-density of the cells that are there: NaN marks missing ones, which are integrated out.
  ///
  /// - Parameter rows: `[count, features]`
  /// - Returns: `[count]` in nats, 64-bit; 0 for a row without any cell.
  /// - Precondition: the mixture has no batch; rows have its features.
  public func logProb(ofObserved rows: Tensor) -> Tensor { logJoint(ofObserved: rows).logSumExp(-1) }

  /// The probability of each component given the cells that are there, `[count, components]`, 64-bit.
  ///
  /// - Precondition: the mixture has no batch; rows have its features.
  public func responsibilities(ofObserved rows: Tensor) -> Tensor { logJoint(ofObserved: rows).softmax(-1) }

  /// Rows with their missing cells drawn from the distribution given the cells that are there.
  ///
  /// - Parameters:
  ///   - rows: `[count, features]`; NaN marks missing cells.
  ///   - rng: the source of random numbers.
  /// - Returns: `[count, features]`, 64-bit, without NaN.
  /// - Precondition: the mixture has no batch; rows have its features.
  public func completing(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor {
    var completed = rows.to(.float64)
    for (observed, indices) in patterns(of: rows) where observed.count < features {
      let missing = (0..<features).filter { !observed.contains($0) }
      let draws: Tensor
      if observed.isEmpty {
        draws = to(.float64).sample([indices.size(0)], using: &rng)
      } else {
        let values = rows.selecting(indices).selecting(Tensor(observed), 1)
        draws = to(.float64).conditioned(on: observed, values: values).sample(using: &rng)
      }
      // Put the drawn columns back to their places, then the rows.
      let own = completed.selecting(indices)
      let order = (observed + missing).enumerated().sorted { $0.element < $1.element }.map(\.offset)
      let whole = Tensor.concatenating([own.selecting(Tensor(observed), 1), draws], 1).selecting(Tensor(order), 1)
      let cleared = completed.masked(mask(of: indices, count: rows.size(0)), with: 0)
      completed = cleared.addingAt(indices, 0, whole)
    }
    return completed
  }

  /// log w_k + log N(observed cells; ...), `[count, components]`, 64-bit.
  func logJoint(ofObserved rows: Tensor) -> Tensor {
    precondition(
      batchShape == [] && rows.rank == 2 && rows.size(1) == features,
      "GaussianMixture: expected rows of \(features) features and no batch, got \(rows.shape), \(batchShape)")
    var result = Tensor.zeros([rows.size(0), componentCount], dtype: .float64)
    for (observed, indices) in patterns(of: rows) {
      let chosen = rows.selecting(indices).to(.float64)
      let joint: Tensor
      if observed.isEmpty {
        joint = weights.to(.float64).log().broadcasted(to: [indices.size(0), componentCount])
      } else if observed.count == features {
        joint = logJoint(chosen)
      } else {
        joint = marginal(of: observed).logJoint(chosen.selecting(Tensor(observed), 1))
      }
      result = result.addingAt(indices, 0, joint)
    }
    return result
  }

  /// The observed columns of each pattern of missing cells, and the rows that have it.
  private func patterns(of rows: Tensor) -> [(observed: [Int], rows: Tensor)] {
    IncompleteRows.patterns(.!rows.isNaN()).map { pattern, indices in
      (pattern.indices.filter { pattern[$0] }, indices)
    }
  }

  private func mask(of indices: Tensor, count: Int) -> Tensor {
    let ones = Tensor.ones([indices.size(0)], dtype: .float64)
    return (Tensor.zeros([count], dtype: .float64).addingAt(indices, 0, ones) .> 0).unsqueezed(1)
  }
}
