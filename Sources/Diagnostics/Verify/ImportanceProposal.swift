import Foundation
import Probability
import Torch

/// A distribution from which rows are drawn to weigh a density by: heavy-tailed kernels around rows that are known to be
/// likely, and the discrete columns' values by their frequency.
///
/// It covers whatever those rows cover: kernels are Student t with 3 degrees of freedom, a tenth of them three times as wide.
struct ImportanceProposal {
  private let columns: Int
  private let continuous: [Int]
  private let discrete: [(column: Int, values: Tensor, probabilities: Tensor)]
  /// The kernels' centres in coordinates in which they are round, `[kernels, continuous]`.
  private let centres: Tensor
  /// From those coordinates to the columns, `[continuous, continuous]`.
  private let factor: Tensor
  private let bandwidth: Double

  private static let freedom = 3.0
  private static let wide = 3.0
  private static let shareOfWide = 0.1
  private static let mostKernels = 1000

  /// A proposal around rows; nil when a column of them that should have a density is constant.
  ///
  /// - Parameters:
  ///   - rows: `[count, columns]`, finite.
  ///   - discreteValues: the values of the columns without a density.
  init?(around rows: Tensor, discreteValues: [Int: [Double]]) {
    let wide = rows.to(.float64, Device.cpu)
    columns = wide.size(1)
    continuous = (0..<columns).filter { discreteValues[$0] == nil }
    discrete = discreteValues.sorted { $0.key < $1.key }.map { column, values in
      let values = Tensor(values)
      let counts = (wide[.all, .at(column)].unsqueezed(1) .== values).to(.float64).sum(0)
      let probabilities = (counts / counts.sum()) * 0.9 + 0.1 / Double(values.elementCount)
      return (column, values, probabilities / probabilities.sum())
    }
    guard !continuous.isEmpty else {
      (centres, factor, bandwidth) = (Tensor.zeros([1, 0], dtype: .float64), Tensor.zeros([0, 0], dtype: .float64), 1)
      return
    }
    let kept = wide.selecting(Tensor(continuous), 1)
    let width = Double(continuous.count)
    // The spread without the outermost hundredths: some laws have no variance.
    let clipped = kept.clamped(from: kept.quantile(0.01, 0), to: kept.quantile(0.99, 0))
    let centred = clipped - clipped.mean(0)
    let covariance = centred.transposed().matmul(centred) / Double(wide.size(0))
    let ridge = Tensor(covariance.diagonal().doubles().map { $0 * 1e-9 }).diagonalMatrix()
    guard let factor = try? (covariance + ridge).cholesky() else { return nil }
    self.factor = factor
    let step = max(1, wide.size(0) / Self.mostKernels)
    let chosen = kept[.slice(step: step)]
    centres = factor.solvingTriangular(chosen.transposed()).transposed().contiguous()
    bandwidth = Foundation.pow(Double(centres.size(0)), -1 / (width + 4))
  }

  /// Rows, `[count, columns]`, and the logarithm of the density with which each is drawn, `[count]`.
  func sample(_ count: Int, using rng: inout RandomGenerator) -> (rows: Tensor, logDensity: Tensor) {
    var rows = [Tensor](repeating: Tensor.zeros([count], dtype: .float64), count: columns)
    var logDensity = Tensor.zeros([count], dtype: .float64)
    if !continuous.isEmpty {
      let round = kernelDraws(count, using: &rng)
      let values = round.matmul(factor.transposed())
      for (place, column) in continuous.enumerated() { rows[column] = values[.all, .at(place)] }
      logDensity = logDensity + logKernels(round) - factor.diagonal().log().sum()
    }
    for (column, values, probabilities) in discrete {
      let chosen = probabilities.multinomial(count, using: &rng)
      rows[column] = values.selecting(chosen)
      logDensity = logDensity + probabilities.log().selecting(chosen)
    }
    return (Tensor.stacking(rows, 1), logDensity)
  }

  private func kernelDraws(_ count: Int, using rng: inout RandomGenerator) -> Tensor {
    let kernel = Tensor.integers(in: 0..<centres.size(0), [count], using: &rng)
    let isWide = Tensor.uniform([count], dtype: .float64, using: &rng) .< Self.shareOfWide
    let scale = select(isWide, bandwidth * Self.wide, Tensor.full([count], bandwidth, dtype: .float64))
    let normal = Tensor.normal([count, continuous.count], dtype: .float64, using: &rng)
    let squares = Tensor.normal([count, Int(Self.freedom)], dtype: .float64, using: &rng).squared().sum(1)
    let stretch = scale / (squares / Self.freedom).squareRoot()
    return centres.selecting(kernel) + normal * stretch.unsqueezed(1)
  }

  /// The logarithm of the mixture's density at rows in round coordinates.
  private func logKernels(_ rows: Tensor) -> Tensor {
    Tensor.concatenating(
      rows.split(size: 2048).map { block in
        let squares = block.distances(to: centres).squared()
        let narrow = logKernel(squares, bandwidth).logSumExp(1) + Foundation.log(1 - Self.shareOfWide)
        let wide = logKernel(squares, bandwidth * Self.wide).logSumExp(1) + Foundation.log(Self.shareOfWide)
        return narrow.logAddExp(wide) - Foundation.log(Double(centres.size(0)))
      })
  }

  /// The log-density of a round Student t of a scale, at squared distances from its centre.
  private func logKernel(_ squares: Tensor, _ scale: Double) -> Tensor {
    let (width, freedom) = (Double(continuous.count), Self.freedom)
    let constant =
      lgamma((freedom + width) / 2) - lgamma(freedom / 2) - width / 2 * Foundation.log(freedom * Double.pi)
      - width * Foundation.log(scale)
    return (squares / (freedom * scale * scale)).logOnePlus() * (-(freedom + width) / 2) + constant
  }
}
