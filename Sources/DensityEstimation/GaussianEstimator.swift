public import Probability
public import Torch

/// The normal distribution of greatest likelihood: mean and covariance of the data.
public struct GaussianEstimator: DensityEstimator, Codable, Hashable, Sendable {
  /// An estimator without choices.
  public init() {}

  /// The normal distribution with the mean and the covariance (divisor: the sum of weights) of data.
  ///
  /// - Throws: `DensityEstimationError` when rows are fewer than columns, a column is constant, or columns are linear
  ///   combinations of others.
  /// - Complexity: O(count * features^2).
  public func fit(
    _ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator
  ) throws -> MultivariateNormal {
    precondition(data.rank == 2, "GaussianEstimator: expected rows [count, features], got shape \(data.shape)")
    let (x, features) = (data.to(.float64), data.size(1))
    let share = try normalizedWeights(weights, count: data.size(0))
    guard data.size(0) > features else {
      throw DensityEstimationError.tooFewRows(available: data.size(0), needed: features + 1)
    }
    let mean = (share.unsqueezed(1) * x).sum(0)
    let centred = x - mean
    let covariance = (centred * share.unsqueezed(1)).transposed().matmul(centred)
    let variances = covariance.diagonal().doubles()
    if let column = variances.firstIndex(where: { $0 <= 0 }) {
      throw DensityEstimationError.constantColumn(column: column)
    }
    // In units of the standard deviations, so that the verdict does not depend on the columns' units.
    let scale = covariance.diagonal().squareRoot()
    let correlation = covariance / scale.unsqueezed(0) / scale.unsqueezed(1)
    guard let factor = try? correlation.cholesky(), factor.diagonal().min().item() > 1e-7 else {
      throw DensityEstimationError.degenerate(
        reason: "a column is a linear combination of others, so the rows have no density; leave it out")
    }
    return MultivariateNormal(location: mean, scaleTriangle: factor * scale.unsqueezed(1))
  }
}

/// Weights that sum to 1, 64-bit, `[count]`.
///
/// - Throws: `DensityEstimationError.invalidWeights`.
func normalizedWeights(_ weights: Tensor?, count: Int) throws(DensityEstimationError) -> Tensor {
  guard count > 0 else { throw .tooFewRows(available: 0, needed: 1) }
  guard let weights else { return Tensor.full([count], 1 / Double(count), dtype: .float64) }
  guard weights.shape == [count] else {
    throw .invalidWeights(reason: "there are \(weights.elementCount) for \(count) rows")
  }
  let wide = weights.to(.float64)
  guard ((wide .>= 0) .& wide.isFinite()).all() else { throw .invalidWeights(reason: "one is negative or not finite") }
  let sum = wide.sum().item()
  guard sum > 0, sum.isFinite else { throw .invalidWeights(reason: "they sum to \(sum)") }
  return wide / sum
}

extension MultivariateNormal: StoredDistribution {
  /// `location` and `scaleTriangle`.
  public var tensors: [String: Tensor] { ["location": location, "scaleTriangle": scaleTriangle] }

  /// The distribution that a file holds.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when the tensors do not make one.
  public init(tensors: [String: Tensor]) throws(DensityEstimationError) {
    guard let location = tensors["location"], let triangle = tensors["scaleTriangle"], tensors.count == 2 else {
      throw .degenerate(reason: "expected the tensors location and scaleTriangle, got \(tensors.keys.sorted())")
    }
    guard location.rank == 1, triangle.shape == location.shape + location.shape,
      location.isFinite().all(), triangle.isFinite().all(), (triangle.diagonal() .> 0).all()
    else {
      throw .degenerate(reason: "location and scaleTriangle do not make a normal distribution")
    }
    self.init(location: location.to(.float64), scaleTriangle: triangle.to(.float64))
  }
}
