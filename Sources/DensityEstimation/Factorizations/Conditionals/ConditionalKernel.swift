import Foundation
public import Probability
public import Torch

/// The conditional density of a kernel density of the column and its given columns together: data points weighted by how
/// near their given values are, each with a kernel around its value of the column.
///
/// Kernels are normal in continuous columns and those of Aitchison and Aitken in discrete ones, where a value keeps 1 - bandwidth
/// and the others share the bandwidth.
///
/// - Complexity: points x given columns for each row, in pieces of bounded memory.
/// - Reference: Hall, Racine, Li, *Cross-validation and the estimation of conditional probability densities*, 2004,
///   equation 2; Aitchison, Aitken, *Multivariate binary discrimination by the kernel method*, 1976.
public struct ConditionalKernel: StoredConditionalDensity {
  /// `kernel`.
  public static var family: String { "kernel" }
  /// The kind of the column.
  public let target: ColumnKind
  /// The kinds of the given columns.
  public let given: [ColumnKind]
  /// The points' values of the column, then of the given columns, `[points, 1 + given]`.
  public let points: Tensor
  /// Normalized logarithms of the points' weights, `[points]`.
  public let logWeights: Tensor
  /// The bandwidths of the column, then of the given columns, `[1 + given]`: standard deviations of normal kernels, shares of
  /// the other values in discrete columns.
  public let bandwidths: Tensor
  /// Fused sums for log-probabilities of which nobody asks for gradients.
  private let quotient: KernelQuotient?

  /// A kernel density of points.
  ///
  /// - Parameters:
  ///   - target: the kind of the column.
  ///   - given: the kinds of the given columns.
  ///   - points: `[points, 1 + given]`, the column first.
  ///   - weights: `[points]`, positive.
  ///   - bandwidths: `[1 + given]`, positive; up to (K - 1) / K in a discrete column of K values.
  public init(target: ColumnKind, given: [ColumnKind], points: Tensor, weights: Tensor, bandwidths: Tensor) {
    precondition(
      points.rank == 2 && points.size(1) == 1 + given.count && weights.shape == [points.size(0)]
        && bandwidths.shape == [1 + given.count],
      "ConditionalKernel: expected [points, \(1 + given.count)], [points] and [\(1 + given.count)], got \(points.shape), "
        + "\(weights.shape), \(bandwidths.shape)")
    precondition(
      ConditionalKernel.arePossible(bandwidths, [target] + given), "ConditionalKernel: a bandwidth is out of range")
    let logs = weights.to(.float64).log()
    self.init(
      target: target, given: given, points: points.to(.float64), logWeights: logs - logs.logSumExp(0),
      bandwidths: bandwidths.to(.float64))
  }

  private init(target: ColumnKind, given: [ColumnKind], points: Tensor, logWeights: Tensor, bandwidths: Tensor) {
    self.target = target
    self.given = given
    self.points = points
    self.logWeights = logWeights
    self.bandwidths = bandwidths
    quotient = KernelQuotient(
      kinds: [target] + given, points: points, logWeights: logWeights, bandwidths: bandwidths)
  }

  /// The distributions of rows `[*batch, given]`: mixtures of normal kernels, or masses.
  public func conditioned(on rows: Tensor) -> some CumulativeDistribution {
    TiledDistribution(
      given: rows, width: points.size(0), support: support,
      logProb: quotient.map { quotient in { quotient.logProb($0, given: $1) } }
    ) { rows in
      let near =
        (ProductKernel(kinds: given, bandwidths: bandwidths[.slice(from: 1)])
        .logValues(rows, points[.all, .slice(from: 1)]) + logWeights).logSoftmax(-1)
      let (own, bandwidth) = (points[.all, .at(0)], bandwidths[0])
      guard target.isDiscrete else { return NormalMixtureRows(logWeights: near, locations: own, scales: bandwidth) }
      let values = Tensor(target.values)
      let kernel = ProductKernel(kinds: [target], bandwidths: bandwidths[.slice(to: 1)])
        .logValues(own.unsqueezed(1), values.unsqueezed(1))
      return TabulatedDistribution(.values(values), logMasses: near.exp().matmul(kernel.exp()).log())
    }
  }

  // MARK: Files

  /// `points`, `logWeights`, `bandwidths`.
  public var tensors: [String: Tensor] { ["points": points, "logWeights": logWeights, "bandwidths": bandwidths] }

  /// The density of stored numbers.
  ///
  /// - Throws: `DensityEstimationError.degenerate` for wrong shapes, numbers that are not finite, weights that do not sum to 1
  ///   and bandwidths that are out of range.
  public init(
    target: ColumnKind, given: [ColumnKind], tensors: [String: Tensor]
  ) throws(DensityEstimationError) {
    let stored = CheckedTensors(tensors, of: "conditional kernel density")
    let points = try stored.numbers("points", [nil, 1 + given.count])
    try stored.check(points.size(0) > 0, "there are no points")
    let logWeights = try stored.numbers("logWeights", [points.size(0)])
    try stored.check(abs(logWeights.logSumExp(0).item()) < 1e-9, "the weights do not sum to 1")
    let bandwidths = try stored.numbers("bandwidths", [1 + given.count])
    try stored.check(ConditionalKernel.arePossible(bandwidths, [target] + given), "a bandwidth is out of range")
    self.init(target: target, given: given, points: points, logWeights: logWeights, bandwidths: bandwidths)
  }

  private static func arePossible(_ bandwidths: Tensor, _ kinds: [ColumnKind]) -> Bool {
    zip(bandwidths.doubles(), kinds).allSatisfy { bandwidth, kind in
      let values = Double(kind.values.count)
      return bandwidth.isFinite
        && (kind.isDiscrete ? bandwidth >= 0 && bandwidth <= (values - 1) / values + 1e-12 : bandwidth > 0)
    }
  }
}

/// A product of one kernel for each column, as a function of pairs of rows.
struct ProductKernel {
  /// The kinds of the columns.
  let kinds: [ColumnKind]
  /// Their bandwidths, `[columns]`.
  let bandwidths: Tensor

  /// Logarithms of the kernels, `[rows, columns]` and `[points, columns]` to `[rows, points]`; normal kernels without their
  /// constant.
  func logValues(_ rows: Tensor, _ points: Tensor) -> Tensor {
    var result = Tensor.zeros([rows.size(0), points.size(0)], dtype: .float64, device: rows.device)
    for (index, kind) in kinds.enumerated() {
      let (row, point) = (rows[.all, .at(index)].unsqueezed(1), points[.all, .at(index)])
      let bandwidth = bandwidths[.at(index)]
      if kind.isDiscrete {
        result += ProductKernel.logDiscrete(row .== point, bandwidth, values: kind.values.count)
      } else {
        let distance = row / bandwidth - point / bandwidth
        result = result.addingProduct(distance, distance * -0.5)
      }
    }
    return result
  }

  private static func logDiscrete(_ isEqual: Tensor, _ bandwidth: Tensor, values: Int) -> Tensor {
    guard values > 1 else { return Tensor.zeros(isEqual.shape, dtype: .float64) }
    let others = (bandwidth / Double(values - 1)).log()
    return select(isEqual, (1 - bandwidth).log(), others)
  }
}
