import Foundation
public import Probability
public import Torch

/// A normal distribution of which the mean is a linear function of the given columns: regression with a Gaussian residual.
///
/// A discrete given column moves the mean by an amount of its own for each value. Chained over the columns of a table in
/// any order, these densities are the normal distribution with the table's mean and covariance.
public struct LinearGaussian: StoredConditionalDensity {
  /// `linearGaussian`.
  public static var family: String { "linearGaussian" }
  /// Always continuous.
  public var target: ColumnKind { .continuous }
  /// The kinds of the given columns.
  public let given: [ColumnKind]
  /// What the mean gains with each number of the design (a continuous column, or a value of a discrete one), `[width]`.
  public let coefficients: Tensor
  /// The design's numbers at which the mean is `location`, `[width]`.
  public let center: Tensor
  /// The mean at the center, one number.
  public let location: Tensor
  /// The standard deviation of the residual, one number.
  public let scale: Tensor

  init(given: [ColumnKind], coefficients: Tensor, center: Tensor, location: Tensor, scale: Tensor) {
    self.given = given
    self.coefficients = coefficients
    self.center = center
    self.location = location
    self.scale = scale
  }

  /// A mean of coefficients and a residual, for continuous given columns.
  ///
  /// - Precondition: there is a coefficient for each given column, and the scale is positive.
  public init(intercept: Double, coefficients: [Double], scale: Double) {
    precondition(scale > 0, "LinearGaussian: expected a positive scale, got \(scale)")
    self.init(
      given: coefficients.map { _ in .continuous }, coefficients: Tensor(coefficients),
      center: Tensor(coefficients.map { _ in 0.0 }), location: Tensor(intercept, dtype: .float64),
      scale: Tensor(scale, dtype: .float64))
  }

  /// The normal distributions of rows `[*batch, given]`.
  public func conditioned(on rows: Tensor) -> Normal {
    let design = DesignMatrix(kinds: given).encode(rows)
    return Normal(location: location + (design - center).matmul(coefficients), scale: scale)
  }

  // MARK: Files

  /// `coefficients`, `center`, `location`, `scale`.
  public var tensors: [String: Tensor] {
    ["coefficients": coefficients, "center": center, "location": location, "scale": scale]
  }

  /// The density of stored numbers.
  ///
  /// - Throws: `DensityEstimationError.degenerate` for a discrete target, wrong shapes, numbers that are not finite and a
  ///   scale that is not positive.
  public init(
    target: ColumnKind, given: [ColumnKind], tensors: [String: Tensor]
  ) throws(DensityEstimationError) {
    let stored = CheckedTensors(tensors, of: "linear Gaussian")
    let width = DesignMatrix(kinds: given).width
    try stored.check(!target.isDiscrete, "its column is discrete")
    self.init(
      given: given, coefficients: try stored.numbers("coefficients", [width]),
      center: try stored.numbers("center", [width]), location: try stored.numbers("location", []),
      scale: try stored.numbers("scale", []))
    try stored.check(scale.item() > 0, "'scale' is not positive")
  }
}

/// Regression by weighted least squares, with the maximum-likelihood variance of the residual.
///
/// Collinear given columns share the coefficient of least norm.
public struct LinearGaussianEstimator: ConditionalDensityEstimator, Hashable, Codable, Sendable {
  /// Regression of a continuous column.
  public init() {}

  /// The regression of the rows.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when the given columns determine the column.
  /// - Complexity: one QR decomposition of the design.
  public func fit(
    _ data: ConditionalData, using rng: inout RandomGenerator
  ) throws(DensityEstimationError) -> LinearGaussian {
    guard !data.targetKind.isDiscrete else {
      throw .degenerate(reason: "a linear Gaussian is for a continuous column, but this one is discrete")
    }
    let (design, center, spread) = data.standardizedDesign()
    let location = data.mean(data.target)
    let deviation = data.target - location
    let total = data.mean(deviation.squared()).squareRoot()
    let fit = try LinearGaussianEstimator.leastSquares(design, deviation / total, weights: data.weights)
    // Rounding leaves about 1e-16; what is below 1e-12 is no residual.
    guard fit.residual > 1e-24 else {
      throw .degenerate(
        reason: "the column is determined by the columns it depends on, so it has no density given them; leave it out")
    }
    return LinearGaussian(
      given: data.givenKinds, coefficients: fit.solution * total / spread, center: center, location: location,
      scale: total * fit.residual.squareRoot())
  }

  /// The least-squares solution of least norm, and the mean squared residual.
  private static func leastSquares(
    _ design: Tensor, _ target: Tensor, weights: Tensor
  ) throws(DensityEstimationError) -> (solution: Tensor, residual: Double) {
    let (count, width) = (design.size(0), design.size(1))
    let root = weights.squareRoot().unsqueezed(1)
    let total = weights.sum().item()
    guard width > 0 else {
      return (Tensor.zeros([0], dtype: .float64), (weights * target.squared()).sum().item() / total)
    }
    do {
      // The triangle of [design, target] has all that is needed, in width + 1 rows.
      let (_, triangle) = try (Tensor.concatenating([design, target.unsqueezed(1)], 1) * root).qr()
      let (left, right) = (triangle[.all, .slice(to: width)], triangle[.all, .at(width)])
      let (u, s, vh) = try left.singularValues()
      let isKept = s .> s.max() * (Double.ulpOfOne * Double(max(count, width)))
      let projected = select(isKept, u.transposed().matmul(right) / s, 0.0)
      let solution = vh.transposed().matmul(projected)
      let residual = right - left.matmul(solution)
      return (solution, residual.squared().sum().item() / total)
    } catch {
      throw .degenerate(reason: "the regression on the given columns failed: \(error)")
    }
  }
}
