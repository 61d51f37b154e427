import Foundation
import Torch

/// Rows of continuous and discrete columns as vectors between which a normal kernel is the product of the columns' kernels: a
/// number over its bandwidth, and for a discrete column an indicator of each value, of such a length that different values are as
/// far apart as their kernel says.
struct KernelEmbedding {
  private let kinds: [ColumnKind]
  private let centers: [Double]
  private let bandwidths: [Double]

  /// Points `[points, columns]`, of which the means are moved to 0, and bandwidths `[columns]`.
  init(kinds: [ColumnKind], points: Tensor, bandwidths: Tensor) {
    self.kinds = kinds
    centers = points.mean(0).doubles()
    self.bandwidths = bandwidths.doubles()
  }

  /// The length of the vectors.
  var width: Int { kinds.reduce(0) { $0 + ($1.isDiscrete ? $1.values.count : 1) } }

  /// Whether all lengths are finite: no discrete column has bandwidth 0.
  var isFinite: Bool { zip(kinds, bandwidths).allSatisfy { !$0.isDiscrete || $0.values.count == 1 || $1 > 0 } }

  /// Rows `[count, columns]` as vectors `[count, width]`.
  func vectors(_ rows: Tensor) -> Tensor {
    let parts = kinds.indices.map { index in
      let column = rows.narrowed(1, from: index, length: 1).to(.float64)
      guard kinds[index].isDiscrete else { return (column - centers[index]) / bandwidths[index] }
      return (column .== Tensor(kinds[index].values)).to(.float64) * worth(index).squareRoot()
    }
    return Tensor.concatenating(parts, 1).contiguous()
  }

  /// The logarithm of a column's kernel at distance 0.
  func logPeak(_ index: Int) -> Double {
    kinds[index].isDiscrete
      ? log(1 - bandwidths[index]) : -log(bandwidths[index]) - 0.5 * log(2 * Double.pi)
  }

  /// 0 for values that the first column can have, NaN for others.
  func isKnown(_ x: Tensor) -> Tensor {
    guard kinds[0].isDiscrete else { return Tensor.zeros(like: x) }
    let isEqual = (x.unsqueezed(-1) .== Tensor(kinds[0].values)).any(-1)
    return select(isEqual, 0.0, Tensor.full(x.shape, Double.nan, dtype: .float64))
  }

  /// The logarithm of the kernel at an equal value over that at another: half the squared distance of their indicators.
  private func worth(_ index: Int) -> Double {
    let others = Double(kinds[index].values.count - 1)
    guard others > 0 else { return 0 }
    return max(0, log((1 - bandwidths[index]) * others / bandwidths[index]))
  }
}

/// The kernel sums of a ``ConditionalKernel``: over all columns, and over the given ones.
struct KernelQuotient {
  private let whole: (embedding: KernelEmbedding, rows: KernelRows)
  private let part: (embedding: KernelEmbedding, rows: KernelRows)?

  /// Nil when a vector would be too long for the sums to be quick, or not finite.
  init?(kinds: [ColumnKind], points: Tensor, logWeights: Tensor, bandwidths: Tensor) {
    let all = KernelEmbedding(kinds: kinds, points: points, bandwidths: bandwidths)
    guard all.width <= 64 && all.isFinite else { return nil }
    func rows(_ embedding: KernelEmbedding, _ points: Tensor) -> KernelRows {
      KernelRows(
        points: embedding.vectors(points), logCoefficients: logWeights, scales: nil, profile: .gaussian,
        isProduct: false)
    }
    whole = (all, rows(all, points))
    guard kinds.count > 1 else {
      part = nil
      return
    }
    let others = points[.all, .slice(from: 1)]
    let given = KernelEmbedding(kinds: Array(kinds[1...]), points: others, bandwidths: bandwidths[.slice(from: 1)])
    part = (given, rows(given, others))
  }

  /// The log-probability of numbers `[draws, count]` given rows `[count, given]`; NaN where no kernel reaches a row, and for
  /// numbers that a discrete column never has.
  func logProb(_ x: Tensor, given rows: Tensor) -> Tensor {
    let (draws, count) = (x.size(0), x.size(1))
    let repeated = rows.unsqueezed(0).broadcasted(to: [draws, count, rows.size(1)])
    let columns = Tensor.concatenating([x.unsqueezed(-1), repeated], -1).reshaped([draws * count, 1 + rows.size(1)])
    let joint = whole.rows.logSums(at: whole.embedding.vectors(columns)).reshaped([draws, count])
    let known = whole.embedding.isKnown(x) + whole.embedding.logPeak(0)
    guard let part else { return joint + known }
    return joint - part.rows.logSums(at: part.embedding.vectors(rows)) + known
  }
}
