import Foundation
public import Probability
public import Torch

/// The density of a bump at each row: p(x) = sum_i w_i K(L^-1 (x - x_i) / s_i) / (|L| s_i^D) with the kernel K of unit
/// integral, the lower triangle L of the bandwidth and, where bumps adapt, a factor s_i of each.
///
///     let density = try KernelDensityEstimator().fit(x)
///     density.logProb(y)                              // [rows], nats
///     density.sample([1000], using: &rng)
///     let given = try density.conditional(on: [0])    // p(the other columns | column 0)
///
/// Sums run over all rows in vectorized tiles, over a tree with an error bound, or over a grid, as the estimator's
/// ``KernelDensityEstimator/Evaluation`` says. The log-density of the Gaussian and of the exponential kernel stays finite far
/// from all rows. Where `x` requires gradients they are recorded, in memory for all pairs of rows and places.
///
/// - Shapes: batch `[]`; events `[features]`, or `[]` when the data were numbers.
/// - Note: Everything is computed in 64 bits; a density has the type of `x`. See
///   ``KernelDensityEstimator/Evaluation/exact`` for the error where that is 32-bit.
/// - Complexity: a density O(rows * features), less by tree and grid; a draw O(features^2).
public struct KernelDensity: StoredDistribution {
  /// The choices that it was made with.
  public let estimator: KernelDensityEstimator
  /// The rows, `[count, features]`, 64-bit.
  public let rows: Tensor
  /// Their weights, `[count]`, which sum to 1.
  public let weights: Tensor
  /// The lower triangle L of the bandwidth, `[features, features]`.
  public let bandwidthTriangle: Tensor
  /// What the bandwidth of each row is multiplied by, `[count]`; nil where all are alike.
  public let scales: Tensor?
  /// `[features]`, or `[]` for numbers.
  public let eventShape: Shape

  let limits: KernelLimits
  /// Rows and their mirror images in bandwidths, around the mean of the rows.
  let images: KernelImages
  let sums: KernelRows
  /// The logarithm of what a sum of kernels is divided by.
  let logNormalizer: Double
  private let binned: BinnedKernelDensity?

  /// What a density is made of, besides the estimator's choices.
  struct Parts {
    var rows, weights, triangle: Tensor
    var scales: Tensor?
    var eventRank: Int
  }

  /// - Throws: `DensityEstimationError` when bounds or a grid ask for too much.
  init(_ parts: Parts, _ estimator: KernelDensityEstimator) throws(DensityEstimationError) {
    let limits = try KernelLimits(estimator.bounds, features: parts.rows.size(1))
    try self.init(parts, estimator, limits)
  }

  init(_ parts: Parts, _ estimator: KernelDensityEstimator, _ limits: KernelLimits) throws(DensityEstimationError) {
    let features = parts.rows.size(1)
    self.estimator = estimator
    self.limits = limits
    (rows, weights, bandwidthTriangle, scales) = (parts.rows, parts.weights, parts.triangle, parts.scales)
    eventShape = parts.eventRank == 0 ? [] : [features]
    images = try KernelImages(parts, limits: limits, reach: estimator.kernel.reach)
    sums = KernelRows(
      points: images.points, logCoefficients: images.logWeights - Double(features) * images.logScales,
      scales: images.scales, profile: estimator.kernel.profile, isProduct: estimator.form == .product)
    logNormalizer =
      estimator.kernel.logMass(estimator.form, features: features) + parts.triangle.diagonal().log().sum().item()
    guard case .fft(let step) = estimator.evaluation else {
      binned = nil
      return
    }
    binned = try BinnedKernelDensity(
      points: images.points, weights: images.logWeights.exp(), kernel: estimator.kernel, form: estimator.form,
      step: step)
  }

  /// The number of columns.
  public var features: Int { rows.size(1) }

  /// How wide a bump is along each column: the kernel is 1 bandwidth wide. The root of the diagonal of ``bandwidthMatrix``.
  public var bandwidths: [Double] { bandwidthTriangle.squared().sum(-1).squareRoot().doubles() }

  /// The square of the bandwidth, `[features, features]`: the covariance of a bump of the Gaussian kernel.
  public var bandwidthMatrix: Tensor { bandwidthTriangle.matmul(bandwidthTriangle.transposed()) }

