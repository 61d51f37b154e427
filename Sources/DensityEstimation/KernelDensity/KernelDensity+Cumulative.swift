import Foundation
public import Probability
public import Torch

extension KernelDensity: CumulativeDistribution {
  /// The probability of a value at most `x`, element by element.
  ///
  /// - Precondition: there is one column.
  /// - Complexity: O(rows that the kernel reaches) for each element.
  public func cdf(_ x: Tensor) -> Tensor {
    let line = KernelLine(self)
    return withoutGradient { line.cdf(x.to(.float64).to(.cpu).flattened()) }
      .to(x.dtype, x.device).reshaped(x.shape)
  }

  /// The least value of which the ``cdf(_:)`` reaches a probability, element by element: the ends of the support for 0 and
  /// 1, NaN outside [0, 1].
  ///
  /// - Precondition: there is one column.
  /// - Complexity: about ten densities and cdfs, up to sixty.
  public func quantile(_ probability: Tensor) -> Tensor {
    let line = KernelLine(self)
    return withoutGradient { line.quantile(probability.to(.float64).to(.cpu).flattened()) }
      .to(probability.dtype, probability.device).reshaped(probability.shape)
  }
}

/// The points of a density of one column, ascending.
private struct KernelLine {
  private let density: KernelDensity
  private let points, weights, scales: Tensor
  private let low, high: Double
  private let massBelow: Tensor

  init(_ density: KernelDensity) {
    precondition(density.features == 1, "cdf: expected a density of one column, got \(density.features)")
    self.density = density
    let bandwidth = density.bandwidthTriangle.item()
    let center = (density.rows.squeezed(-1) * density.weights).sum()
    let (sorted, order) = density.images.points.squeezed(-1).sorted()
    points = sorted * bandwidth + center
    weights = density.images.logWeights.exp().selecting(order)
    scales = (density.images.scales ?? Tensor.ones(sorted.shape, dtype: .float64)).selecting(order) * bandwidth
    let reaches = scales * density.estimator.kernel.tailReach
    low = max((points - reaches).min().item(), density.limits.lower[0])
    high = min((points + reaches).max().item(), density.limits.upper[0])
    let bound = density.limits.lower[0]
    massBelow =
      bound.isFinite
      ? KernelDistributionFunctions.sums(
        at: Tensor([bound]), points: points, weights: weights, scales: scales,
        profile: density.estimator.kernel.profile)
      : Tensor([0.0])
  }

  func cdf(_ x: Tensor) -> Tensor {
    let sums = KernelDistributionFunctions.sums(
      at: x, points: points, weights: weights, scales: scales, profile: density.estimator.kernel.profile)
    let inside = (sums - massBelow).clamped(from: 0, to: 1)
    let (lower, upper) = (density.limits.lower[0], density.limits.upper[0])
    return select(x .< lower, 0.0, select(x .>= upper, 1.0, inside))
  }

  /// Newton's steps inside a bracket, or its middle. A step goes a little too far, so that both ends of the bracket close in.
  func quantile(_ probability: Tensor) -> Tensor {
    let isPossible = (probability .>= 0) .& (probability .<= 1)
    let wanted = select(isPossible, probability, 0.5)
    var left = Tensor.full(wanted.shape, low, dtype: .float64)
    var right = Tensor.full(wanted.shape, high, dtype: .float64)
    var x = (left + right) * 0.5
    for _ in 0..<100 {
      let surplus = cdf(x) - wanted
      let isReached = surplus .>= 0
      (left, right) = (select(isReached, left, x), select(isReached, x, right))
      let width = right - left
      if (width .<= x.absolute() * 4e-16 + resolution).all() { break }
      let newton = x - surplus * 1.01 / slope(x)
      x = select((newton .> left) .& (newton .< right), newton, left + width * 0.5)
    }
    let inside = select(probability .== 0, end(low, isLower: true), right)
    let result = select(probability .== 1, end(high, isLower: false), inside)
    return select(isPossible, result, Double.nan)
  }

  /// The width below which two places are one.
  private var resolution: Double { scales.min().item() * 1e-15 }

  /// The density.
  private func slope(_ x: Tensor) -> Tensor { density.logProb(x.reshaped(x.shape + density.eventShape)).exp() }

  /// The end of the support; infinite for kernels without an end and columns without a bound.
  private func end(_ value: Double, isLower: Bool) -> Double {
    if density.estimator.kernel.isCompact { return value }
    return isLower ? density.limits.lower[0] : density.limits.upper[0]
  }
}
