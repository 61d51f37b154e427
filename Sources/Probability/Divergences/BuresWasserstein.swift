public import Torch

/// The Wasserstein distance of order 2 of normal distributions, in closed form.
///
/// W_2^2 = |m1 - m2|^2 + trace(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2).
///
/// The last trace is the sum of the singular values of S1^1/2 S2^1/2. It is computed as that, in 64 bits: the roots of
/// eigenvalues of S1^1/2 S2 S1^1/2, or of S1 S2 as elsewhere, would turn rounding of 1e-16 into 1e-8, or into NaN.
///
/// - Reference: Dowson and Landau, *The Frechet distance between multivariate normal distributions*, 1982, equation 4.
public enum BuresWasserstein {
  /// W_2^2 of normal distributions of given means and covariances; covariances may be singular.
  ///
  /// - Parameters:
  ///   - mean: the mean of the first, `[features]`.
  ///   - covariance: the covariance of the first, `[features, features]`, of which the lower triangle is read.
  ///   - otherMean: the mean of the second.
  ///   - otherCovariance: the covariance of the second.
  /// - Returns: the squared distance, at least 0.
  /// - Throws: `DistributionError.notPositiveSemidefinite` for a covariance that has a negative eigenvalue, beyond rounding,
  ///   or is not finite.
  /// - Complexity: O(features^3).
  public static func squared(
    mean: Tensor, covariance: Tensor, otherMean: Tensor, otherCovariance: Tensor
  ) throws(DistributionError) -> Double {
    let features = mean.elementCount
    precondition(
      mean.shape == [features] && otherMean.shape == [features] && covariance.shape == [features, features]
        && otherCovariance.shape == [features, features],
      "BuresWasserstein: expected [features] and [features, features] twice, got \(mean.shape), \(covariance.shape), "
        + "\(otherMean.shape), \(otherCovariance.shape)")
    let (first, firstTrace) = try root(covariance)
    let (second, secondTrace) = try root(otherCovariance)
    guard let values = try? first.matmul(second).singularValues() else {
      throw .notPositiveSemidefinite(shape: covariance.shape)
    }
    let overlap = values.s.sum().item()
    let distance = (mean.wide - otherMean.wide).squared().sum().item()
    return distance + max(firstTrace + secondTrace - 2 * overlap, 0)
  }

  /// W_2^2 of two normal distributions, not batches of them.
  ///
  /// - Throws: `DistributionError.notPositiveSemidefinite` when a covariance is not finite.
  public static func squared(_ p: MultivariateNormal, _ q: MultivariateNormal) throws(DistributionError) -> Double {
    try squared(
      mean: p.mean.detached(), covariance: p.covariance.detached(), otherMean: q.mean.detached(),
      otherCovariance: q.covariance.detached())
  }

  /// The symmetric root of a covariance, and its trace.
  private static func root(_ covariance: Tensor) throws(DistributionError) -> (root: Tensor, trace: Double) {
    let wide = covariance.wide
    guard wide.isFinite().all(), let (values, vectors) = try? wide.symmetricEigen() else {
      throw .notPositiveSemidefinite(shape: covariance.shape)
    }
    let (least, most) = (values.min().item(), values.max().item())
    let rounding = max(covariance.dtype.ulpOfOne, 1e-15) * 100 * Double(max(values.elementCount, 1))
    guard least >= -rounding * max(most, 0) else { throw .notPositiveSemidefinite(shape: covariance.shape) }
    let kept = values.clamped(from: 0)
    return ((vectors * kept.squareRoot()).matmul(vectors.transposed()), kept.sum().item())
  }
}
