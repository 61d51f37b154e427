import Foundation
import Torch

/// The Improved Sheather-Jones bandwidth of one column: the fixed point of Botev's plug-in by diffusion.
///
/// Everything is in units of the grid's length, which is twice the range of the values; the bandwidth is the root of the
/// time times that length.
///
/// Reference: Botev, Grotowski, Kroese, *Kernel density estimation via diffusion*, Annals of Statistics 38, 2010,
/// equations 29 to 32 and algorithm 1.
struct DiffusionBandwidth {
  private static let cells = 1 << 14
  private let length: Double
  private let count: Double
  private let column: Int
  /// k^2 for k = 1, 2, ..., and the squares of the cosine coefficients of the data on the grid.
  private let squares, coefficients: Tensor

  init(_ sample: KernelSampleColumn, _ column: Int) {
    self.column = column
    count = sample.total
    length = 2 * sample.range
    let cells = DiffusionBandwidth.cells
    let start = sample.values[0] - sample.range / 2
    // Values are shared by the middles of the two nearest cells.
    let places = (Tensor(sample.values) - start) * (Double(cells) / length) - 0.5
    let left = places.floor()
    let (index, share, weights) = (left.to(.int64), places - left, Tensor(sample.weights) / sample.total)
    let grid = Tensor.zeros([cells], dtype: .float64).addingAt(index, 0, weights * (1 - share))
      .addingAt(index + 1, 0, weights * share)
    // The cosine transform is the Fourier transform of the grid with its mirror image, but for a phase.
    let even = Tensor.concatenating([grid, grid.flipped(0)])
    coefficients = even.powerSpectrum(size: 2 * cells).narrowed(0, from: 1, length: cells - 1) / 4
    squares = (Tensor.range(cells - 1, dtype: .float64) + 1).squared()
  }

  /// - Throws: `DensityEstimationError.degenerate` when there is no fixed point above the width of a cell.
  func value() throws(DensityEstimationError) -> Double {
    // The first change of sign from the width of a cell on, where time is not yet resolved.
    var low = pow(2 / Double(DiffusionBandwidth.cells), 2)
    guard surplus(low) < 0 else { throw .noBandwidth("the improved Sheather-Jones rule", column: column) }
    var high = low
    while surplus(high) < 0 {
      low = high
      high *= 1.5
      guard high < 0.2 else {
        throw .degenerate(
          reason:
            "the improved Sheather-Jones rule finds no bandwidth for column \(column + 1): the rows are too few; use "
            + "the silverman rule")
      }
    }
    let time = BrentSearch.root(of: surplus, from: low, to: high, tolerance: 1e-12 * high)
    return time.squareRoot() * length
  }

  /// The time minus what the plug-in makes of it with seven stages (equation 32).
  private func surplus(_ time: Double) -> Double {
    let stages = 7
    var roughness = derivativeNorm(stages, time)
    for s in stride(from: stages - 1, through: 2, by: -1) {
      let odd = stride(from: 1.0, through: Double(2 * s - 1), by: 2).reduce(1, *)
      let factor = (1 + pow(0.5, Double(s) + 0.5)) / 3
      let stage = pow(2 * factor * odd / (2 * Double.pi).squareRoot() / (count * roughness), 2 / Double(3 + 2 * s))
      roughness = derivativeNorm(s, stage)
    }
    return time - pow(2 * count * Double.pi.squareRoot() * roughness, -2.0 / 5)
  }

  /// The squared norm of the s-th derivative of the density smoothed for a time (equation 29).
  private func derivativeNorm(_ s: Int, _ time: Double) -> Double {
    let terms = squares.pow(s) * coefficients * (squares * (-Double.pi * Double.pi * time)).exp()
    return 2 * pow(Double.pi, Double(2 * s)) * terms.sum().item()
  }
}
