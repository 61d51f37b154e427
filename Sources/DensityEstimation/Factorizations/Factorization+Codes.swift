import Probability
public import Torch

extension Factorization {
  /// Whether each column has a distribution function and a quantile function, so that rows have codes.
  public var hasCodes: Bool {
    // One row of values that each column takes tells the type of its distribution.
    let row = columns.map { Tensor([$0.values.first ?? 0]) }
    var result = true
    _ = factors.ancestral(known: [Tensor?](repeating: nil, count: features)) { factor, distribution in
      result = result && distribution is any CumulativeDistribution
      return row[factor.column]
    }
    return result
  }

  /// The uniform numbers that the conditional inverse transform turns into rows: z_j = F_j(x_j | pa_j), the transform of
  /// Rosenblatt.
  ///
  /// The codes of rows of this distribution are independent and uniform on (0, 1). In a discrete column any number between the
  /// distribution function below a value and at it leads to the value; one of them is drawn, so that codes are
  /// uniform there too.
  ///
  /// - Parameters:
  ///   - x: rows, `[*batch, features]`.
  ///   - rng: the source of random numbers; left alone when no column is discrete.
  /// - Returns: `[*batch, features]`.
  /// - Precondition: ``hasCodes``.
  /// - Reference: Rosenblatt, *Remarks on a multivariate transformation*, 1952; Rüschendorf, *On the distributional transform,
  ///   Sklar's theorem, and the empirical copula process*, 2009, for discrete columns.
  public func codes(_ x: Tensor, using rng: inout RandomGenerator) -> Tensor {
    checkRows(x, "codes")
    return factors.codes(x, using: &rng)
  }

  /// The rows of codes: x_j = F_j^-1(z_j | pa_j), column after column.
  ///
  /// - Parameter codes: `[*batch, features]`, each from 0 to 1.
  /// - Returns: rows, `[*batch, features]`.
  /// - Precondition: ``hasCodes``.
  public func decode(_ codes: Tensor) -> Tensor {
    checkRows(codes, "decode")
    let batch = codes.shape.droppingTrailing(1)
    let flat = codes.to(.float64).reshaped([batch.elementCount, features]).transposed().contiguous().unbound()
    let columns = factors.ancestral(known: [Tensor?](repeating: nil, count: features)) { factor, distribution in
      cumulative(distribution, factor).quantile(flat[factor.column])
    }
    return Tensor.stacking(columns.compactMap { $0 }, -1).reshaped(batch + eventShape)
  }
}

extension [Factorization.Factor] {
  /// The codes of the factors' columns, `[*batch, columns]` to `[*batch, factors]`, by rising columns.
  func codes(_ x: Tensor, using rng: inout RandomGenerator) -> Tensor {
    var generator = rng
    defer { rng = generator }
    return byColumn(x) { factor, distribution, column in
      let distribution = cumulative(distribution, factor)
      let code = distribution.cdf(column)
      guard factor.conditional.target.isDiscrete || factor.conditional is PointMass else { return code }
      let share = Tensor.uniform(column.shape, dtype: .float64, using: &generator)
      return code - distribution.logProb(column).exp() * share
    }
  }
}

private func cumulative(
  _ distribution: any Distribution, _ factor: Factorization.Factor
) -> any CumulativeDistribution {
  guard let cumulative = distribution as? any CumulativeDistribution else {
    preconditionFailure(
      "codes: column \(factor.column) has the distribution \(type(of: distribution)), which has no quantile function")
  }
  return cumulative
}
