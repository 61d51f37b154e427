import Foundation
public import Torch

/// A table over a grid of the given columns: the values of discrete ones, bins of about equal weight of continuous ones.
///
/// Cells in which no row was seen have the masses of the column by itself. The number of cells grows with the power of the
/// number of given columns: for many of them use ``ConditionalTreeEstimator``.
public struct ConditionalTableEstimator: ConditionalDensityEstimator, Hashable, Sendable, Codable {
  /// Bins of the column itself, when it is continuous; nil for twice the cube root of the number of rows, up to 256.
  public var bins: Int?
  /// Bins of each continuous given column; nil for as many as leave about 50 rows for each cell, from 2 to 32.
  public var givenBins: Int?
  /// The count by which each value or bin is thought to have been seen in addition, spread like the column by itself.
  public var smoothing: Double

  /// A table of bins by the number of rows.
  public init(bins: Int? = nil, givenBins: Int? = nil, smoothing: Double = 0.5) {
    self.bins = bins
    self.givenBins = givenBins
    self.smoothing = smoothing
  }

  /// The table of the rows.
  ///
  /// - Throws: `DensityEstimationError.invalidSetting`, and `tooLarge` for a grid of more than 2^62 cells.
  /// - Complexity: sorts each column; memory for the cells that were seen.
  public func fit(
    _ data: ConditionalData, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> ConditionalTable {
    try DensityEstimationError.requirePositive("smoothing", smoothing)
    if let givenBins { try DensityEstimationError.require("givenBins", givenBins, in: 1...65536) }
    let continuous = data.givenKinds.count { !$0.isDiscrete }
    let rule = pow(Double(data.count) / 50, 1 / Double(max(continuous, 1)))
    let cells = try ConditionalTable.targetCells(data, bins: bins)
    let grid = try GridPartition(
      data.givenKinds, data.given, weights: data.weights, bins: givenBins ?? min(32, max(2, Int(rule))))
    let counts = ConditionalTable.counts(
      grid.cells(of: data.given), cells.indices(of: data.target), weights: data.weights, rows: grid.count,
      columns: cells.count)
    return ConditionalTable(
      target: data.targetKind, given: data.givenKinds, partition: .grid(grid), cells: cells,
      logMasses: ConditionalTable.logMasses(counts, marginal: counts.sum(0), smoothing: smoothing))
  }
}

extension ConditionalTableEstimator {
  private enum CodingKeys: String, CodingKey { case bins, givenBins, smoothing }

  /// Reads the settings; those that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let (settings, standard) = (try decoder.container(keyedBy: CodingKeys.self), Self())
    self.init(
      bins: try settings.decodeIfPresent(Int.self, forKey: .bins),
      givenBins: try settings.decodeIfPresent(Int.self, forKey: .givenBins),
      smoothing: try settings.decodeIfPresent(Double.self, forKey: .smoothing) ?? standard.smoothing)
  }

  /// Writes all settings, also those that are nil, so that a list of settings shows them.
  public func encode(to encoder: any Encoder) throws {
    var settings = encoder.container(keyedBy: CodingKeys.self)
    try settings.encode(bins, forKey: .bins)
    try settings.encode(givenBins, forKey: .givenBins)
    try settings.encode(smoothing, forKey: .smoothing)
  }
}
