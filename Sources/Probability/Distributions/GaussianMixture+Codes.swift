public import Torch

extension GaussianMixture {
  /// Rows as codes that are independent standard normal numbers when the rows come from the mixture: each column's
  /// distribution function given the columns before it, through the normal quantile function.
  ///
  /// - Parameter rows: `[count, features]`.
  /// - Returns: `[count, features]`, of the mixture's type; a value of which the distribution function rounds to 0 or 1 has a
  ///   code of the size at which it does.
  /// - Precondition: the mixture has no batch; rows have its features.
  /// - Complexity: one log-density of the columns before for each column.
  /// - Reference: Rosenblatt, *Remarks on a multivariate transformation*, 1952.
  public func codes(of rows: Tensor) -> Tensor {
    precondition(
      batchShape == [] && rows.rank == 2 && rows.size(1) == features,
      "GaussianMixture: expected rows of \(features) features and no batch, got \(rows.shape), \(batchShape)")
    let rows = rows.to(means.dtype)
    let columns = (0..<features).map { column -> Tensor in
      let value = rows.narrowed(-1, from: column, length: 1).squeezed(-1)
      guard column > 0 else { return marginal(of: [0]).numbers.cdf(value) }
      let given = rows.narrowed(-1, from: 0, length: column)
      return marginal(of: Array(0...column)).conditioned(on: Array(0..<column), values: given).numbers.cdf(value)
    }
    let most = 1 - (means.dtype == .float64 ? 1.2e-16 : 6e-8)
    return Tensor.stacking(columns.map { $0.clamped(from: 1e-37, to: most).normalQuantile() }, -1)
  }
}
