import Torch

extension DensityTreeEstimator {
  /// How far the box of a tree reaches beyond the data; outside it the density is 0.
  public enum Margin: Hashable, Sendable, Codable {
    /// The box ends at the least and greatest numbers, as in the paper.
    case none
    /// At each end by half the distance to the next value inside: each value lies in the middle of its own place, so that
    /// a column of few evenly spaced values is treated evenly.
    case gap
    /// At each end by a fraction of the column's width.
    case fraction(ofWidth: Double)

    func validate() throws(DensityEstimationError) {
      if case .fraction(let fraction) = self, !(0...1000).contains(fraction) {
        throw .invalidSetting(name: "margin.fraction.ofWidth", value: "\(fraction)", rule: "from 0 to 1000")
      }
    }

    /// The box of rows, as far as the margin reaches.
    func widened(
      _ box: (lower: [Double], upper: [Double]), of rows: WeightedRows
    ) throws(DensityEstimationError) -> (lower: [Double], upper: [Double]) {
      let (lower, upper) = (Tensor(box.lower), Tensor(box.upper))
      let below, above: Tensor
      switch self {
      case .none: return box
      case .gap:
        below = (select(rows.points .> lower, rows.points, Double.infinity).min(0) - lower) * 0.5
        above = (upper - select(rows.points .< upper, rows.points, -Double.infinity).max(0)) * 0.5
      case .fraction(let fraction):
        below = (upper - lower) * fraction
        above = below
      }
      let wide = (lower: (lower - below).doubles(), upper: (upper + above).doubles())
      guard zip(wide.lower, wide.upper).allSatisfy({ ($1 - $0).isFinite }) else {
        throw .invalidSetting(name: "margin", value: "\(self)", rule: "such that the box stays finite")
      }
      return wide
    }
  }
}
