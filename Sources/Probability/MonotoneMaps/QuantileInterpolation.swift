/// How quantiles are read between order statistics: the nine definitions of Hyndman and Fan, by the names of NumPy and
/// the numbers of R.
///
/// With n data in rising order, types 4 to 9 join the points (p_k, x_k), p_k = (k - alpha) / (n + 1 - alpha - beta), by
/// straight lines, and keep the first and the last value beyond; types 1 to 3 are steps.
///
/// Weights count repetitions: data with whole weights have the quantiles of data that are repeated as often. Under the
/// types of straight lines a weight of at least 1 spans the interval of its repetitions; a smaller one stands at the
/// middle of it.
///
/// - Reference: Hyndman and Fan, *Sample quantiles in statistical packages*, 1996.
public enum QuantileInterpolation: Int, CaseIterable, Hashable, Sendable, Codable {
  /// The smallest value up to which at least the probability lies: the inverse of the step function.
  case invertedCDF = 1
  /// The same, with the mean of both neighbours where the step function has the probability exactly.
  case averagedInvertedCDF = 2
  /// The observation nearest to n p, the even one of two.
  case closestObservation = 3
  /// alpha = 0, beta = 1.
  case interpolatedInvertedCDF = 4
  /// alpha = beta = 1/2.
  case hazen = 5
  /// alpha = beta = 0: p_k = k / (n + 1).
  case weibull = 6
  /// alpha = beta = 1: p_k = (k - 1) / (n - 1), the usual default.
  case linear = 7
  /// alpha = beta = 1/3: nearly the same median for every distribution; what Hyndman and Fan recommend.
  case medianUnbiased = 8
  /// alpha = beta = 3/8: nearly the mean for normal data.
  case normalUnbiased = 9

  /// alpha and beta of the types of straight lines; nil for steps.
  var plottingPosition: (alpha: Double, beta: Double)? {
    switch self {
    case .invertedCDF, .averagedInvertedCDF, .closestObservation: nil
    case .interpolatedInvertedCDF: (0, 1)
    case .hazen: (0.5, 0.5)
    case .weibull: (0, 0)
    case .linear: (1, 1)
    case .medianUnbiased: (1.0 / 3, 1.0 / 3)
    case .normalUnbiased: (0.375, 0.375)
    }
  }
}
