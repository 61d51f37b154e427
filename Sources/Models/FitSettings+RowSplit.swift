public import Datasets
import Torch
import Training

extension FitSettings {
  /// Which rows of a table a fit with these settings trains on, and which it holds out; it can be asked again later.
  ///
  /// - Parameters:
  ///   - rowCount: the rows of the table that the fit reads.
  ///   - path: the table's name in messages.
  /// - Returns: the places of the rows of each part.
  /// - Throws: `DatasetError.tooFewRows`.
  public func rowSplit(rowCount: Int, path: String) throws -> RowSplit {
    var rng = RandomGenerator(seed: seed)
    var splitRandom = rng.split()
    return try RowSplit(
      rowCount: rowCount, fractions: SplitFractions(validation: training?.validationFraction ?? 0), path: path,
      using: &splitRandom)
  }
}
