public import Torch

/// Goes between discrete columns and continuous ones: noise of one step in, rounding down out.
///
/// The density of a noisy row, averaged over the noise, is the probability of the discrete row divided by the product of
/// the steps; the mean log-density of noisy rows is a lower bound of its logarithm.
///
/// - Reference: Uria, Murray, Larochelle, *RNADE: the real-valued neural autoregressive density-estimator*, 2013.
///   https://arxiv.org/abs/1306.0186
public struct Dequantization: Sendable {
  /// The discrete columns.
  public let grids: [ColumnGrid]
  /// The number of columns of a row.
  public let features: Int

  /// The noise and rounding of some columns of rows.
  ///
  /// - Precondition: every grid's column is below `features` and its step is positive.
  public init(_ grids: [ColumnGrid], features: Int) {
    precondition(
      grids.allSatisfy { (0..<features).contains($0.column) && $0.step > 0 },
      "Dequantization: expected columns below \(features) and positive steps")
    self.grids = grids
    self.features = features
  }

  /// Rows with uniform noise on [0, step) added to their discrete columns; `[rows, features]` in and out.
  public func noisy(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let steps = row(like: rows, default: 0) { $0.step }
    return rows + Tensor.uniform(rows.shape, dtype: rows.dtype, device: rows.device, using: &rng) * steps
  }

  /// Rows with their discrete columns brought down to the grid and between its ends; `[rows, features]` in and out.
  public func rounded(_ rows: Tensor) -> Tensor {
    let step = row(like: rows, default: 1) { $0.step }
    let minimum = row(like: rows, default: 0) { $0.minimum }
    let maximum = row(like: rows, default: 0) { $0.maximum }
    let onGrid = (((rows - minimum) / step).floor() * step + minimum).clamped(from: minimum, to: maximum)
    return select(row(like: rows, default: 0) { _ in 1 } .> 0, onGrid, rows)
  }

  private func row(like rows: Tensor, default value: Double, of number: (ColumnGrid) -> Double) -> Tensor {
    var values = [Double](repeating: value, count: features)
    for grid in grids { values[grid.column] = number(grid) }
    return Tensor(values).to(rows.dtype, rows.device)
  }
}
