public import Torch

/// A density model whose log-densities are estimates by importance sampling.
public protocol ImportanceSampledModel: DensityModel {
  /// The log-density of each row, with what says how far to trust it.
  ///
  /// - Parameters:
  ///   - rows: `[rows, features]`.
  ///   - context: as ``DensityModel/logProb(_:given:)`` takes it.
  /// - Returns: the estimates, of which the first are those of ``DensityModel/logProb(_:given:)``.
  func estimatedLogProb(_ rows: Tensor, given context: Tensor?) -> LogProbEstimate
}

/// Log-densities of rows that were estimated by importance sampling.
public struct LogProbEstimate {
  /// The estimates in nats, `[rows]`.
  public var logProb: Tensor
  /// The standard error of each, `[rows]`.
  public var standardError: Tensor
  /// The effective number of draws of each, from 1 to ``samples``.
  public var effectiveSampleSize: Tensor
  /// Draws for each row.
  public var samples: Int
}

extension DequantizedModel: ImportanceSampledModel where Base: ImportanceSampledModel {
  func estimatedLogProb(_ rows: Tensor, given context: Tensor?) -> LogProbEstimate {
    base.estimatedLogProb(noisy(rows), given: context)
  }
}

extension SupportedModel: ImportanceSampledModel where Base: ImportanceSampledModel {
  func estimatedLogProb(_ rows: Tensor, given context: Tensor?) -> LogProbEstimate {
    let (isInside, safe) = map.split(rows)
    let (free, logDet) = map.forwardWithLogDet(safe)
    var found = base.estimatedLogProb(free, given: context)
    found.logProb = select(isInside, found.logProb + logDet.to(found.logProb.dtype), -Double.infinity)
    return found
  }
}
