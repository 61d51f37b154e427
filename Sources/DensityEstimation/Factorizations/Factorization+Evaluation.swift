import Probability
import Torch

/// What is done with factors in order. Columns that no factor makes, such as the past of a series, are given.
extension [Factorization.Factor] {
  /// A function of each column under its distribution given its parents: `[*batch, columns]` to `[*batch, factors]`, by
  /// rising columns.
  func byColumn(
    _ x: Tensor, _ function: (Factorization.Factor, any Distribution, Tensor) -> Tensor
  ) -> Tensor {
    let batch = x.shape.droppingTrailing(1)
    let flat = x.to(.float64).reshaped([batch.elementCount, x.size(-1)])
    let columns = flat.transposed().contiguous().unbound()
    let results = sorted { $0.column < $1.column }.map { factor in
      let distribution = factor.distribution(givenColumns: columns)
      return function(factor, distribution, columns[factor.column])
    }
    return Tensor.stacking(results, -1).reshaped(batch + [count])
  }

  /// Columns made one after the other, each by a function of its distribution given its parents. Those that no factor makes
  /// are known, `[count]` each; others are nil at first.
  func ancestral(
    known: [Tensor?], _ value: (Factorization.Factor, any Distribution) -> Tensor
  ) -> [Tensor?] {
    var columns = known
    for factor in self {
      let distribution = factor.distribution(givenColumns: columns)
      columns[factor.column] = value(factor, distribution)
    }
    return columns
  }

  /// Independent draws of the columns, given those that no factor makes, `[count]` each.
  func drawn(count: Int, known: [Tensor?]? = nil, using rng: inout RandomGenerator) -> [Tensor?] {
    var generator = rng
    defer { rng = generator }
    return ancestral(known: known ?? [Tensor?](repeating: nil, count: self.count)) { _, distribution in
      if let cumulative = distribution as? any CumulativeDistribution {
        return cumulative.quantile(Tensor.openUniform([count], using: &generator))
      }
      return distribution.sample(distribution.batchShape == [] ? [count] : [], using: &generator)
    }
  }
}

extension Factorization.Factor {
  /// The distributions of the column, one for each row; one for all when there are no parents.
  func distribution(givenColumns columns: [Tensor?]) -> any Distribution {
    let given = parents.compactMap { columns[$0] }
    return conditional.conditioned(
      on: given.isEmpty ? Tensor.zeros([0], dtype: .float64) : Tensor.stacking(given, -1))
  }
}

extension Tensor {
  /// Uniform numbers of which none is 0 or 1, where quantiles may be infinite.
  static func openUniform(_ shape: Shape, using rng: inout RandomGenerator) -> Tensor {
    Tensor.uniform(shape, dtype: .float64, using: &rng).clamped(from: 0x1p-54, to: 1 - 0x1p-53)
  }
}
