public import Torch

/// The monotone map of data: its inverse is their quantile function, interpolated as one of nine definitions says.
///
/// With the default, type 7, the inverse is a polygon through the order statistics, and draws pushed through it have a
/// density that is constant between neighbours; numbers that occur more than once are atoms. Steps have atoms only.
///
///     let map = try EmpiricalQuantileFunction(data)
///     let median = map.inverse(Tensor(0.5))
///     let more = InverseTransform(map).sample([1000], using: &rng)
///
/// - Complexity: O(n log(n)) once, O(log(n)) for each element.
public struct EmpiricalQuantileFunction: MonotoneMap {
  /// How quantiles are read between order statistics.
  public let interpolation: QuantileInterpolation
  /// From the least to the greatest number.
  public let domain: Support
  /// From 0 to 1.
  public let codomain: Support
  private let curve: Polyline
  /// The sum of the weights.
  private let total: Double

  /// The quantile function of data.
  ///
  /// - Parameters:
  ///   - data: numbers, `[n]`, in any order.
  ///   - weights: how often each counts, `[n]`; once when there are none.
  ///   - interpolation: how to read between order statistics.
  /// - Throws: `DistributionError` when there are no data, a number is not finite, or weights are negative, all 0, or too
  ///   small to tell several numbers apart (they count repetitions).
  /// - Precondition: `data` and `weights` are vectors of one length.
  public init(
    _ data: Tensor, weights: Tensor? = nil, interpolation: QuantileInterpolation = .linear
  ) throws(DistributionError) {
    let sorted = try SortedData(data, weights: weights, "EmpiricalQuantileFunction")
    self.interpolation = interpolation
    total = sorted.total
    let points = try EmpiricalQuantileFunction.points(sorted, interpolation)
    curve = Polyline(x: Tensor(points.map(\.x)), y: Tensor(points.map(\.p)))
    domain = interval(sorted.values[0], sorted.values[sorted.values.count - 1])
    codomain = interval(0, 1)
  }

  /// The corners of the curve, of which no coordinate falls.
  private static func points(
    _ data: SortedData, _ interpolation: QuantileInterpolation
  ) throws(DistributionError) -> [(x: Double, p: Double)] {
    let (first, last) = (data.values[0], data.values[data.values.count - 1])
    var points = [(x: first, p: 0.0)]
    if let (alpha, beta) = interpolation.plottingPosition {
      let width = data.total + 1 - alpha - beta
      if data.values.count > 1, width <= 0 || data.total + beta < 1 {
        throw .badWeights(reason: "the weights sum to \(data.total), too little for \(data.values.count) numbers")
      }
      for (index, value) in data.values.enumerated() where width > 0 {
        // The places of the first and of the last repetition; the middle of both below one repetition.
        let (start, end) = (data.totals[index] + 1, data.totals[index + 1])
        let places = end >= start ? [start, end] : [(start + end) / 2]
        points += places.map { (value, min(max(($0 - alpha) / width, 0), 1)) }
      }
    } else {
      let shift = interpolation == .closestObservation ? 0.5 : 0
      for (index, value) in data.values.enumerated() {
        let ends = [data.totals[index], data.totals[index + 1]].map { min(($0 + shift) / data.total, 1) }
        points += [(value, index == 0 ? 0 : ends[0]), (value, index == data.values.count - 1 ? 1 : ends[1])]
      }
    }
    points.append((last, 1))
    // Points that repeat the one before would be lines without a slope.
    return points.indices.filter { $0 == 0 || points[$0] != points[$0 - 1] }.map { points[$0] }
  }

  /// The greatest probability whose quantile is at most x, in 64 bits: the share of the data up to x, interpolated.
  public func forward(_ x: Tensor) -> Tensor { curve.value(at: x) }

  /// The share of the data below x, interpolated.
  public func leftLimit(_ x: Tensor) -> Tensor { curve.leftLimit(at: x) }

  /// The quantile of a probability, in 64 bits; NaN outside [0, 1].
  public func inverse(_ z: Tensor) -> Tensor {
    let value = curve.inverse(at: z)
    switch interpolation {
    case .averagedInvertedCDF: return ((value + curve.inverseFromRight(at: z)) * 0.5).defined(for: z)
    case .closestObservation:
      // On a step's end, half way between two observations, the one of even number.
      let isOdd = (z.to(.float64) * total - 0.5).rounded().remainder(2.0) .== 1
      return select(isOdd, curve.inverseFromRight(at: z), value).defined(for: z)
    default: return value.defined(for: z)
    }
  }

  /// The logarithm of the density: of the share of the data per unit between neighbours, minus infinity elsewhere.
  public func logDerivative(_ x: Tensor) -> Tensor { curve.slope(at: x).log() }
}
