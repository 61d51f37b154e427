import Foundation
public import Torch

/// Independent normal numbers under the condition that they lie between two bounds.
///
/// Everything is accurate far in the tails (bounds 10^5 standard deviations from the location) and for bounds that are
/// close to each other. Gradients flow to all four parameters, through draws too, by implicit differentiation.
///
/// - Shapes: the parameters broadcast to `[*batch, *event]`, of which the last `eventRank` are the event. Bounds belong to
///   the support, and may be infinite.
public struct TruncatedNormal: ReparameterizedDistribution, MomentDistribution, EntropyDistribution,
  CumulativeDistribution
{
  /// The mean before truncation, `[*batch, *event]`.
  public let location: Tensor
  /// The standard deviation before truncation, `[*batch, *event]`.
  public let scale: Tensor
  /// The least value, `[*batch, *event]`.
  public let lower: Tensor
  /// The greatest value, `[*batch, *event]`.
  public let upper: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// The shape of one draw.
  public let eventShape: Shape
  /// The bounds in standard deviations from the location, and the normal mass between them.
  private let start, end: Tensor
  private let mass: NormalMass

  /// Normal numbers of a mean and a standard deviation, between two bounds.
  ///
  /// - Precondition: the shapes broadcast, no scale is 0 or negative, and each upper bound is above its lower bound.
  public init(location: Tensor, scale: Tensor, lower: Tensor, upper: Tensor, eventRank: Int = 0) {
    let parameters = BroadcastParameters(
      "TruncatedNormal", [location, scale, lower, upper], eventRank: eventRank)
    precondition(scale.isPositive, "TruncatedNormal: expected positive scales")
    precondition(!(upper .<= lower).any(), "TruncatedNormal: expected upper bounds above lower bounds")
    (self.location, self.scale) = (parameters.values[0], parameters.values[1])
    (self.lower, self.upper) = (parameters.values[2], parameters.values[3])
    (batchShape, eventShape) = (parameters.batchShape, parameters.eventShape)
    // In 64 bits, whatever the parameters' type: far bounds overflow in 32.
    let (origin, unit) = (self.location.to(.float64), self.scale.to(.float64))
    start = (self.lower - origin) / unit
    end = (self.upper - origin) / unit
    mass = NormalMass(from: start, to: end)
  }

  /// The numbers between the bounds.
  public var support: Support { Support(.interval(lower: lower, upper: upper), eventRank: eventShape.rank) }

  /// The mean, by quadrature.
  public var mean: Tensor {
    let moments = TruncatedMoments(from: start, to: end)
    return (location + scale * (moments.origin + moments.offset)).to(scale.dtype)
  }

  /// The variance, by quadrature.
  public var variance: Tensor {
    (scale.squared() * TruncatedMoments(from: start, to: end).variance).to(scale.dtype)
  }

  /// The entropy of each event in nats, `[*batch]`.
  public var entropy: Tensor {
    let each = mass.logRatio + scale.log() + TruncatedMoments(from: start, to: end).meanExponent
    return each.sumTrailing(eventShape.rank).to(scale.dtype)
  }

  /// The log-density in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    logDensity(x).sumTrailing(eventShape.rank).to(resultType(x))
  }

  private func logDensity(_ x: Tensor) -> Tensor {
    let points = SafePoints(x, isOutside: (x .< lower) .| (x .> upper), inside: inside)
    let distance = standardized(points.values).absolute()
    let each = (mass.anchor - distance) * (mass.anchor + distance) * 0.5 - mass.logRatio - scale.log()
    return points.logProb(each)
  }

  /// Draws by inverse transform sampling, with gradients by implicit differentiation of the cdf.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let shape = sampleShape + batchShape + eventShape
    let noise = Tensor.openUniform(shape, device: scale.device, using: &rng)
    let draws = withoutGradient { quantile(noise) }
    let parameters = [location, scale, lower, upper]
    guard parameters.contains(where: \.requiresGradient) else { return draws.to(scale.dtype) }
    // Figurnov, Mohamed, Mnih, *Implicit reparameterization gradients*, 2018: dx = -dF / p(x) at fixed x.
    let probability = cdf(draws)
    let slope = withoutGradient { (-logDensity(draws)).exp() }
    return (draws - (probability - probability.detached()) * slope).to(scale.dtype)
  }

  /// The probability of a value at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { logShares(x).below.exp().to(resultType(x)) }

  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { logShares(x).above.exp().to(resultType(x)) }

  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor { logShares(x).below.to(resultType(x)) }

  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { logShares(x).above.to(resultType(x)) }

  /// The value below which a probability lies, outside the gradient graph.
  public func quantile(_ probability: Tensor) -> Tensor {
    withoutGradient {
      let p = probability.to(.float64)
      let z = SpecialFunctions.truncatedNormalQuantile(lower: start, upper: end, p)
      let x = (location + scale * z).clamped(from: lower.to(.float64), to: upper.to(.float64))
      // The bounds themselves, not what is left of them after standardization.
      let exact = select(p .<= 0, lower.to(.float64), select(p .>= 1, upper.to(.float64), x))
      return select(z.isNaN(), Double.nan, exact).to(resultType(probability))
    }
  }

  /// The parameters' type, or 64-bit numbers for 64-bit arguments.
  private func resultType(_ argument: Tensor) -> DType { argument.dtype == .float64 ? .float64 : scale.dtype }

  /// A point of the support, for formulas at points outside of it.
  private var inside: Tensor { location.clamped(from: lower, to: upper) }

  private func standardized(_ x: Tensor) -> Tensor { (x.to(.float64) - location) / scale }

  /// The logarithms of the shares of the mass below and above x; the larger one is taken from the smaller.
  private func logShares(_ x: Tensor) -> (below: Tensor, above: Tensor) {
    let z = standardized(x)
    let isInside = (x .> lower) .& (x .< upper)
    let safe = select(isInside, z, standardized(inside))
    let below = NormalMass(from: start, to: safe).logQuotient(over: mass)
    let above = NormalMass(from: safe, to: end).logQuotient(over: mass)
    let isLow = below .< above
    let smaller = select(isLow, below, above)
    let larger = (-smaller.exp()).logOnePlus()
    let isBelow = x .<= lower, isAbove = x .>= upper
    // NaN is neither inside nor below nor above.
    func pick(_ share: Tensor, _ low: Double, _ high: Double) -> Tensor {
      select(isBelow, low, select(isAbove, high, select(isInside, share, z)))
    }
    return (
      pick(select(isLow, smaller, larger), -.infinity, 0), pick(select(isLow, larger, smaller), 0, -.infinity)
    )
  }
}

