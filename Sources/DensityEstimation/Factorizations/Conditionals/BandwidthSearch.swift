import Foundation
import Torch

/// The search for the bandwidths that give each row the greatest likelihood by the others.
///
/// The parameters are logarithms of bandwidths relative to the rule of thumb (log-odds in discrete columns), moved along the
/// signs of the gradient with steps of their own.
///
/// - Reference: Hall, Racine, Li, 2004, section 2.2 (likelihood cross-validation); Igel, Hüsken, *Improving the Rprop
///   learning algorithm*, 2000 (iRprop-).
struct BandwidthSearch {
  private let kinds: [ColumnKind]
  private let reference: ReferenceBandwidths
  private let weights: Tensor
  private let own: PairKernel
  private let rest: PairKernel
  /// Logarithms of the others' weights, minus infinity for the row itself, `[rows, rows]`.
  private let logOthers: Tensor

  private static var steps: Int { 40 }

  /// Points are `[rows, columns]`, the column that is modelled first.
  init(kinds: [ColumnKind], points: Tensor, weights: Tensor, reference: ReferenceBandwidths) {
    self.kinds = kinds
    self.reference = reference
    self.weights = weights
    let scales = reference.values.doubles()
    own = PairKernel(kinds: Array(kinds[..<1]), points: points[.all, .slice(to: 1)], scales: Array(scales[..<1]))
    rest = PairKernel(kinds: Array(kinds[1...]), points: points[.all, .slice(from: 1)], scales: Array(scales[1...]))
    // One copy of the row itself is left out.
    let others = weights - Tensor.identity(weights.elementCount, dtype: .float64)
    logOthers = select(others .> 0, others.clamped(from: 1e-300).log(), -Double.infinity)
  }

  /// The bandwidths, for all rows.
  func best() -> Tensor {
    // Fewer rows were searched than will be used: bandwidths shrink as by the rule of thumb.
    let shrinkage = pow(reference.count / max(weights.sum().item(), 1), reference.exponent)
    return Tensor(
      zip(zip(kinds, search()), reference.values.doubles()).map { found, reference in
        let (kind, parameter) = found
        return kind.isDiscrete
          ? PairKernel.share(parameter, of: kind) * shrinkage * shrinkage : exp(parameter) * reference * shrinkage
      })
  }

  private func search() -> [Double] {
    var parameters = zip(kinds, reference.values.doubles()).map { kind, bandwidth in
      kind.isDiscrete ? PairKernel.parameter(share: bandwidth, of: kind) : 0
    }
    var sizes = [Double](repeating: 0.5, count: kinds.count)
    var signs = [Double](repeating: 0, count: kinds.count)
    var best = (parameters: parameters, value: -Double.infinity)
    for _ in 0..<BandwidthSearch.steps {
      let (value, gradient) = likelihood(parameters)
      if value > best.value { best = (parameters, value) }
      for index in kinds.indices {
        let sign: Double = gradient[index] > 0 ? 1 : gradient[index] < 0 ? -1 : 0
        sizes[index] = min(2, sizes[index] * (sign * signs[index] > 0 ? 1.2 : sign * signs[index] < 0 ? 0.5 : 1))
        signs[index] = sign * signs[index] < 0 ? 0 : sign
        // Not below a twentieth of the rule of thumb: equal values in a column would draw its bandwidth to 0.
        let limits = kinds[index].isDiscrete ? (-12, 12) : (log(0.05), log(1e3))
        parameters[index] = min(max(parameters[index] + sizes[index] * signs[index], limits.0), limits.1)
      }
    }
    return best.parameters
  }

  /// The log-likelihood of the column given the others, each row by all others, and its derivatives.
  private func likelihood(_ parameters: [Double]) -> (value: Double, gradient: [Double]) {
    let (column, others) = (own.features(Array(parameters[..<1])), rest.features(Array(parameters[1...])))
    let near = others.logKernels + logOthers
    let joint = near + column.logKernels
    let (nearSum, jointSum) = (
      near.logSumExp(-1, keepingDimensions: true), joint.logSumExp(-1, keepingDimensions: true)
    )
    let total = weights.sum().item()
    let value = weights.matmul((jointSum - nearSum).squeezed(-1)).item() + total * column.logConstant
    let jointShares = (joint - jointSum).exp() * weights.unsqueezed(1)
    let nearShares = (near - nearSum).exp() * weights.unsqueezed(1)
    let first = column.gradient(jointShares)
    return (value, [first[0] + total * column.constantSlope] + others.gradient(jointShares - nearShares))
  }
}

