import Foundation
import NeuralNetworks
import Testing
import Torch
import _TestSupport

@testable import Autoencoders

@Suite struct DecodedRowsTests {
  private static func output(_ likelihood: DecoderLikelihood, _ rng: inout RandomGenerator) -> Tensor {
    Tensor.normal([2, likelihood.outputsPerFeature], dtype: .float64, using: &rng)
  }

  /// Probabilities of the values of one column sum to 1, and draws have them.
  @Test(arguments: [DecoderLikelihood.bernoulli, .discretizedLogistic(levels: 6), .categorical(levels: 4)])
  func probabilitiesSumToOneAndDrawsHaveThem(likelihood: DecoderLikelihood) {
    var rng = RandomGenerator(seed: 1)
    let rows = DecodedRows(likelihood, features: 1)
    let output = Self.output(likelihood, &rng), levels = likelihood.levels ?? 2
    let values = Tensor.range(levels).to(.float64).reshaped([levels, 1, 1]).broadcasted(to: [levels, 2, 1])
    let probabilities = rows.logProb(values, given: output.broadcasted(to: [levels, 2, output.size(1)])).exp()
    expectClose(probabilities.sum(0), Tensor([1.0, 1.0]), tolerance: 1e-12)

    let count = 100_000
    let draws = rows.sample(given: output.broadcasted(to: [count, 2, output.size(1)]), using: &rng)
    let found = (draws.squeezed(-1).unsqueezed(0) .== values.squeezed(-1).unsqueezed(1) / Double(levels - 1))
      .to(.float64).mean(1)
    // Six standard errors for at most twelve figures: fails with probability below 1e-7.
    let error = (probabilities * (1 - probabilities) / Double(count)).squareRoot() * 6 + 1e-9
    #expect(((found - probabilities).absolute() .<= error).all())
  }

  @Test(arguments: [
    DecoderLikelihood.gaussian(standardDeviation: 0.3), .sharedGaussian, .columnGaussian, .decodedGaussian,
  ])
  func densitiesIntegrateToOneAndDrawsHaveThem(likelihood: DecoderLikelihood) {
    var rng = RandomGenerator(seed: 2)
    let rows = DecodedRows(likelihood, features: 1)
    rows.convert(to: .float64)
    let output = Self.output(likelihood, &rng), count = 20_001
    let grid = Tensor.linear(from: -40, to: 40, count: count, dtype: .float64).reshaped([count, 1, 1]).broadcasted(to: [
      count, 2, 1,
    ])
    let density = rows.logProb(grid, given: output.broadcasted(to: [count, 2, output.size(1)])).exp()
    expectClose(density.sum(0) * (80.0 / Double(count - 1)), Tensor([1.0, 1.0]), tolerance: 1e-9)

    let draws = rows.sample(given: output.broadcasted(to: [100_000, 2, output.size(1)]), using: &rng).squeezed(-1)
    let second = (density * grid.squeezed(-1).squared()).sum(0) * (80.0 / Double(count - 1))
    let spread = (second - rows.mean(of: output).squeezed(-1).squared()).squareRoot()
    #expect(((draws.mean(0) - rows.mean(of: output).squeezed(-1)).absolute() .<= spread * 6 / 316).all())
    #expect(((draws.standardDeviation(0) / spread - 1).absolute() .< 0.02).all())
  }

  /// The mass between neighbouring middles against differences of the distribution function, far out too.
  @Test func massOfTheLogisticDistributionDoesNotCancel() {
    let rows = DecodedRows(.discretizedLogistic(levels: 256), features: 1)
    // A mean of 1/2, and a standard deviation of exp(7 tanh(-3/7)).
    let output = Tensor(rows: [[0.0, -3.0]]), scale = exp(7 * tanh(-3.0 / 7))
    for level in [0.0, 3, 127, 128, 200, 254, 255] {
      func cumulative(_ place: Double) -> Double { 1 / (1 + exp(-(place / 255 - 0.5) / scale)) }
      let lower = level == 0 ? 0 : cumulative(level - 0.5), upper = level == 255 ? 1 : cumulative(level + 0.5)
      let found: Double = rows.logProb(Tensor(rows: [[level]]), given: output).item()
      #expect(abs(found - log(upper - lower)) < 1e-9, "level \(level)")
    }
    let far: Double = rows.logProb(Tensor(rows: [[254.0]]), given: Tensor(rows: [[-40.0, -6.9]])).item()
    #expect(far.isFinite && far < -100)
  }

  /// The closed form against the mean of log-densities.
  @Test func divergenceAgreesWithDraws() {
    var rng = RandomGenerator(seed: 4)
    let posterior = DiagonalGaussianPosterior(codeFeatures: 3)
    let encoded = Tensor.normal([2, 6], dtype: .float64, using: &rng)
    let noise = Tensor.normal([200_000, 2, 3], dtype: .float64, using: &rng)
    let (codes, logProb) = posterior.codes(from: noise, given: encoded)
    let logPrior = (codes.squared() * -0.5).sum(-1) - 1.5 * log(2 * Double.pi)
    let differences = logProb - logPrior
    let error = differences.standardDeviation(0) / 200_000.0.squareRoot()
    let exact = posterior.divergenceFromStandardNormal(given: encoded)?.sum(-1) ?? differences.mean(0) * 0
    #expect(((differences.mean(0) - exact).absolute() .< error * 6).all())
  }
}
