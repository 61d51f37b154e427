import Foundation
import Torch

/// The bandwidth that an estimator's settings choose for rows.
struct BandwidthChoice {
  let estimator: KernelDensityEstimator
  let sample: KernelSample
  let isBounded: Bool

  private var features: Int { sample.features }

  /// The lower triangle L of the bandwidth: a draw is a row plus L times a draw of the kernel, `[features, features]`.
  func triangle() throws(DensityEstimationError) -> Tensor {
    switch estimator.bandwidth {
    case .fixed(let values): return try fixed(values)
    case .covariance(let matrix): return try fixed(matrix)
    case .leaveOneOutLikelihood:
      let start = try shaped(try perColumn(.silverman))
      return start * (try LeaveOneOutSearch(estimator: estimator, sample: sample, triangle: start).multiplier())
    default: return try shaped(try perColumn(estimator.bandwidth)) * kernelFactor
    }
  }

  /// Rules choose for the Gaussian kernel.
  private var kernelFactor: Double {
    estimator.kernel.canonicalBandwidth(estimator.form, features: features)
      / SmoothingKernel.gaussian.canonicalBandwidth(.radial, features: features)
  }

  // MARK: Given numbers

  private func fixed(_ values: [Double]) throws(DensityEstimationError) -> Tensor {
    guard values.count == 1 || values.count == features, values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw .invalidSetting(
        name: "bandwidth", value: "\(values)", rule: "one positive number, or one for each of \(features) columns")
    }
    return Tensor((0..<features).map { values[values.count == 1 ? 0 : $0] }).diagonalMatrix()
  }

  private func fixed(_ matrix: [[Double]]) throws(DensityEstimationError) -> Tensor {
    let rule = "a symmetric positive definite matrix of \(features) columns"
    guard matrix.count == features, matrix.allSatisfy({ $0.count == features && $0.allSatisfy(\.isFinite) }) else {
      throw .invalidSetting(name: "bandwidth", value: "a matrix of \(matrix.count) rows", rule: rule)
    }
    let covariance = Tensor(rows: matrix)
    guard covariance.isClose(to: covariance.transposed()), let factor = try? covariance.cholesky() else {
      throw .invalidSetting(name: "bandwidth", value: "\(matrix)", rule: rule)
    }
    guard !isBounded || matrix.isDiagonal else {
      throw .invalidSetting(name: "bandwidth", value: "\(matrix)", rule: "diagonal where columns have bounds")
    }
    return factor
  }

  // MARK: Rules

  /// The bandwidth of each column for the Gaussian kernel, by a rule.
  private func perColumn(_ rule: KernelDensityEstimator.Bandwidth) throws(DensityEstimationError) -> [Double] {
    var bandwidths: [Double] = []
    for index in 0..<features { bandwidths.append(try bandwidth(rule, of: try sample.column(index), index)) }
    return bandwidths
  }

  private func bandwidth(
    _ rule: KernelDensityEstimator.Bandwidth, of column: KernelSampleColumn, _ index: Int
  ) throws(DensityEstimationError) -> Double {
    let rate = pow(column.total, -1 / Double(features + 4))
    switch rule {
    case .scott: return column.standardDeviation * rate
    case .silverman: return column.spread(divisor: 1.34) * rate * (features == 1 ? 0.9 : normalFactor)
    case .normalReference: return column.spread(divisor: 1.34) * rate * (features == 1 ? 1.06 : normalFactor)
    case .improvedSheatherJones: return try DiffusionBandwidth(column, index).value() * moreColumns(column)
    case .sheatherJones(let numerics):
      return try SheatherJonesBandwidth(column, numerics, index).solved() * moreColumns(column)
    case .sheatherJonesPlugIn(let numerics):
      return try SheatherJonesBandwidth(column, numerics, index).pluggedIn() * moreColumns(column)
    case .unbiasedCrossValidation(let numerics):
      return try CrossValidationBandwidth(column, numerics, index).unbiased() * moreColumns(column)
    case .biasedCrossValidation(let numerics):
      return try CrossValidationBandwidth(column, numerics, index).biased() * moreColumns(column)
    case .leaveOneOutLikelihood, .fixed, .covariance:
      preconditionFailure("BandwidthChoice: \(rule.name) is no rule for a column")
    }
  }

  private var normalFactor: Double { pow(4 / Double(features + 2), 1 / Double(features + 4)) }

  /// What a rule for one column is multiplied by where there are more: the best bandwidth is of order n^(-1 / (D + 4)).
  private func moreColumns(_ column: KernelSampleColumn) -> Double {
    pow(column.total, 1.0 / 5 - 1 / Double(features + 4))
  }

  /// The triangle of bandwidths of columns, in the shape that the settings ask for.
  private func shaped(_ bandwidths: [Double]) throws(DensityEstimationError) -> Tensor {
    switch estimator.shape {
    case .scalar:
      let mean = exp(bandwidths.map { log($0) }.reduce(0, +) / Double(features))
      return Tensor.identity(features, dtype: .float64) * mean
    case .diagonal: return Tensor(bandwidths).diagonalMatrix()
    case .full:
      guard features > 1 else { return Tensor(bandwidths).diagonalMatrix() }
      guard !isBounded else {
        throw .invalidSetting(name: "shape", value: "full", rule: "diagonal or scalar where columns have bounds")
      }
      // In units of the standard deviations, so that the verdict does not depend on the columns' units.
      guard let factor = try? sample.correlation().cholesky(), factor.diagonal().min().item() > 1e-7 else {
        throw .degenerate(
          reason: "a column is a linear combination of others (or rows are fewer than columns), so bumps that follow "
            + "their correlation have no density; set the shape to diagonal, or leave the column out")
      }
      return factor * Tensor(bandwidths).unsqueezed(1)
    }
  }
}

extension [[Double]] {
  fileprivate var isDiagonal: Bool {
    indices.allSatisfy { row in self[row].indices.allSatisfy { $0 == row || self[row][$0] == 0 } }
  }
}

extension DensityEstimationError {
  /// What the rules say that find no bandwidth.
  static func noBandwidth(_ rule: String, column: Int) -> DensityEstimationError {
    .degenerate(
      reason: "\(rule) finds no bandwidth for column \(column + 1): it is best at 0, as where values are rounded or "
        + "repeated (a weight of 2 repeats a row); dequantize the column, or use the silverman rule")
  }
}
