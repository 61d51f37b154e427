import Foundation
public import Torch

/// How a mutual information of continuous columns is estimated.
public enum ContinuousDependence: Hashable, Sendable, Codable {
  /// From the correlation of two continuous columns, -log(1 - r^2) / 2, as if they were normal; for a discrete and a
  /// continuous column from the share of the variance that lies between the values.
  case gaussian
  /// From counts in this many bins of about equal weight.
  case bins(count: Int)
}

/// The mutual information of each pair of columns, in nats.
///
/// All pairs come from one matrix product of the table with itself, in which a discrete or binned column is an indicator of
/// each of its values.
///
/// - Parameters:
///   - data: rows, `[count, features]`.
///   - weights: `[count]`, not negative, of any sum; nil for ones.
///   - columns: the kinds of the columns; nil to tell them from the values.
///   - continuous: how continuous columns are treated.
///   - smoothing: the count by which each pair of values is thought to have been seen in addition, spread as if the columns
///     were independent.
/// - Returns: `[features, features]`, symmetric, with zeros on the diagonal.
/// - Throws: `DensityEstimationError` for unfit rows or settings.
/// - Complexity: one product of `[width, count]` with `[count, width]`, where the width is the number of values of all columns,
///   in pieces of bounded memory.
public func mutualInformation(
  of data: Tensor, weights: Tensor? = nil, columns: [ColumnKind]? = nil, continuous: ContinuousDependence = .gaussian,
  smoothing: Double = 0.5
) throws(DensityEstimationError) -> Tensor {
  let (rows, kinds) = try WeightedRows.table(data, weights: weights, kinds: columns)
  return try PairStatistics(rows, kinds: kinds, continuous: continuous).mutualInformation(smoothing: smoothing)
}

/// Sums of products of all pairs of columns, as indicators of values or as standardized numbers.
struct PairStatistics {
  /// `[width, width]`.
  private let products: Tensor
  /// The column that each row and column of the products belongs to, as indicators `[width, features]`.
  private let owners: Tensor
  /// The number of values of each column, 0 for one that is a standardized number, `[features]`.
  private let sizes: Tensor
  private let total: Double

  init(_ rows: WeightedRows, kinds: [ColumnKind], continuous: ContinuousDependence) throws(DensityEstimationError) {
    var encodings: [Encoding] = []
    for (index, kind) in kinds.enumerated() {
      encodings.append(try Encoding(rows, column: index, kind: kind, continuous))
    }
    let widths = encodings.map(\.width)
    let width = widths.reduce(0, +)
    guard width <= 8192 else {
      throw .tooLarge(
        reason: "the columns have \(width) values together; at most 8192 are possible, so take fewer bins or columns")
    }
    // About 32 MB of indicators at a time.
    let size = max(1, (1 << 22) / width)
    var products = Tensor.zeros([width, width], dtype: .float64)
    for (values, weights) in zip(rows.points.split(size: size), rows.counts.split(size: size)) {
      let encoded = Tensor.concatenating(
        zip(encodings, values.unbound(1)).map { $0.encode($1.contiguous()) }, 1)
      products += encoded.transposed().matmul(encoded * weights.unsqueezed(1))
    }
    self.products = products
    let owner = widths.enumerated().flatMap { Array(repeating: $0, count: $1) }
    owners = Tensor(owner).oneHot(kinds.count).to(.float64)
    sizes = Tensor(encodings.map { $0.cells == nil ? 0.0 : Double($0.width) })
    total = rows.counts.sum().item()
  }

  /// How a column enters the products.
  private struct Encoding {
    /// The values or bins; nil for a standardized number.
    let cells: Cells?
    let center: Double
    let scale: Double

    var width: Int { cells?.count ?? 1 }

    init(
      _ rows: WeightedRows, column: Int, kind: ColumnKind, _ continuous: ContinuousDependence
    ) throws(DensityEstimationError) {
      let values = rows.points[.all, .at(column)].contiguous()
      switch (kind, continuous) {
      case (.discrete(let known), _): cells = .values(Tensor(known))
      case (.continuous, .bins(let count)):
        try DensityEstimationError.require("bins", count, in: 1...4096)
        cells = .quantiles(of: values, weights: rows.counts, count: count)
      case (.continuous, .gaussian): cells = nil
      }
      let total = rows.counts.sum()
      let mean = rows.counts.matmul(values) / total
      center = mean.item()
      scale = (rows.counts.matmul((values - mean).squared()) / total).squareRoot().item()
    }

    func encode(_ column: Tensor) -> Tensor {
      guard let cells else { return ((column - center) / scale).unsqueezed(1) }
      return (cells.indices(of: column).unsqueezed(1) .== Tensor.range(cells.count)).to(.float64)
    }
  }

  /// The mutual information of all pairs, `[features, features]`.
  func mutualInformation(smoothing: Double) throws(DensityEstimationError) -> Tensor {
    try DensityEstimationError.requirePositive("smoothing", smoothing)
    let isCounted = sizes .> 0
    let counted = isCounted.unsqueezed(1) .& isCounted
    let result = select(counted, ofCounts(smoothing: smoothing), ofMoments())
    let features = sizes.elementCount
    return result.masked(Tensor.identity(features) .> 0, with: 0.0)
  }

  /// H(i) + H(j) - H(i, j) of smoothed tables.
  private func ofCounts(smoothing: Double) -> Tensor {
    let byOwner = { (matrix: Tensor) in self.owners.transposed().matmul(matrix).matmul(self.owners) }
    let spread = { (matrix: Tensor) in self.owners.matmul(matrix).matmul(self.owners.transposed()) }
    let counts = products.diagonal()
    let values = owners.matmul(sizes)
    let own = (counts + smoothing) / (values * smoothing + total)
    let strength = sizes.unsqueezed(1) * sizes * smoothing
    let smoothed = (products + own.unsqueezed(1) * own * spread(strength)) / (spread(strength) + total)
    let joint = select(spread(strength) .> 0, smoothed, 0.0)
    // The masses of the first column's values in the table with each other column.
    let marginal = joint.matmul(owners)
    let negative = owners.transposed().matmul(marginal.xLogY(marginal))
    return byOwner(joint.xLogY(joint)) - negative - negative.transposed()
  }

  /// -log(1 - r^2) / 2 with the correlation, or the share of the variance between the values of a discrete column.
  private func ofMoments() -> Tensor {
    let isNumber = owners.matmul((sizes .== 0).to(.float64))
    let weight = select(isNumber .> 0, total, products.diagonal())
    // A value k of a discrete column: (sum of x over its rows)^2 / count; a number: (sum of x y)^2 / sum of y^2.
    let shares = select(weight .> 0, products.squared() / weight.unsqueezed(1), 0.0) / total
    let explained = owners.transposed().matmul(shares).matmul(owners)
    let directed = select((sizes .== 0).broadcasted(to: explained.shape), explained, 0.0)
    return (-(maximum(directed, directed.transposed()).clamped(to: 1))).logOnePlus() * -0.5
  }
}
