import Foundation
public import Torch

/// A kernel density of a column given others.
public struct ConditionalKernelEstimator: ConditionalDensityEstimator, Hashable, Sendable, Codable {
  /// How the bandwidths are chosen.
  public enum Bandwidth: String, Hashable, Sendable, Codable, CaseIterable {
    /// Those that give left-out rows the greatest likelihood. A given column that does not matter gets a bandwidth so great that
    /// it is left out of account.
    case likelihood
    /// The rule of thumb for normal columns, 1.06 min(sd, IQR / 1.34) n^(-1 / (4 + q)) with q continuous columns. Quick, and
    /// blind to what matters.
    case reference
  }

  /// How the bandwidths are chosen.
  public var bandwidth: Bandwidth
  /// The most rows from which bandwidths are chosen by likelihood; of more, as many are drawn.
  public var searchRows: Int

  /// Kernels with bandwidths of greatest likelihood.
  public init(bandwidth: Bandwidth = .likelihood, searchRows: Int = 500) {
    self.bandwidth = bandwidth
    self.searchRows = searchRows
  }

  /// The kernel density of the rows.
  ///
  /// - Throws: `DensityEstimationError.invalidSetting`, and `tooFewRows` for a single row.
  /// - Complexity: keeps all rows; the search looks at about 50 x `searchRows`^2 pairs.
  public func fit(
    _ data: ConditionalData, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> ConditionalKernel {
    try DensityEstimationError.require("searchRows", searchRows, in: 10...20_000)
    guard data.count > 1 else { throw .tooFewRows(available: data.count, needed: 2) }
    let kinds = [data.targetKind] + data.givenKinds
    let points = Tensor.concatenating([data.target.unsqueezed(1), data.given], 1)
    let reference = ReferenceBandwidths(points, weights: data.weights, kinds: kinds)
    var bandwidths = reference.values
    if bandwidth == .likelihood {
      let isSearched = data.count > searchRows
      let chosen = isSearched ? Tensor.permutation(data.count, using: &rng)[.slice(to: searchRows)] : nil
      let search = BandwidthSearch(
        kinds: kinds, points: chosen.map { points[.indices($0)] } ?? points,
        weights: chosen.map { data.weights[.indices($0)] } ?? data.weights, reference: reference)
      bandwidths = search.best()
    }
    return ConditionalKernel(
      target: data.targetKind, given: data.givenKinds, points: points, weights: data.weights, bandwidths: bandwidths)
  }
}

extension ConditionalKernelEstimator {
  private enum CodingKeys: String, CodingKey { case bandwidth, searchRows }

  /// Reads the settings; those that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let (settings, standard) = (try decoder.container(keyedBy: CodingKeys.self), Self())
    self.init(
      bandwidth: try settings.decodeIfPresent(Bandwidth.self, forKey: .bandwidth) ?? standard.bandwidth,
      searchRows: try settings.decodeIfPresent(Int.self, forKey: .searchRows) ?? standard.searchRows)
  }
}

/// Bandwidths by rule of thumb.
struct ReferenceBandwidths {
  /// `[columns]`.
  let values: Tensor
  /// How bandwidths shrink with the number of rows n: n^(-1 / (4 + q)).
  let exponent: Double
  /// The effective number of rows.
  let count: Double

  init(_ points: Tensor, weights: Tensor, kinds: [ColumnKind]) {
    exponent = -1 / Double(4 + kinds.count { !$0.isDiscrete })
    count = weights.sum().item()
    let (rows, exponent) = (max(count, 2), exponent)
    values = Tensor(
      zip(0..., kinds).map { index, kind in
        let size = Double(kind.values.count)
        // The rate of Li and Racine for discrete columns is the square of that of continuous ones.
        if kind.isDiscrete { return (size - 1) / size * min(1, pow(rows, 2 * exponent)) }
        let column = points[.all, .at(index)].contiguous()
        return 1.06 * ReferenceBandwidths.spread(column, weights) * pow(rows, exponent)
      })
  }

  /// The least of the standard deviation and the interquartile range over 1.34, where that is not 0.
  private static func spread(_ column: Tensor, _ weights: Tensor) -> Double {
    let total = weights.sum()
    let mean = weights.matmul(column) / total
    let deviation = (weights.matmul((column - mean).squared()) / total).squareRoot().item()
    let (sorted, order) = column.sorted()
    let cumulative = weights[.indices(order)].cumulativeSum(0)
    let places = cumulative.searchSorted(Tensor([0.25, 0.75]) * total)
    let quartiles = taking(sorted, limiting(places, to: column.elementCount - 1)).doubles()
    let range = (quartiles[1] - quartiles[0]) / 1.34
    return range > 0 ? min(deviation, range) : deviation
  }
}
