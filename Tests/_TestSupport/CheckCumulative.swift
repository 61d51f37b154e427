public import Probability
public import Testing
import Torch

/// Checks what every distribution with a distribution function promises: the cdf, its complement and their logarithms
/// agree, quantiles are their generalized inverse, the cdf is the sum or the integral of the probabilities, draws have
/// this cdf, and NaN is kept.
///
/// Draws pass the test of Kolmogorov and Smirnov, which chance fails with probability below 1e-6 for each element of the
/// batch.
///
/// - Parameters:
///   - distribution: numbers (events of rank 0) in 64 bits.
///   - isDiscrete: whether events are whole numbers; a discrete distribution's draws are smoothed by uniform noise.
///   - draws: the number of draws.
///   - sourceLocation: where a failure is shown.
public func checkCumulative(
  _ distribution: any CumulativeDistribution, isDiscrete: Bool, draws: Int = 4000,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let check = CumulativeCheck(
    distribution: distribution, isDiscrete: isDiscrete, draws: draws, sourceLocation: sourceLocation)
  check.checkAgreement()
  check.checkQuantiles()
  if isDiscrete { check.checkSums() } else { check.checkIntegral() }
  check.checkDraws()
}

private struct CumulativeCheck {
  let distribution: any CumulativeDistribution
  let isDiscrete: Bool
  let draws: Int
  let sourceLocation: SourceLocation

  func expect(_ actual: Tensor, _ expected: Tensor, tolerance: Double, _ what: String) {
    expectClose(
      actual, expected, tolerance: tolerance, "\(type(of: distribution)), \(what):", sourceLocation: sourceLocation)
  }

  func expect(_ condition: Bool, _ what: String) {
    if !condition { Issue.record("\(type(of: distribution)): \(what)", sourceLocation: sourceLocation) }
  }

  /// Quantiles at probabilities from 0.001 to 0.999, `[99, *batch]`.
  var grid: (probability: Tensor, x: Tensor) {
    let p = Tensor.linear(from: 0.001, to: 0.999, count: 99, dtype: .float64)
    let column = p.reshaped([99] + Shape(Array(repeating: 1, count: distribution.batchShape.rank)))
    let probability = column.broadcasted(to: [99] + distribution.batchShape)
    return (probability, distribution.quantile(probability))
  }

  func checkAgreement() {
    let x = grid.x
    let (cdf, survival) = (distribution.cdf(x), distribution.survival(x))
    expect(x.shape == cdf.shape && x.isFinite().all(), "quantiles are not finite, or not of the batch's shape")
    expect(cdf + survival, Tensor.ones(like: cdf), tolerance: 1e-12, "cdf + survival")
    expect(distribution.logCDF(x).exp(), cdf, tolerance: 1e-12, "logCDF")
    // Where the tail is 0 its logarithm is minus infinity.
    expect(distribution.logSurvival(x).exp(), survival, tolerance: 1e-12, "logSurvival")
    let falls = cdf[.slice(to: 98)] - cdf[.slice(from: 1)]
    expect(falls.max().item() <= 1e-15, "the cdf falls")
    let missing = x[0] * Double.nan
    for function in [distribution.cdf, distribution.logCDF, distribution.survival, distribution.logSurvival] {
      expect(function(missing).isNaN().all(), "NaN is masked")
    }
    expect(distribution.quantile(missing).isNaN().all(), "the quantile of NaN is a number")
    expect(distribution.survivalQuantile(missing).isNaN().all(), "the survival quantile of NaN is a number")
    expect(
      distribution.quantile(missing.isNaN().to(.float64) * 1.5).isNaN().all(), "a probability of 1.5 has a quantile")
    expect(distribution.quantile(missing.isNaN().to(.float64) * -0.5).isNaN().all(), "a probability of -0.5 has one")
    let far = Tensor.full(x.shape, Double.infinity, dtype: .float64)
    expect((distribution.cdf(far) .== 1).all() && (distribution.survival(far) .== 0).all(), "the cdf at infinity")
    expect((distribution.cdf(-far) .== 0).all() && (distribution.survival(-far) .== 1).all(), "... at minus infinity")
    expect((distribution.logCDF(-far) .== -Double.infinity).all(), "logCDF at minus infinity")
    expect((distribution.logSurvival(far) .== -Double.infinity).all(), "logSurvival at infinity")
  }

