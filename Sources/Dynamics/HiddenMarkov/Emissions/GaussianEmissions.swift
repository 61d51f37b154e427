import Foundation
public import Probability
public import Torch

/// Normal observations, with a full or a diagonal covariance for each state.
public struct GaussianEmissions: StateEmissions {
  /// The means, `[states, features]`, 64-bit.
  public let means: Tensor
  /// The covariances, `[states, features, features]`, or variances `[states, features]`.
  public let covariances: Tensor
  /// The least variance of each column that a fit allows, `[features]`.
  let floor: Tensor
  private let kernel: MixtureKernel

  /// Normal observations of given means and covariances, or variances.
  ///
  /// - Parameters:
  ///   - means: `[states, features]`.
  ///   - covariances: `[states, features, features]`, or `[states, features]` where columns are independent.
  /// - Throws: `DistributionError.notPositiveDefinite` when a covariance has no Cholesky factor, or a variance is not positive.
  /// - Precondition: the shapes agree.
  public init(means: Tensor, covariances: Tensor) throws(DistributionError) {
    try self.init(means: means, covariances: covariances, floor: Tensor.zeros([means.size(-1)], dtype: .float64))
  }

  init(means: Tensor, covariances: Tensor, floor: Tensor) throws(DistributionError) {
    let (means, covariances) = (means.to(.float64), covariances.to(.float64))
    let isDiagonal = covariances.rank == 2
    precondition(
      means.rank == 2 && covariances.shape == (isDiagonal ? means.shape : means.shape + [means.size(1)]),
      "GaussianEmissions: expected means [states, features] and covariances that fit, got \(means.shape), "
        + "\(covariances.shape)")
    self.means = means
    self.covariances = covariances
    self.floor = floor
    let whitening: Tensor
    if isDiagonal {
      guard ((covariances .> 0) .& covariances.isFinite()).all() else {
        throw .notPositiveDefinite(shape: covariances.shape)
      }
      whitening = covariances.reciprocalSquareRoot()
    } else {
      guard let factor = try? covariances.cholesky() else { throw .notPositiveDefinite(shape: covariances.shape) }
      whitening = factor.solvingTriangular(
        Tensor.identity(means.size(1), dtype: .float64).broadcasted(to: covariances.shape))
    }
    let logScales = (isDiagonal ? whitening : whitening.diagonal()).log().sum(-1)
    let constants = logScales - 0.5 * Double(means.size(1)) * log(2 * Double.pi)
    kernel = MixtureKernel(constants: constants, means: means, whitening: whitening)
  }

  /// The number of states.
  public var stateCount: Int { means.size(0) }
  /// The number of columns.
  public var features: Int { means.size(1) }
  /// Whether columns are independent.
  public var isDiagonal: Bool { covariances.rank == 2 }
  /// Means and variances, or covariances.
  public var parameterCount: Int {
    stateCount * (features + (isDiagonal ? features : features * (features + 1) / 2))
  }
  /// `means`, `covariances`.
  public var tensors: [String: Tensor] { ["means": means, "covariances": covariances] }

  /// The log-density of the numbers of each row that are there, in each state.
  public func logProbs(_ rows: Tensor) -> Tensor {
    guard rows.isNaN().any() else { return kernel.componentLogProbs(rows) }
    return MissingPatterns(rows).mapRows(width: stateCount) { part, columns in
      guard columns.size(0) > 0 else { return Tensor.zeros([part.size(0), stateCount], dtype: .float64) }
      // A part of a positive definite matrix is one.
      guard let marginal = try? self.marginal(columns) else {
        return Tensor.full([part.size(0), stateCount], Double.nan, dtype: .float64)
      }
      return marginal.kernel.componentLogProbs(part)
    }
  }

  /// The distributions of some of the columns.
  private func marginal(_ columns: Tensor) throws(DistributionError) -> GaussianEmissions {
    let part = covariances.selecting(columns, 1)
    return try GaussianEmissions(
      means: means.selecting(columns, 1), covariances: isDiagonal ? part : part.selecting(columns, 2))
  }

  /// Sums of responsibilities, and times deviations from the means and their products, over rows without missing cells.
  func sums(_ rows: Tensor, _ posteriors: Tensor) -> MixtureKernel.Sums {
    kernel.sums(rows, responsibilities: posteriors)
  }

  /// Draws for each state.
  public func sample(states: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.normal([states.size(0), features], dtype: .float64, using: &rng)
    if isDiagonal { return means.selecting(states) + noise * covariances.squareRoot().selecting(states) }
    guard let factors = try? covariances.cholesky() else { return noise * Double.nan }
    return means.selecting(states) + factors.selecting(states).matmul(noise.unsqueezed(-1)).squeezed(-1)
  }
}

/// Rows grouped by which of their cells are missing.
struct MissingPatterns {
  /// Rows with the same cells missing, and the columns that are there.
  let groups: [(rows: Tensor, columns: Tensor)]
  private let table: Tensor

  init(_ rows: Tensor) {
    table = rows
    let missing = rows.isNaN().to(.int64).scalars(as: Int.self)
    let features = rows.size(1)
    var places: [[Int]: [Int]] = [:]
    for row in 0..<rows.size(0) {
      places[Array(missing[row * features..<(row + 1) * features]), default: []].append(row)
    }
    groups = places.sorted { $0.value[0] < $1.value[0] }.map { pattern, rows in
      (Tensor(rows), Tensor(pattern.indices.filter { pattern[$0] == 0 }))
    }
  }

  /// The part of a group: its rows, and their columns that are there.
  func part(_ group: (rows: Tensor, columns: Tensor)) -> Tensor {
    table.selecting(group.rows).selecting(group.columns, 1).contiguous()
  }

  /// A function's rows for each group, put together in the order of the table.
  func mapRows(width: Int, _ function: (_ part: Tensor, _ columns: Tensor) -> Tensor) -> Tensor {
    var result = Tensor.zeros([table.size(0), width], dtype: .float64)
    for group in groups { result = result.addingAt(group.rows, 0, function(part(group), group.columns)) }
    return result
  }
}
