public import Torch

/// The maximum mean discrepancy (MMD) of two samples: how far apart the means of their features are, in the space that a
/// kernel spans. It is 0 exactly when the distributions are the same, and needs no density of either.
///
///     let mmd = MaximumMeanDiscrepancy()                               // squared exponential, median heuristic
///     let found = try mmd.estimate(generated, data)                    // MMD^2 with its standard error
///     let test = try mmd.test(generated, data, using: &rng)            // p-value by permutations
///     let loss = mmd.loss(model(z), batch)                             // for training
///
/// Samples are `[rows, features]` or `[rows]` of 32-bit or 64-bit floats; both need not have the same number of rows. Units
/// of the columns matter: standardize first where they are not alike. All sums are taken in tiles, so memory is
/// O(rows * features).
///
/// - Reference: Gretton, Borgwardt, Rasch, Schölkopf, Smola, *A kernel two-sample test*, 2012, equations 3 and 5.
public struct MaximumMeanDiscrepancy: Hashable, Sendable, Codable {
  /// How the squared discrepancy is estimated.
  public enum Estimator: Hashable, Sendable, Codable {
    /// The three means over pairs, each row's pair with itself left out: of mean MMD^2, so below 0 half of the time when
    /// the distributions are the same.
    case unbiased
    /// The three means over all pairs: never negative, and too large by order 1 / rows.
    case biased
    /// The mean of unbiased estimates from blocks of so many rows of each sample, in order; rows left over are dropped.
    ///
    /// Takes O(rows * size) time, and the blocks give a standard error.
    ///
    /// - Reference: Zaremba, Gretton, Blaschko, *B-tests: low variance kernel two-sample tests*, 2013.
    case block(size: Int)
    /// The mean of k(x, x') + k(y, y') - k(x, y') - k(x', y) over pairs of rows that follow each other, O(rows) time;
    /// rows left over are dropped.
    ///
    /// - Reference: Gretton et al. 2012, lemma 14.
    case linear
  }

  /// The kernel.
  public var kernel: DiscrepancyKernel
  /// The estimator.
  public var estimator: Estimator

  /// A discrepancy.
  ///
  /// - Parameters:
  ///   - kernel: the kernel.
  ///   - estimator: the estimator.
  /// - Precondition: blocks have at least 2 rows.
  public init(kernel: DiscrepancyKernel = .squaredExponential(), estimator: Estimator = .unbiased) {
    if case .block(let size) = estimator {
      precondition(size >= 2, "MaximumMeanDiscrepancy: expected blocks of at least 2 rows, got \(size)")
    }
    (self.kernel, self.estimator) = (kernel, estimator)
  }

  /// The squared discrepancy of two samples, with its standard error.
  ///
  /// - Parameters:
  ///   - x: one sample, `[rows, features]` or `[rows]`.
  ///   - y: the other, of the same type and features.
  /// - Returns: the estimate, and the kernel with the bandwidth that was used.
  /// - Precondition: the shapes and types agree.
  /// - Throws: `SampleComparisonError` when a sample has too few rows for the estimator or numbers that are not finite.
  /// - Complexity: O((rows of x + rows of y)^2 * features) time, less for blocks and pairs.
  public func estimate(_ x: Tensor, _ y: Tensor) throws(SampleComparisonError) -> Discrepancy {
    let samples = try ComparedSamples(x, y, minimum: fewestRows)
    let fixed = kernel.fixed(by: samples.pooled)
    return Discrepancy(squared: squared(samples, fixed.sums), kernel: fixed)
  }

  /// The squared discrepancy as a scalar with gradients to both samples, to be minimized in training.
  ///
  /// A bandwidth by the median heuristic is found anew from each pair of samples, and has no gradient; fix it where the
  /// loss of one step must be comparable with that of the next.
  ///
  /// - Parameters:
  ///   - x: one sample, `[rows, features]` or `[rows]`.
  ///   - y: the other, of the same type and features.
  /// - Returns: a scalar of the samples' type; NaN when a number is not finite.
  /// - Precondition: the shapes and types agree, and each sample has enough rows for the estimator.
  /// - Complexity: O((rows of x + rows of y)^2 * features) time, less for blocks and pairs; O(rows * features) memory.
  public func loss(_ x: Tensor, _ y: Tensor) -> Tensor {
    let (x, y, _) = ComparedSamples.rows(x, y)
    precondition(
      min(x.size(0), y.size(0)) >= fewestRows,
      "MaximumMeanDiscrepancy: expected at least \(fewestRows) rows of each sample, got \(x.shape) and \(y.shape)")
    let fixed = kernel.bandwidths == nil ? kernel.fixed(by: withoutGradient { Tensor.concatenating([x, y]) }) : kernel
    return squared(x, y, fixed.sums).to(x.dtype)
  }

  /// The fewest rows of a sample that the estimator makes something of.
  var fewestRows: Int {
    if case .block(let size) = estimator { return size }
    return estimator == .biased ? 1 : 2
  }
}

/// A squared discrepancy that was estimated from two samples.
public struct Discrepancy: Hashable, Sendable, Codable {
  /// The squared discrepancy and its standard error.
  public var squared: Estimate
  /// The kernel that was used, its bandwidth fixed.
  public var kernel: DiscrepancyKernel

  /// An estimate.
  ///
  /// - Parameters:
  ///   - squared: the squared discrepancy.
  ///   - kernel: the kernel that was used.
  public init(squared: Estimate, kernel: DiscrepancyKernel) { (self.squared, self.kernel) = (squared, kernel) }
}
