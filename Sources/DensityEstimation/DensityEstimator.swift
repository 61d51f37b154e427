public import Probability
public import Torch

/// A way to get a distribution from data directly, without a training loop: a histogram, a mixture, kernel density.
///
/// An estimator is a value that holds the choices (a bandwidth rule, the number of components); the fit is a function of
/// it, the data and, where starts are drawn, a generator:
///
///     let density = try HistogramEstimator(bins: .freedmanDiaconis).fit(x, using: &rng)
///     density.logProb(y)      // [rows], nats
///
/// To implement one: name the type of what comes out after the model (`Histogram`) and the estimator after it
/// (`HistogramEstimator`); refuse unfit data with `DensityEstimationError`; treat a weight of 2 like a row that is there
/// twice; fit in 64 bits whatever the type of the data.
public protocol DensityEstimator {
  /// What a fit gives.
  associatedtype Fitted: Distribution

  /// The distribution of data.
  ///
  /// - Parameters:
  ///   - data: rows, `[count, features]`; for a distribution of numbers `[count]`.
  ///   - weights: `[count]`, not negative, of any sum; nil for equal ones.
  ///   - rng: the source of random numbers; left alone by an estimator that needs none.
  /// - Returns: the distribution, 64-bit.
  /// - Throws: `DensityEstimationError` when the data do not make a distribution.
  func fit(_ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator) throws -> Fitted
}

extension DensityEstimator {
  /// The distribution of data with equal weights.
  ///
  /// - Throws: `DensityEstimationError` when the data do not make a distribution.
  public func fit(_ data: Tensor, using rng: inout RandomGenerator) throws -> Fitted {
    try fit(data, weights: nil, using: &rng)
  }
}