  /// There is one.
  public var batchShape: Shape { [] }

  /// All real rows, or those between the bounds. (A kernel that ends leaves places without density there.)
  public var support: Support {
    guard limits.isBounded else { return .real(eventRank: eventShape.rank) }
    func bound(_ values: [Double]) -> Tensor { Tensor(values).reshaped(eventShape) }
    return Support(.interval(lower: bound(limits.lower), upper: bound(limits.upper)), eventRank: eventShape.rank)
  }
}

// MARK: Densities

extension KernelDensity {
  /// The log-density in nats, of the type of `x`; minus infinity beyond the bounds and where no kernel reaches.
  public func logProb(unchecked x: Tensor) -> Tensor {
    if x.requiresGradient { return formulaLogProb(x) }
    let shape = x.shape.droppingTrailing(eventShape.rank)
    let flat = flattened(x)
    let logProb = withoutGradient { logDensity(flat, isWide: x.dtype == .float64) }
    return withEdges(logProb, flat).to(x.dtype, x.device).reshaped(shape)
  }

  /// The log-density by the formula, all pairs at once: what gradients flow through, and the reference of the kernels.
  ///
  /// - Complexity: O(places * rows * features) memory.
  func formulaLogProb(_ x: Tensor) -> Tensor {
    let flat = flattened(x)
    let terms = images.logTerms(at: images.coordinates(flat), estimator.kernel, estimator.form)
    let logProb = withEdges(terms.logSumExp(-1) - logNormalizer, flat)
    return logProb.to(x.dtype, x.device).reshaped(x.shape.droppingTrailing(eventShape.rank))
  }

  /// `[places, features]`, 64-bit, on the processor.
  private func flattened(_ x: Tensor) -> Tensor { x.to(.float64).to(.cpu).reshaped([-1, features]) }

  /// The log-density at places `[places, features]`, without regard to bounds.
  private func logDensity(_ x: Tensor, isWide: Bool) -> Tensor {
    let places = images.coordinates(x)
    let tolerance = estimator.evaluation.tolerance(
      rows: sums.count, features: features, kernel: estimator.kernel)
    func exact(_ places: Tensor) -> Tensor {
      var tolerance = tolerance
      // A tolerance of the density is one of the sums.
      if let absolute = tolerance?.absolute, absolute > 0 { tolerance?.absolute = absolute * exp(logNormalizer) }
      return sums.logSums(at: places, tolerance: tolerance, isWide: isWide)
    }
    return (binned.map { $0.logSums(at: places, otherwise: exact) } ?? exact(places)) - logNormalizer
  }

  /// Minus infinity beyond bounds and at infinity, NaN for NaN.
  private func withEdges(_ logProb: Tensor, _ x: Tensor) -> Tensor {
    var result = logProb
    if limits.isBounded { result = select(limits.contains(x), result, -Double.infinity) }
    guard !x.isFinite().all() else { return result }
    result = select(x.isInfinite().any(-1), -Double.infinity, result)
    return select(x.isNaN().any(-1), Double.nan, result)
  }
}

// MARK: Draws

extension KernelDensity {
  /// A row drawn by its weight, plus a draw of the kernel; reflected at the bounds.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let count = sampleShape.elementCount
      let chosen = KernelDensity.draw(count, weights: weights, using: &rng)
      let noise = noise(count, scales: scales?.selecting(chosen), using: &rng)
      let draws = rows.selecting(chosen) + noise.matmul(bandwidthTriangle.transposed())
      return limits.folding(draws).reshaped(sampleShape + eventShape)
    }
  }

  /// Draws of the kernel, in bandwidths times the scales of their rows.
  func noise(_ count: Int, scales: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    let noise = estimator.kernel.sample(count, estimator.form, features: features, using: &rng)
    return scales.map { noise * $0.unsqueezed(-1) } ?? noise
  }

  /// Positions drawn with probabilities that are proportional to weights.
  static func draw(_ count: Int, weights: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let sums = weights.cumulativeSum(0)
    let levels = Tensor.uniform([count], dtype: .float64, using: &rng) * sums[-1]
    return sums.searchSorted(levels, right: true).clamped(to: Double(weights.size(0) - 1)).to(.int64)
  }
}