  func checkQuantiles() {
    let (probability, x) = grid
    guard isDiscrete else {
      expect(distribution.cdf(x), probability, tolerance: 1e-12, "cdf of quantiles")
      let above = distribution.survivalQuantile(probability)
      return expect(distribution.survival(above), probability, tolerance: 1e-12, "survival of its quantiles")
    }
    expect((distribution.cdf(x) .>= probability).all(), "a quantile is too small")
    expect((distribution.cdf(x - 1.0) .< probability).all(), "a quantile is too large")
    expect((distribution.quantile(distribution.cdf(x)) .== x).all(), "the quantile of the cdf is another count")
  }

  /// The mass between neighbouring quantiles against the integral of the density, by three-point Gauss quadrature in 8
  /// parts; the ends, where a density may be infinite, are left to the reference values.
  func checkIntegral() {
    let x = grid.x[.slice(from: 8, to: 91)]
    let count = x.size(0)
    let (start, end) = (x[.slice(to: count - 1)], x[.slice(from: 1)])
    let width = (end - start) / 8.0
    var integral = Tensor.zeros(like: start)
    for part in 0..<8 {
      for (node, weight) in [(-0.6.squareRoot(), 5.0 / 18), (0.0, 8.0 / 18), (0.6.squareRoot(), 5.0 / 18)] {
        let point = start + width * (Double(part) + 0.5 + node / 2)
        integral = integral + distribution.logProb(point).exp() * width * weight
      }
    }
    expect(integral, distribution.cdf(end) - distribution.cdf(start), tolerance: 1e-9, "integral of the density")
  }

  /// The cdf at counts around the median against sums of probabilities.
  func checkSums() {
    let zero = Tensor.zeros(distribution.batchShape, dtype: .float64)
    let last = grid.x.max().integerItem()
    let counts = Tensor.range(min(last + 2, 300), dtype: .float64)
    let column = counts.reshaped([counts.size(0)] + Shape(Array(repeating: 1, count: zero.rank))) + zero
    let sums = distribution.logProb(column).exp().cumulativeSum(0)
    expect(distribution.cdf(column), sums, tolerance: 1e-12, "sums of probabilities")
    expect(distribution.cdf(column + 0.7), sums, tolerance: 1e-12, "the cdf between whole numbers")
    expect((distribution.logProb(column + 0.5) .== -Double.infinity).all(), "half a count has a probability")
    expect((distribution.logProb(column - 1000.0) .== -Double.infinity).all(), "a negative count has one")
  }

  func checkDraws() {
    var rng = RandomGenerator(seed: 31)
    let x = distribution.sample([draws], using: &rng).to(.float64)
    var uniform = distribution.cdf(x)
    if isDiscrete {
      let noise = Tensor.uniform(x.shape, dtype: .float64, using: &rng)
      uniform = uniform - noise * distribution.logProb(x).exp()
    }
    let sorted = uniform.reshaped([draws, -1]).sorted(0).values
    let steps = Tensor.linear(from: 0, to: 1, count: draws + 1, dtype: .float64).unsqueezed(-1)
    let above = (steps[.slice(from: 1)] - sorted).max().item()
    let below = (sorted - steps[.slice(to: draws)]).max().item()
    // Chance exceeds 2.7 / sqrt(n) with probability 2 exp(-2 * 2.7^2), below 1e-6.
    let distance = max(above, below) * Double(draws).squareRoot()
    expect(distance < 2.7, "draws do not follow the cdf: the distance of Kolmogorov and Smirnov is \(distance)")
  }
}
