import Foundation
import Probability
public import Torch

/// Masses of a discrete column's values of which the logarithms are, up to normalization, linear functions of the given
/// columns: multinomial logistic regression.
public struct MultinomialLogistic: StoredConditionalDensity {
  /// `multinomialLogistic`.
  public static var family: String { "multinomialLogistic" }
  /// The kind of the column, always discrete.
  public let target: ColumnKind
  /// The kinds of the given columns.
  public let given: [ColumnKind]
  /// What the log-mass of each value gains with each number of the design, `[values, width]`.
  public let coefficients: Tensor
  /// The design's numbers at which the log-masses are the intercepts, `[width]`.
  public let center: Tensor
  /// The log-masses at the center, up to normalization, `[values]`.
  public let intercepts: Tensor

  init(target: ColumnKind, given: [ColumnKind], coefficients: Tensor, center: Tensor, intercepts: Tensor) {
    self.target = target
    self.given = given
    self.coefficients = coefficients
    self.center = center
    self.intercepts = intercepts
  }

  /// The masses for rows `[*batch, given]`.
  public func conditioned(on rows: Tensor) -> TabulatedDistribution {
    let design = DesignMatrix(kinds: given).encode(rows) - center
    return TabulatedDistribution(
      .values(Tensor(target.values).to(rows.device)),
      logMasses: intercepts + design.matmul(coefficients.transposed()))
  }

  // MARK: Files

  /// `coefficients`, `center`, `intercepts`.
  public var tensors: [String: Tensor] {
    ["coefficients": coefficients, "center": center, "intercepts": intercepts]
  }

  /// The density of stored numbers.
  ///
  /// - Throws: `DensityEstimationError.degenerate` for a continuous target, wrong shapes and numbers that are not finite.
  public init(
    target: ColumnKind, given: [ColumnKind], tensors: [String: Tensor]
  ) throws(DensityEstimationError) {
    let stored = CheckedTensors(tensors, of: "logistic regression")
    let (width, values) = (DesignMatrix(kinds: given).width, target.values.count)
    try stored.check(target.isDiscrete, "its column is continuous")
    self.init(
      target: target, given: given, coefficients: try stored.numbers("coefficients", [values, width]),
      center: try stored.numbers("center", [width]), intercepts: try stored.numbers("intercepts", [values]))
  }
}

/// Logistic regression by Newton's iteration on the penalized log-likelihood, which has one maximum.
public struct MultinomialLogisticEstimator: ConditionalDensityEstimator, Hashable, Codable, Sendable {
  /// Half of this times the squared coefficients (of the standardized design) is subtracted from the log-likelihood, so that
  /// values that the given columns separate perfectly have finite coefficients.
  public var ridge: Double
  /// The count by which each value is thought to have been seen in addition, at the mean of the given columns.
  public var smoothing: Double

  /// Logistic regression with a weak penalty.
  public init(ridge: Double = 1, smoothing: Double = 0.5) {
    self.ridge = ridge
    self.smoothing = smoothing
  }

  /// The regression of the rows.
  ///
  /// - Throws: `DensityEstimationError.invalidSetting`; `tooLarge` when there are too many values and given columns.
  /// - Complexity: each of about ten iterations takes values^2 matrix products of the design with itself.
  public func fit(
    _ data: ConditionalData, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> MultinomialLogistic {
    try DensityEstimationError.requirePositive("ridge", ridge)
    try DensityEstimationError.requirePositive("smoothing", smoothing)
    guard data.targetKind.isDiscrete else {
      throw .degenerate(reason: "a logistic regression is for a discrete column, but this one is continuous")
    }
    let (design, center, scale) = data.standardizedDesign()
    let problem = LogisticProblem(data, design: design, ridge: ridge, smoothing: smoothing)
    let solution = try problem.solved()
    let width = design.size(1)
    // The first value is the one to which the others are compared.
    let all = Tensor.concatenating([Tensor.zeros([1, width + 1], dtype: .float64), solution])
    return MultinomialLogistic(
      target: data.targetKind, given: data.givenKinds, coefficients: all[.all, .slice(to: width)] / scale,
      center: center, intercepts: all[.all, .at(width)])
  }
}

extension MultinomialLogisticEstimator {
  private enum CodingKeys: String, CodingKey { case ridge, smoothing }

  /// Reads the settings; those that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    let (settings, standard) = (try decoder.container(keyedBy: CodingKeys.self), Self())
    self.init(
      ridge: try settings.decodeIfPresent(Double.self, forKey: .ridge) ?? standard.ridge,
      smoothing: try settings.decodeIfPresent(Double.self, forKey: .smoothing) ?? standard.smoothing)
  }
}

