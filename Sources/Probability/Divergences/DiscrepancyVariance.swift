import Torch

/// The sums over the pairs inside two samples and across, by rows, and what they say of the variance of the discrepancy.
struct SamplePairs {
  let first, second, across: PairwiseKernelSums.RowSums
  private let n, m: Double

  init(_ samples: ComparedSamples, _ sums: PairwiseKernelSums) {
    (first, second) = (sums.rowSums(samples.x), sums.rowSums(samples.y))
    across = sums.rowSums(samples.x, samples.y)
    (n, m) = (Double(samples.count), Double(samples.otherCount))
  }

  /// The variance of the unbiased estimate; NaN for samples of fewer than 3 rows.
  ///
  /// Hoeffding's decomposition: with w the difference of a row's mean kernels to both samples and k' the kernel minus its
  /// means by rows and columns, the variance is 4 var(w(X)) / n + 4 var(w(Y)) / m, which is all when the distributions
  /// differ and 0 when they do not, plus the *degenerate* part 2 E k'(X, X)^2 / (n (n - 1)) + 2 E k'(Y, Y)^2 / (m (m - 1))
  /// + 4 E k'(X, Y)^2 / (n m). A variance of w that is taken over rows counts the degenerate part twice, as the rows' means
  /// are themselves estimates; so it is subtracted once. As the degenerate part alone is the least there is, the result
  /// errs upward: by about a half, a fifth in the standard error, where the distributions are the same.
  ///
  /// - Reference: Serfling, *Approximation theorems of mathematical statistics*, 1980, section 5.2 and 5.3.
  var variance: Double {
    guard min(n, m) >= 3, let toFirst = across.y else { return .nan }
    let inFirst = first.x / (n - 1), inSecond = second.x / (m - 1)
    let toSecond = across.x / m, fromFirst = toFirst / n
    let linear =
      4 * (inFirst - toSecond).variance(0).item() / n + 4 * (fromFirst - inSecond).variance(0).item() / m
    let degenerate =
      2 * centered(2 * first.sumOfSquares / (n * (n - 1)), inFirst, inFirst) / (n * (n - 1))
      + 2 * centered(2 * second.sumOfSquares / (m * (m - 1)), inSecond, inSecond) / (m * (m - 1))
      + 4 * centered(across.sumOfSquares / (n * m), toSecond, fromFirst) / (n * m)
    return max(linear - degenerate, degenerate)
  }

  /// E k'^2 from E k^2 and the means of rows and columns.
  private func centered(_ meanSquare: Double, _ rows: Tensor, _ columns: Tensor) -> Double {
    let (a, b) = (rows.squared().mean().item(), columns.squared().mean().item())
    let mean = rows.mean().item()
    return max(0, meanSquare - a - b + mean * mean)
  }
}