/// Moments of the standard normal between two bounds, measured from its densest point so that nothing cancels.
private struct TruncatedMoments {
  /// The densest point.
  let origin: Tensor
  /// The mean minus the densest point.
  let offset: Tensor
  let variance: Tensor
  /// The mean of (t^2 - origin^2) / 2.
  let meanExponent: Tensor

  init(from a: Tensor, to b: Tensor) {
    let origin = Tensor.zeros(like: a).clamped(from: a, to: b)
    // Beyond, the density has fallen to exp(-50) of its greatest value.
    let reach = 100.0 / ((origin.squared() + 100.0).squareRoot() + origin.absolute())
    let (low, high) = (maximum(a - origin, -reach), minimum(b - origin, reach))
    func mean(_ f: (Tensor) -> Tensor) -> Tensor {
      GaussLegendre.thirty.integral(from: low, to: high, panels: 4) { s in
        f(s) * (-TruncatedMoments.exponent(s, origin)).exp()
      }
    }
    let total = mean { Tensor.ones(like: $0) }
    let offset = mean { $0 } / total
    self.origin = origin
    self.offset = offset
    variance = mean { ($0 - offset.unsqueezed(-1)).squared() } / total
    meanExponent = mean { TruncatedMoments.exponent($0, origin) } / total
  }

  private static func exponent(_ s: Tensor, _ origin: Tensor) -> Tensor {
    s * (s * 0.5 + origin.unsqueezed(-1))
  }
}