/// Kernels between all pairs of rows, as a matrix product of features: a continuous column over its bandwidth, and indicators
/// of a discrete column's values over the root of what an equal value is worth.
private struct PairKernel {
  let kinds: [ColumnKind]
  /// The columns' numbers, `[rows, width]` each: over their scales, or indicators.
  let columns: [Tensor]
  let count: Int

  init(kinds: [ColumnKind], points: Tensor, scales: [Double]) {
    self.kinds = kinds
    count = points.size(0)
    columns = zip(zip(kinds, scales), points.unbound(1)).map { kind, column in
      kind.0.isDiscrete
        ? (column.unsqueezed(1) .== Tensor(kind.0.values)).to(.float64)
        : ((column - column.mean()) / kind.1).unsqueezed(1)
    }
  }

  /// The share of the other values in a discrete column: (K - 1) / K times the sigmoid of the parameter.
  static func share(_ parameter: Double, of kind: ColumnKind) -> Double {
    let size = Double(kind.values.count)
    return (size - 1) / size / (1 + exp(-parameter))
  }

  static func parameter(share: Double, of kind: ColumnKind) -> Double {
    let size = Double(kind.values.count)
    guard size > 1 else { return 0 }
    let odds = min(max(share * size / (size - 1), 1e-6), 1 - 1e-6)
    return log(odds / (1 - odds))
  }

  struct Features {
    let kinds: [ColumnKind]
    let parameters: [Double]
    /// `[rows, width]`.
    let parts: [Tensor]
    let count: Int

    /// `[rows, rows]`, up to a number that is the same for all pairs.
    var logKernels: Tensor {
      guard !parts.isEmpty else { return Tensor.zeros([count, count], dtype: .float64) }
      let all = Tensor.concatenating(parts, 1)
      let squares = zip(kinds, parts).filter { !$0.0.isDiscrete }.map { $0.1.squared().sum(-1) * -0.5 }
      let half = squares.reduce(Tensor.zeros([count], dtype: .float64), +)
      return all.matmul(all.transposed()) + half.unsqueezed(1) + half
    }

    /// What `logKernels` leaves out for one column, up to the constant of the rule of thumb.
    var logConstant: Double {
      kinds[0].isDiscrete ? log(PairKernel.share(parameters[0], of: kinds[0])) : -parameters[0]
    }

    var constantSlope: Double { kinds[0].isDiscrete ? 1 - PairKernel.odds(parameters[0]) : -1 }

    /// Derivatives of the sum of pairs' logarithms times their shares, `[rows, rows]`, by each column's parameter.
    func gradient(_ shares: Tensor) -> [Double] {
      guard !parts.isEmpty else { return [] }
      let all = Tensor.concatenating(parts, 1)
      let products = (all * shares.matmul(all)).sum(0).split(parts.map { $0.size(1) }, 0).map { $0.sum().item() }
      let marginal = shares.sum(0) + shares.sum(1)
      return kinds.indices.map { index in
        let kind = kinds[index]
        guard kind.isDiscrete else {
          return (marginal.matmul(parts[index].squared()) - 2.0 * products[index]).item()
        }
        // Products hold the worth of an equal value times the shares of equal pairs.
        let worth = PairKernel.worth(parameters[index], of: kind)
        let share = PairKernel.share(parameters[index], of: kind)
        let slope = -(1 - PairKernel.odds(parameters[index])) / (1 - share)
        return worth > 0 ? products[index] / worth * slope : 0
      }
    }
  }

  func features(_ parameters: [Double]) -> Features {
    let parts = zip(zip(kinds, parameters), columns).map { column, numbers in
      let (kind, parameter) = column
      return numbers * (kind.isDiscrete ? PairKernel.worth(parameter, of: kind).squareRoot() : exp(-parameter))
    }
    return Features(kinds: kinds, parameters: parameters, parts: parts, count: count)
  }

  private static func odds(_ parameter: Double) -> Double { 1 / (1 + exp(-parameter)) }

  /// log((1 - share) (K - 1) / share), what an equal value adds to the logarithm of the kernel.
  private static func worth(_ parameter: Double, of kind: ColumnKind) -> Double {
    guard kind.values.count > 1 else { return 0 }
    let share = share(parameter, of: kind)
    return max(0, log((1 - share) * Double(kind.values.count - 1) / share))
  }
}
