import Foundation
import Probability
import Torch

/// Rows with missing cells, grouped by the cells that are there: exact EM over the observed blocks.
///
/// For each group the E step uses the marginal distribution of its columns; products of deviations get the regression of
/// the missing columns on the observed ones, and their conditional covariance.
///
/// - Reference: Ghahramani and Jordan, *Supervised learning from incomplete data via an EM approach*, 1994.
struct IncompleteRows: MixtureRows {
  private let complete: CompleteRows?
  private let groups: [Group]
  private let center: Tensor

  /// Rows of which the same columns are there.
  fileprivate struct Group {
    let observed: [Int]
    let missing: [Int]
    /// The observed columns minus the center, `[count, observed]`, 64-bit.
    let rows: Tensor
    /// `[count]`
    let weights: Tensor
  }

  init(_ rows: UsableRows, center: [Double]) {
    self.center = Tensor(center)
    let isThere = .!rows.rows.isNaN()
    let weights = rows.weights ?? Tensor.ones([rows.rows.size(0)], dtype: .float64)
    var complete: CompleteRows?
    var groups: [Group] = []
    for (pattern, indices) in IncompleteRows.patterns(isThere) {
      let chosen = rows.rows.selecting(indices)
      let ownWeights = weights.selecting(indices)
      if pattern.allSatisfy({ $0 }) {
        complete = CompleteRows(rows: chosen.to(.float64), weights: ownWeights, center: center)
        continue
      }
      let observed = pattern.indices.filter { pattern[$0] }
      let columns = Tensor(observed)
      groups.append(
        Group(
          observed: observed, missing: pattern.indices.filter { !pattern[$0] },
          rows: chosen.selecting(columns, 1).to(.float64) - self.center.selecting(columns), weights: ownWeights))
    }
    self.complete = complete
    self.groups = groups
  }

  /// The rows of each pattern of cells, in the order in which patterns first come.
  static func patterns(_ isThere: Tensor) -> [(pattern: [Bool], rows: Tensor)] {
    let (count, features) = (isThere.size(0), isThere.size(1))
    let cells = isThere.contiguous().scalars(as: Bool.self)
    var places: [ArraySlice<Bool>: Int] = [:]
    var result: [(pattern: [Bool], rows: [Int])] = []
    for row in 0..<count {
      let pattern = cells[row * features..<(row + 1) * features]
      if let place = places[pattern] {
        result[place].rows.append(row)
      } else {
        places[pattern] = result.count
        result.append((Array(pattern), [row]))
      }
    }
    return result.map { ($0.pattern, Tensor($0.rows)) }
  }

  func statistics(_ parameters: MixtureParameters) throws -> MixtureStatistics {
    let matrices = parameters.matrices
    let means = parameters.means - center
    var sum = try complete.map { try $0.statistics(MixtureParameters(full: parameters, matrices)) }
    for group in groups {
      for part in group.parts(perComponent: parameters.components) {
        let added = try part.statistics(weights: parameters.weights, means: means, matrices: matrices)
        sum = sum.map { $0 + added } ?? added
      }
    }
    guard var sum else { throw DensityEstimationError.tooFewRows(available: 0, needed: 2) }
    if parameters.structure == .diagonal || parameters.structure == .spherical {
      sum.products = sum.products.diagonal()
    }
    return sum
  }
}

extension MixtureParameters {
  /// The same parameters with a covariance matrix for each component.
  fileprivate init(full parameters: MixtureParameters, _ matrices: Tensor) {
    self.init(weights: parameters.weights, means: parameters.means, covariances: matrices, structure: .full)
  }
}

extension IncompleteRows.Group {
  /// Pieces whose deviations from every component's mean fit into some megabytes.
  fileprivate func parts(perComponent components: Int) -> [IncompleteRows.Group] {
    let length = max(64, (1 << 20) / (components * observed.count))
    guard rows.size(0) > length else { return [self] }
    return zip(rows.split(size: length), weights.split(size: length)).map {
      IncompleteRows.Group(observed: observed, missing: missing, rows: $0, weights: $1)
    }
  }

  fileprivate func statistics(weights mixing: Tensor, means: Tensor, matrices: Tensor) throws -> MixtureStatistics {
    let (here, there) = (Tensor(observed), Tensor(missing))
    let block = matrices.selecting(here, 1)
    guard let factor = try? block.selecting(here, 2).cholesky() else {
      throw DensityEstimationError.degenerate(reason: "a covariance of the mixture has no Cholesky factor")
    }
    // [components, observed, count]
    let deviations = (rows.unsqueezed(0) - means.selecting(here, 1).unsqueezed(1)).transposed()
    let distances = factor.solvingTriangular(deviations).squared().sum(1)
    let constants = mixing.log() - factor.diagonal().log().sum(1) - 0.5 * Double(observed.count) * log(2 * Double.pi)
    let joint = constants.unsqueezed(1) - distances * 0.5
    let logDensity = joint.logSumExp(0)
    let responsibilities = (joint - logDensity).exp() * weights
    let counts = responsibilities.sum(1)
    let weighted = deviations * responsibilities.unsqueezed(1)
    let sums = weighted.sum(2).unsqueezed(2)
    let products = weighted.matmul(deviations.transposed())
    // From observed columns to all: the identity, and the regression of the missing ones.
    let half = factor.solvingTriangular(block.selecting(there, 2))
    let regression = factor.transposed().solvingTriangular(half, upper: true).transposed()
    let conditional = matrices.selecting(there, 1).selecting(there, 2) - half.transposed().matmul(half)
    let order = Tensor((observed + missing).enumerated().sorted { $0.element < $1.element }.map(\.offset))
    let identity = Tensor.identity(observed.count, dtype: .float64)
      .broadcasted(to: [means.size(0), observed.count, observed.count])
    let map = Tensor.concatenating([identity, regression], 1).selecting(order, 1)
    let zeros = [observed.count, 0, observed.count, 0]
    let added = (conditional * counts.unsqueezed(1).unsqueezed(1)).padded(zeros, with: 0)
      .selecting(order, 1).selecting(order, 2)
    return MixtureStatistics(
      logLikelihood: (logDensity * weights).sum().item(), counts: counts,
      deviations: map.matmul(sums).squeezed(2),
      products: map.matmul(products).matmul(map.transposed()) + added)
  }
}