extension DensityEstimationError {
  static func requirePositive(_ name: String, _ value: Double) throws(DensityEstimationError) {
    guard value > 0 && value.isFinite else {
      throw .invalidSetting(name: name, value: "\(value)", rule: "a positive number")
    }
  }

  static func require(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(DensityEstimationError) {
    guard range.contains(value) else {
      throw .invalidSetting(name: name, value: "\(value)", rule: "from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}

/// The penalized log-likelihood of a logistic regression as a function of `[values - 1, width + 1]` coefficients, of which
/// the last is the intercept.
private struct LogisticProblem {
  /// `[count + 1, width + 1]`, the last row at the mean of the design and the last column 1.
  let design: Tensor
  /// Shares of the values in each row, `[count + 1, values]`.
  let shares: Tensor
  let weights: Tensor
  /// The penalty of each coefficient.
  let penalty: Tensor

  init(_ data: ConditionalData, design: Tensor, ridge: Double, smoothing: Double) {
    let (count, width) = (design.size(0), design.size(1))
    let values = data.targetKind.values
    let padded = Tensor.concatenating([design, Tensor.zeros([1, width], dtype: .float64)])
    self.design = padded.padded([0, 1], with: 1)
    let seen = (data.target.unsqueezed(1) .== Tensor(values)).to(.float64)
    shares = Tensor.concatenating([seen, Tensor.full([1, values.count], 1 / Double(values.count), dtype: .float64)])
    weights = Tensor.concatenating(
      [data.weights, Tensor.full([1], smoothing * Double(values.count), dtype: .float64)])
    penalty = Tensor.full([width], ridge, dtype: .float64).padded([0, 1], with: 0)
    assert(padded.size(0) == count + 1)
  }

  /// The coefficients at the maximum.
  func solved() throws(DensityEstimationError) -> Tensor {
    let (free, width) = (shares.size(1) - 1, design.size(1))
    guard free * width <= 2048 else {
      throw .tooLarge(
        reason: "a logistic regression of \(free + 1) values on \(width - 1) numbers has \(free * width) coefficients; "
          + "at most 2048 are possible, so use a table or a tree for this column")
    }
    var coefficients = Tensor.zeros([free, width], dtype: .float64)
    guard free > 0 else { return coefficients }
    var value = self.value(coefficients)
    for _ in 0..<100 {
      let (gradient, curvature) = derivatives(coefficients)
      let step = try self.step(gradient, curvature)
      let promise = (step * gradient).sum().item()
      guard promise > 1e-12 * weights.sum().item() else { break }
      var (size, next) = (1.0, coefficients + step)
      var nextValue = self.value(next)
      while !(nextValue >= value + 1e-4 * size * promise) && size > 1e-10 {
        size *= 0.5
        next = coefficients.adding(step, times: size)
        nextValue = self.value(next)
      }
      guard nextValue > value else { break }
      (coefficients, value) = (next, nextValue)
    }
    return coefficients
  }

  private func logMasses(_ coefficients: Tensor) -> Tensor {
    design.matmul(coefficients.transposed()).padded([1, 0], with: 0).logSoftmax(-1)
  }

  private func value(_ coefficients: Tensor) -> Double {
    let fit = weights.matmul((shares * logMasses(coefficients)).sum(-1))
    return (fit - (coefficients.squared() * penalty).sum() * 0.5).item()
  }

  /// The gradient `[free, width]` and minus the second derivatives `[free * width, free * width]`.
  private func derivatives(_ coefficients: Tensor) -> (gradient: Tensor, curvature: Tensor) {
    let masses = logMasses(coefficients).exp()[.all, .slice(from: 1)]
    let weighted = masses * weights.unsqueezed(1)
    let excess = shares[.all, .slice(from: 1)] * weights.unsqueezed(1) - weighted
    let gradient = excess.transposed().matmul(design) - coefficients * penalty
    let (free, width) = (coefficients.size(0), coefficients.size(1))
    let rows = (0..<free).map { a in
      let blocks = (0..<free).map { b in
        let each =
          a == b
          ? weighted[.all, .at(a)] * (1 - masses[.all, .at(a)]) : -(weighted[.all, .at(a)] * masses[.all, .at(b)])
        return design.transposed().matmul(design * each.unsqueezed(1))
      }
      return Tensor.concatenating(blocks, 1)
    }
    let penalties = penalty.tiled([free]).diagonalMatrix()
    return (gradient, Tensor.concatenating(rows).reshaped([free * width, free * width]) + penalties)
  }

  private func step(_ gradient: Tensor, _ curvature: Tensor) throws(DensityEstimationError) -> Tensor {
    do {
      return try curvature.solving(gradient.reshaped([-1, 1])).reshaped(gradient.shape)
    } catch {
      throw .degenerate(reason: "the logistic regression on the given columns failed: \(error)")
    }
  }
}
