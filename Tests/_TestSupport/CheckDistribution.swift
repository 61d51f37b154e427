public import Probability
public import Testing
public import Torch

/// Checks what every distribution promises: shapes for three sample shapes, finite log-densities of its own draws, draws
/// inside the support, repeatable draws, NaN kept; and, where they are known, moments and entropy of draws.
///
/// Moments are compared within 7 standard errors, which chance exceeds with probability below 1e-11 each.
///
/// - Parameters:
///   - distribution: the distribution.
///   - draws: the number of draws for the moments.
///   - sourceLocation: where a failure is shown.
public func checkDistribution(
  _ distribution: any Distribution, draws: Int = 20_000, sourceLocation: SourceLocation = #_sourceLocation
) {
  let check = DistributionCheck(distribution: distribution, sourceLocation: sourceLocation)
  check.checkShapes()
  check.checkDraws()
  if let distribution = distribution as? any MomentDistribution { check.checkMoments(distribution, draws) }
  if let distribution = distribution as? any EntropyDistribution {
    checkEntropy(distribution, entropy: distribution.entropy, draws: draws, sourceLocation: sourceLocation)
  }
}

private struct DistributionCheck {
  let distribution: any Distribution
  let sourceLocation: SourceLocation

  func checkShapes() {
    var rng = RandomGenerator(seed: 11)
    for sampleShape: Shape in [[], [5], [2, 3]] {
      let x = distribution.sample(sampleShape, using: &rng)
      let batch = sampleShape + distribution.batchShape
      #expect(x.shape == batch + distribution.eventShape, sourceLocation: sourceLocation)
      #expect(distribution.logProb(x).shape == batch, sourceLocation: sourceLocation)
    }
  }

  func checkDraws() {
    var rng = RandomGenerator(seed: 12)
    var same = RandomGenerator(seed: 12)
    var other = RandomGenerator(seed: 13)
    let x = distribution.sample([1000], using: &rng)
    let logProb = distribution.logProb(x)
    #expect(logProb.isFinite().all(), "a draw has no finite log-density", sourceLocation: sourceLocation)
    #expect(!x.requiresGradient, sourceLocation: sourceLocation)
    #expect(distribution.support.contains(x).all(), sourceLocation: sourceLocation)
    #expect(distribution.sample([1000], using: &same).isEqual(to: x), sourceLocation: sourceLocation)
    #expect(!distribution.sample([1000], using: &other).isEqual(to: x), sourceLocation: sourceLocation)
    let missing = x[0] * Double.nan
    #expect(distribution.logProb(missing).isNaN().all(), "NaN is masked", sourceLocation: sourceLocation)
    let each = Tensor.stacking(x[.range(0..<5)].unbound().map { distribution.logProb($0) })
    expectClose(each, logProb[.range(0..<5)], tolerance: 1e-9, "one by one", sourceLocation: sourceLocation)
  }

  func checkMoments(_ distribution: any MomentDistribution, _ draws: Int) {
    var rng = RandomGenerator(seed: 14)
    let x = distribution.sample([draws], using: &rng).to(.float64)
    let (mean, variance) = (distribution.mean.to(.float64), distribution.variance.to(.float64))
    #expect(mean.shape == distribution.batchShape + distribution.eventShape, sourceLocation: sourceLocation)
    #expect(variance.shape == mean.shape, sourceLocation: sourceLocation)
    let root = Double(draws).squareRoot()
    let meanError = (x.mean(0) - mean).absolute() / (variance.squareRoot() / root)
    let squares = (x - mean).squared()
    let varianceError = (squares.mean(0) - variance).absolute() / (squares.standardDeviation(0) / root)
    // Where there is no moment, or an infinite one, draws say nothing about it.
    let isOff = (meanError .>= 7) .& variance.isFinite() .| (varianceError .>= 7) .& variance.isFinite()
    #expect(!isOff.any(), "mean or variance is off by 7 standard errors", sourceLocation: sourceLocation)
  }
}

/// Checks that the mean of minus the log-density of draws is the entropy, within 7 standard errors.
public func checkEntropy(
  _ distribution: any Distribution, entropy: Tensor, draws: Int = 20_000,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  var rng = RandomGenerator(seed: 15)
  let surprise = -distribution.logProb(distribution.sample([draws], using: &rng)).to(.float64)
  let error = surprise.standardDeviation(0) / Double(draws).squareRoot() * 7 + 1e-9
  #expect(entropy.shape == distribution.batchShape, sourceLocation: sourceLocation)
  #expect(((surprise.mean(0) - entropy.to(.float64)).absolute() .<= error).all(), sourceLocation: sourceLocation)
}
