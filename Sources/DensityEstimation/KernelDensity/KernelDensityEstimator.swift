import Foundation
import Probability
public import Torch

/// Kernel density estimation: a bump at each row, of a width that data choose.
///
///     let density = try KernelDensityEstimator().fit(x, using: &rng)
///     density.logProb(y)                      // [rows], nats
///     density.bandwidths                      // how wide the bumps are along each column
///
///     // One column between 0 and 1, with the bandwidth by Botev's plug-in rule:
///     KernelDensityEstimator(bandwidth: .improvedSheatherJones, bounds: [.init(lower: 0, upper: 1)])
///
/// Bandwidths are in the units of the data: twice the data, twice the bandwidth. All rules choose the bandwidth for the
/// Gaussian kernel and give other kernels the one with which they smooth as much, except
/// ``Bandwidth/leaveOneOutLikelihood``, which looks at the kernel itself, and fixed ones.
///
/// - Note: Rules count a weight as a number of rows: weights of 2 are all rows twice.
/// - Complexity: the rules are O(count log(count)), but for the likelihood, which takes about forty densities of all rows.
/// - Reference: Silverman, *Density Estimation for Statistics and Data Analysis*, 1986; Wand, Jones, *Kernel Smoothing*, 1995.
public struct KernelDensityEstimator: DensityEstimator, Codable, Hashable, Sendable {
  /// The shape of the bumps.
  public var kernel: SmoothingKernel
  /// How the kernel counts distances of rows.
  public var form: KernelForm
  /// How wide the bumps are.
  public var bandwidth: Bandwidth
  /// Whether columns share a bandwidth, have their own, or bumps follow the correlation of the data.
  public var shape: Shape
  /// How much wider bumps are where rows are few: the pilot density to the power of minus this. 0: all are alike; 1/2:
  /// Abramson's square-root law.
  public var sensitivity: Double
  /// The bounds of the columns, beyond which there is no density: none, one for all columns, or one a column. What bumps
  /// would put beyond a bound is reflected.
  public var bounds: [Bounds]
  /// How sums over all rows are taken.
  public var evaluation: Evaluation

  /// Kernel density estimation with these choices.
  public init(
    kernel: SmoothingKernel = .gaussian, form: KernelForm = .radial, bandwidth: Bandwidth = .silverman,
    shape: Shape = .full, sensitivity: Double = 0, bounds: [Bounds] = [], evaluation: Evaluation = .automatic
  ) {
    self.kernel = kernel
    self.form = form
    self.bandwidth = bandwidth
    self.shape = shape
    self.sensitivity = sensitivity
    self.bounds = bounds
    self.evaluation = evaluation
  }

  /// What the bumps of a density share.
  public enum Shape: String, Codable, Hashable, Sendable, CaseIterable {
    /// One bandwidth for all columns: the geometric mean of theirs.
    case scalar
    /// A bandwidth for each column.
    case diagonal
    /// A bandwidth for each column, and the correlation of the data (as in SciPy, with ``Bandwidth/scott``).
    case full
  }

  /// The least and the greatest value of a column.
  public struct Bounds: Codable, Hashable, Sendable {
    /// The least value; nil without.
    public var lower: Double?
    /// The greatest value; nil without.
    public var upper: Double?

    /// Bounds, of which one may be missing.
    public init(lower: Double? = nil, upper: Double? = nil) { (self.lower, self.upper) = (lower, upper) }
  }

  /// The density of rows.
  ///
  /// - Parameters:
  ///   - data: rows `[count, features]`, or numbers `[count]`.
  ///   - weights: `[count]`, each like so many rows; nil for ones.
  ///   - rng: left alone.
  /// - Returns: the density.
  /// - Throws: `DensityEstimationError` when the rows have no density with these choices.
  public func fit(_ data: Tensor, weights: Tensor?, using rng: inout RandomGenerator) throws -> KernelDensity {
    try fit(data, weights: weights)
  }

  /// The density of rows; nothing is drawn.
  ///
  /// - Parameters:
  ///   - data: rows `[count, features]`, or numbers `[count]`.
  ///   - weights: `[count]`, each like so many rows; nil for ones.
  /// - Returns: the density.
  /// - Throws: `DensityEstimationError` when the rows have no density with these choices.
  public func fit(_ data: Tensor, weights: Tensor? = nil) throws(DensityEstimationError) -> KernelDensity {
    precondition(
      data.rank == 1 || data.rank == 2 && data.size(1) > 0,
      "KernelDensityEstimator: expected rows [count, features] or numbers [count], got shape \(data.shape)")
    let sample = try KernelSample(data, weights: weights)
    let limits = try KernelLimits(bounds, features: sample.features)
    try checkSettings(features: sample.features)
    try limits.check(data)
    let triangle = try BandwidthChoice(estimator: self, sample: sample, isBounded: limits.isBounded).triangle()
    let plain = KernelDensity.Parts(
      rows: sample.rows, weights: sample.shares, triangle: triangle, scales: nil, eventRank: data.rank - 1)
    guard sensitivity > 0 else { return try KernelDensity(plain, self) }
    var adapted = plain
    adapted.scales = try adaptedScales(plain)
    return try KernelDensity(adapted, self)
  }

  /// The factors of the bandwidth at each row: the density of equal bumps, relative to its geometric mean, to the power of
  /// minus the sensitivity (Silverman, 1986, section 5.3).
  private func adaptedScales(_ plain: KernelDensity.Parts) throws(DensityEstimationError) -> Tensor {
    var pilot = self
    pilot.sensitivity = 0
    let rows = plain.eventRank == 0 ? plain.rows.squeezed(-1) : plain.rows
    let logDensity = try KernelDensity(plain, pilot).logProb(rows)
    return ((logDensity - (plain.weights * logDensity).sum()) * -sensitivity).exp()
  }

  func checkSettings(features: Int) throws(DensityEstimationError) {
    guard sensitivity >= 0, sensitivity <= 1 else {
      throw .invalidSetting(name: "sensitivity", value: "\(sensitivity)", rule: "a number from 0 to 1")
    }
    try evaluation.check(features: features, isAdaptive: sensitivity > 0)
  }
}
