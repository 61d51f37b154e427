public import Torch

/// The energy score of predictions of vectors: E|X - y| - E|X - X'| / 2 with Euclidean norms. For vectors of one number it is
/// the ``ContinuousRankedProbabilityScore``.
///
/// It mixes the units of the columns: bring them to one scale first.
///
/// - Reference: Gneiting, Raftery, *Strictly proper scoring rules, prediction, and estimation*, 2007 (eq. 22).
public enum EnergyScore {
  /// Pairs of draws whose distances are held at a time.
  private static let mostPairs = 1 << 22

  /// Unbiased estimates of the scores from independent draws; see ``ContinuousRankedProbabilityScore/scores(of:draws:)``.
  ///
  /// - Parameters:
  ///   - values: the truths, `[rows, columns]`.
  ///   - draws: of each truth's prediction, `[draws, rows, columns]`.
  ///   - pairing: of how many draws all pairs are taken; their distances cost most of the time.
  /// - Returns: a score for each truth, `[rows]`; smaller is better.
  /// - Precondition: the shapes agree, and there are at least two draws.
  /// - Complexity: O(rows columns (draws + pairing^2)).
  public static func scores(of values: Tensor, draws: Tensor, pairing: Int = 256) -> Tensor {
    precondition(
      values.rank == 2 && draws.rank == 3 && draws.shape.trailing(2) == values.shape && draws.size(0) > 1
        && pairing > 1,
      "EnergyScore: expected values [rows, columns] and at least two draws [draws, rows, columns], got "
        + "\(values.shape) and \(draws.shape)")
    let centred = draws.to(.float64) - values.to(.float64)
    let paired = min(pairing, draws.size(0))
    let step = max(1, mostPairs / (paired * paired))
    let ofRow = centred.narrowed(0, from: 0, length: paired).transposed(0, 1)
    let sums = ofRow.split(size: step).map { $0.distances(to: $0).sum(2).sum(1) }
    let spread = Tensor.concatenating(sums) / Double(paired * (paired - 1))
    return centred.squared().sum(2).squareRoot().mean(0) - spread / 2.0
  }
}
