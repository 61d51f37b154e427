import Foundation
public import Probability
public import Torch

/// Criteria that hold a log-likelihood against the number of parameters; the least is best.
struct InformationCriteria {
  let logLikelihood: Double
  let parameterCount: Int
  /// The number of rows, as weights count them.
  let totalWeight: Double

  var bic: Double { -2 * logLikelihood + Double(parameterCount) * log(totalWeight) }
  var aic: Double { -2 * logLikelihood + 2 * Double(parameterCount) }
}

extension GaussianMixture {
  /// The Bayesian information criterion of rows, -2 log L + parameters log(rows); the least is best.
  ///
  /// - Parameters:
  ///   - rows: `[count, features]`; missing cells, NaN, are integrated out.
  ///   - weights: `[count]`; nil for equal ones of 1.
  /// - Returns: the criterion, in nats.
  /// - Throws: `DensityEstimationError` for rows or weights that cannot be used.
  /// - Reference: Schwarz, *Estimating the dimension of a model*, 1978.
  public func bic(_ rows: Tensor, weights: Tensor? = nil) throws -> Double { try criteria(rows, weights).bic }

  /// Akaike's information criterion of rows, -2 log L + 2 parameters; the least is best.
  ///
  /// - Reference: Akaike, *A new look at the statistical model identification*, 1974.
  public func aic(_ rows: Tensor, weights: Tensor? = nil) throws -> Double { try criteria(rows, weights).aic }

  /// The integrated complete-data likelihood of rows: the BIC in which each row counts with its most probable component
  /// alone; the least is best.
  ///
  /// - Reference: Biernacki, Celeux, Govaert, *Assessing a mixture model for clustering with the integrated completed
  ///   likelihood*, 2000.
  public func icl(_ rows: Tensor, weights: Tensor? = nil) throws -> Double {
    let blocks = RowBlocks(rows, weights: weights)
    return try criteria(rows, weights).bic - 2 * classificationLogProb(of: blocks)
  }

  private func criteria(_ rows: Tensor, _ weights: Tensor?) throws -> InformationCriteria {
    InformationCriteria(
      logLikelihood: try logLikelihood(of: RowBlocks(rows, weights: weights)), parameterCount: parameterCount,
      totalWeight: weights?.to(.float64).sum().item() ?? Double(rows.size(0)))
  }

  /// The weighted sum of the rows' log-densities; missing cells are integrated out.
  func logLikelihood(of blocks: RowBlocks) throws -> Double {
    try sum(over: blocks) {
      $0.logSumExp(-1)
    } fused: {
      logProb(unchecked: $0)
    }
  }

  /// The weighted sum of the logarithms of the rows' largest responsibilities.
  func classificationLogProb(of blocks: RowBlocks) throws -> Double {
    try sum(over: blocks) {
      $0.logSoftmax(-1).max(-1)
    } fused: {
      responsibilities($0).max(-1).log()
    }
  }

  private func sum(
    over blocks: RowBlocks, joint: (Tensor) -> Tensor, fused: (Tensor) -> Tensor
  ) throws -> Double {
    var sum = 0.0
    try blocks.forEach { rows, weights in
      let block = try UsableRows(rows, weights, position: 0, allowsMissing: true)
      guard block.rows.size(0) > 0 else { return }
      let each =
        block.hasMissing
        ? joint(logJoint(ofObserved: block.rows.to(.float64))) : fused(block.rows)
      let wide = each.to(.float64)
      sum += (block.weights.map { $0 * wide } ?? wide).sum().item()
    }
    return sum
  }
}
