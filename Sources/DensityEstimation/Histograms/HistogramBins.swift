import Foundation
import Torch

extension HistogramEstimator {
  /// How a column is cut into bins. The rules choose the number of bins of equal width between the least and the greatest
  /// value; for rows of several columns the width shrinks with the power -1 / (features + 2) of their number instead of
  /// -1/3, as the best width of a grid does (Scott, *Multivariate Density Estimation*, 1992, section 3.4).
  public enum Bins: Hashable, Sendable, Codable {
    /// Bins of about twice the interquartile range over the cube root of the number of rows: robust against outliers.
    /// Where the quartiles are equal, the width of `scott`.
    ///
    /// - Reference: Freedman, Diaconis, *On the histogram as a density estimator: L2 theory*, 1981.
    case freedmanDiaconis
    /// Bins of about (24 sqrt(pi))^(1/3) = 3.49 standard deviations over the cube root of the number of rows: best for
    /// normal data.
    ///
    /// - Reference: Scott, *On optimal and data-based histograms*, 1979.
    case scott
    /// The number of bins is one more than the binary logarithm of the number of rows, rounded up.
    ///
    /// - Reference: Sturges, *The choice of a class interval*, 1926.
    case sturges
    /// The number of bins of greatest posterior probability, for each column by itself; tried up to 8 times the cube root
    /// of the number of rows and at least 64. Not for numbers that were rounded: it takes their steps for structure.
    ///
    /// - Reference: Knuth, *Optimal data-based binning for histograms*, 2019, equation 31. arXiv:physics/0605197
    case knuth
    /// So many bins of equal width in each column.
    case fixed(count: Int)
    /// Bins of this width, the first one from the least value; the last one may reach beyond the data.
    case spaced(width: Double)
    /// Ascending edges for each column; all rows must lie between them.
    case given(edges: [[Double]])

    /// The fewest rows that can be cut.
    var leastRows: Int {
      switch self {
      case .spaced, .given: 1
      default: 2
      }
    }

    /// Whether the number of rows matters.
    var dependsOnCount: Bool {
      switch self {
      case .freedmanDiaconis, .scott, .sturges, .knuth: true
      case .fixed, .spaced, .given: false
      }
    }

    func validate() throws(DensityEstimationError) {
      switch self {
      case .fixed(let count) where count < 1:
        throw .invalidSetting(name: "bins.fixed.count", value: "\(count)", rule: "1 or more")
      case .spaced(let width) where !(width > 0 && width.isFinite):
        throw .invalidSetting(name: "bins.spaced.width", value: "\(width)", rule: "positive")
      case .given(let edges) where !edges.allSatisfy(HistogramEstimator.ascend):
        throw .invalidSetting(
          name: "bins.given.edges", value: "\(edges)", rule: "finite and ascending, at least two a column")
      default: break
      }
    }

    /// The edges of a column's bins.
    ///
    /// - Throws: `DensityEstimationError` for one value, or more bins than the limit.
    func edges(of column: WeightedColumn, limit: Int) throws(DensityEstimationError) -> [Double] {
      if case .spaced(let width) = self {
        let count = max(1, (column.range / width).rounded(.up))
        try requireFew(count, of: column, limit: limit)
        return try distinct((0...Int(count)).map { column.least + Double($0) * width }, of: column)
      }
      guard column.range > 0 else { throw .constantColumn(column: column.index) }
      guard column.range.isFinite else {
        throw .degenerate(
          reason: "column \(column.index + 1) reaches beyond what 64-bit numbers can divide: rescale it")
      }
      let count = count(for: column)
      try requireFew(count, of: column, limit: limit)
      let step = column.range / count
      let edges = (0..<Int(count)).map { column.least + Double($0) * step } + [column.greatest]
      return try distinct(edges, of: column)
    }

    private func count(for column: WeightedColumn) -> Double {
      switch self {
      case .fixed(let count): Double(count)
      case .sturges: (log2(column.totalWeight) + 1).rounded(.up)
      case .knuth: Double(KnuthBins.count(for: column))
      case .scott: max(1, (column.range / column.scottWidth).rounded(.up))
      default:
        max(
          1,
          (column.range / (column.interquartileRange > 0 ? column.freedmanDiaconisWidth : column.scottWidth)).rounded(
            .up))
      }
    }

    private func requireFew(_ count: Double, of column: WeightedColumn, limit: Int) throws(DensityEstimationError) {
      guard count > Double(limit) else { return }
      throw .tooLarge(
        reason:
          "column \(column.index + 1) would be cut into \(String(format: "%.3g", count)) bins, above maximumCells, "
          + "\(limit): its values reach from \(column.least) to \(column.greatest); look for outliers, or fix the number of bins"
      )
    }

    private func distinct(_ edges: [Double], of column: WeightedColumn) throws(DensityEstimationError) -> [Double] {
      guard HistogramEstimator.ascend(edges) else {
        throw .degenerate(
          reason: "the \(edges.count - 1) bins of column \(column.index + 1) are too narrow for numbers of its size: "
            + "subtract a constant from the column, or use fewer bins")
      }
      return edges
    }
  }
}
