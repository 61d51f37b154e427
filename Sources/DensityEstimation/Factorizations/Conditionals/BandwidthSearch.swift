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
  let kinds: [ColumnKind]
  /// `[rows, columns]`, the column that is modelled first.
  let points: Tensor
  let weights: Tensor
  let reference: ReferenceBandwidths

  private static var steps: Int { 40 }

  /// The bandwidths, for all rows.
  func best() -> Tensor {
    let parameters = search()
    // Fewer rows were searched than will be used: bandwidths shrink as by the rule of thumb.
    let shrinkage = pow(reference.count / max(weights.sum().item(), 1), reference.exponent)
    let isDiscrete = Tensor(kinds.map { $0.isDiscrete ? 1.0 : 0.0 }) .> 0
    let found = bandwidths(parameters)
    return select(isDiscrete, found * (shrinkage * shrinkage), found * shrinkage)
  }

  private func search() -> Tensor {
    var parameters = start
    var sizes = [Double](repeating: 0.5, count: kinds.count)
    var signs = [Double](repeating: 0, count: kinds.count)
    var best = (parameters: parameters, value: -Double.infinity)
    for _ in 0..<BandwidthSearch.steps {
      let leaf = parameters.requiringGradient()
      let value = withGradient { likelihood(leaf) }
      let gradient = gradients(of: value, withRespectTo: [leaf])[0].doubles()
      if value.item() > best.value { best = (parameters, value.item()) }
      for (index, slope) in gradient.enumerated() {
        let sign: Double = slope > 0 ? 1 : slope < 0 ? -1 : 0
        sizes[index] *= sign * signs[index] > 0 ? 1.2 : sign * signs[index] < 0 ? 0.5 : 1
        sizes[index] = min(sizes[index], 2)
        signs[index] = sign * signs[index] < 0 ? 0 : sign
      }
      parameters = (parameters + Tensor(zip(sizes, signs).map { $0 * $1 })).clamped(from: lower, to: upper)
    }
    return best.parameters
  }

  /// The rule of thumb: logarithm 0, or its log-odds.
  private var start: Tensor {
    let shares = zip(kinds, reference.values.doubles()).map { kind, bandwidth -> Double in
      guard kind.isDiscrete, kind.values.count > 1 else { return 0 }
      let share = bandwidth * Double(kind.values.count) / Double(kind.values.count - 1)
      return log(max(share, 1e-6) / max(1 - share, 1e-6))
    }
    return Tensor(shares)
  }

  /// A twentieth of the rule of thumb: equal values in a column would otherwise draw its bandwidth to 0.
  private var lower: Tensor { Tensor(kinds.map { $0.isDiscrete ? -12 : log(0.05) }) }
  /// Where a column is left out of account.
  private var upper: Tensor { Tensor(kinds.map { $0.isDiscrete ? 12 : log(1e3) }) }

  private func bandwidths(_ parameters: Tensor) -> Tensor {
    let isDiscrete = Tensor(kinds.map { $0.isDiscrete ? 1.0 : 0.0 }) .> 0
    let greatest = Tensor(kinds.map { Double($0.values.count - 1) / Double(max($0.values.count, 1)) })
    return select(isDiscrete, parameters.sigmoid() * greatest, parameters.exp() * reference.values)
  }

  /// The log-likelihood of the column given the others, each row by all others, `[columns]` to one number.
  private func likelihood(_ parameters: Tensor) -> Tensor {
    let bandwidths = bandwidths(parameters)
    // One copy of the row itself is left out.
    let others = weights - Tensor.identity(weights.elementCount, dtype: .float64)
    let logs = select(others .> 0, others.clamped(from: 1e-300).log(), -Double.infinity)
    let rest = ProductKernel(kinds: Array(kinds.dropFirst()), bandwidths: bandwidths[.slice(from: 1)])
    let near = rest.logValues(points[.all, .slice(from: 1)], points[.all, .slice(from: 1)]) + logs
    let own = ProductKernel(kinds: [kinds[0]], bandwidths: bandwidths[.slice(to: 1)])
    let column = points[.all, .slice(to: 1)]
    let joint = near + own.logValues(column, column) + own.logConstant
    return weights.matmul(joint.logSumExp(-1) - near.logSumExp(-1))
  }
}
