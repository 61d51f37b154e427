public import Torch

/// The continuous ranked probability score of predictions of a number: E|X - y| - E|X - X'| / 2, where X and X' are drawn
/// from the prediction and y is the truth.
///
/// It is in the units of the number, 0 for a prediction that is sure and right, and the absolute error for one that is sure.
/// Among all predictions the expected score is least for the distribution that y comes from (it is strictly proper).
///
///     let scores = ContinuousRankedProbabilityScore.scores(of: truths, draws: draws)    // [rows]
///     let mean = Estimate(meanOf: scores.doubles())
///
/// - Reference: Gneiting, Raftery, *Strictly proper scoring rules, prediction, and estimation*, 2007 (eq. 21); Ferro, *Fair
///   scores for ensemble forecasts*, 2014, for the unbiased estimate.
public enum ContinuousRankedProbabilityScore {
  /// Unbiased estimates of the scores from independent draws: pairs of a draw with itself do not count, so that the mean does
  /// not depend on the number of draws. One of them can be below 0.
  ///
  /// - Parameters:
  ///   - values: the truths, `[rows]`.
  ///   - draws: of each truth's prediction, `[draws, rows]`.
  /// - Returns: a score for each truth, `[rows]`, in the units of the numbers; smaller is better.
  /// - Precondition: the shapes agree, and there are at least two draws.
  /// - Complexity: sorts the draws of each row.
  public static func scores(of values: Tensor, draws: Tensor) -> Tensor {
    precondition(
      values.rank == 1 && draws.rank == 2 && draws.size(1) == values.size(0) && draws.size(0) > 1,
      "ContinuousRankedProbabilityScore: expected values [rows] and at least two draws [draws, rows], got "
        + "\(values.shape) and \(draws.shape)")
    let (truth, drawn) = (values.to(.float64), draws.to(.float64))
    let count = Double(draws.size(0))
    // The sum over pairs of |x_i - x_j| is that of (2 i - count - 1) x_(i) over the sorted draws. A shift changes nothing
    // but the rounding.
    let sorted = (drawn - truth).sorted(0).values
    let weights = (Tensor.range(draws.size(0), dtype: .float64) * 2.0 - (count - 1)).unsqueezed(1)
    let spread = (sorted * weights).sum(0) / (count * (count - 1))
    return sorted.absolute().mean(0) - spread
  }
}
