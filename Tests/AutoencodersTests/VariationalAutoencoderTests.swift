import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

@testable import Autoencoders

@Suite struct VariationalAutoencoderTests {
  /// Rows of five columns that two hidden numbers and noise make.
  private static func linearRows(_ count: Int, noise: Double) -> Tensor {
    var rng = RandomGenerator(seed: 3)
    let weight = Tensor.normal([2, 5], using: &rng) * Tensor(rows: [[2.0], [1.0]]).to(.float32)
    return Tensor.normal([count, 2], using: &rng).matmul(weight) + Tensor.normal([count, 5], using: &rng) * noise + 1
  }

  private static func train(
    _ model: VariationalAutoencoder, on rows: Tensor, epochs: Int, batchSize: Int = 250, learningRate: Double = 1e-2
  ) throws {
    model.fitScaling(to: rows)
    try AutoencodersTests.train(model, on: rows, epochs: epochs, batchSize: batchSize, learningRate: learningRate) {
      model.loss($0, given: nil, $1)
    }
  }

  /// Tipping, Bishop, *Probabilistic principal component analysis*, 1999, equations 8 and 9: the largest log-likelihood of
  /// a row is -(D log 2 pi + sum of the kept log eigenvalues + (D - q) log sigma^2 + D) / 2.
  @Test func reachesProbabilisticPrincipalComponents() throws {
    let rows = Self.linearRows(1000, noise: 1.5)
    var rng = RandomGenerator(seed: 0)
    let model = try VariationalAutoencoder(
      .init(
        features: 5, codeFeatures: 2, network: .multilayerPerceptron(hiddenFeatures: []), scaling: .unchanged,
        likelihood: .sharedGaussian), using: &rng)
    try Self.train(model, on: rows, epochs: 5000, batchSize: 1000, learningRate: 3e-2)

    let wide = rows.to(.float64)
    let centered = wide - wide.mean(0)
    let eigenvalues = try (centered.transposed().matmul(centered) / 1000).symmetricEigen().values.doubles()
    let noise = eigenvalues[0..<3].reduce(0, +) / 3
    let logs = eigenvalues[3...].reduce(0) { $0 + log($1) } + 3 * log(noise)
    let best = -0.5 * (5 * log(2 * Double.pi) + logs + 5)

    let found = model.evidence(of: rows, samples: 100)
    let mean: Double = found.logProb.mean().item()
    #expect(abs(mean - best) < 0.01, "log p is \(mean), the optimum \(best)")
    #expect(abs(found.lowerBound.mean().item() as Double - best) < 0.01)
    // The ratio q(Z) p(X | Z) / p(Z | X) is constant where the encoder inverts the decoder.
    #expect((found.spread.mean().item() as Double) < 0.1)
    let scale = exp(model.decoded.logScale.map { ($0.value / 7).tanh().item() * 7 } ?? 0)
    #expect(abs(scale * scale / noise - 1) < 0.02, "the variance is \(scale * scale), the noise's \(noise)")
  }

  /// Densities of a model with one code number against quadrature over the code.
  @Test(arguments: [
    DecoderLikelihood.columnGaussian, .decodedGaussian, .bernoulli, .discretizedLogistic(levels: 5),
    .categorical(levels: 3),
  ])
  func estimatesDensitiesByImportanceSampling(likelihood: DecoderLikelihood) throws {
    var rng = RandomGenerator(seed: 5)
    let model = try VariationalAutoencoder(
      .init(features: 3, codeFeatures: 1, network: .multilayerPerceptron(hiddenFeatures: [8]), likelihood: likelihood),
      using: &rng)
    let levels = likelihood.levels ?? 2
    let rows =
      likelihood.isDiscrete
      ? Tensor.integers(in: 0..<levels, [40, 3], using: &rng).to(.float32)
      : Tensor.normal([40, 3], using: &rng) * 2 + 1
    model.fitScaling(to: rows, within: likelihood.isDiscrete ? 0...Double(levels - 1) : nil)

    let grid = Tensor.linear(from: -9, to: 9, count: 4001)
    let target = model.decoded.target(model.scaling.forward(rows), uniform: Tensor.full([40, 3], 0.5))
    let output = model.output(grid.unsqueezed(1).unsqueezed(1).broadcasted(to: [4001, 40, 1]), given: nil, .inference)
    let terms =
      model.decoded.logProb(target, given: output) + StandardNormal([1]).logProb(grid.unsqueezed(1)).unsqueezed(1)
    let exact =
      terms.to(.float64).logSumExp(0) + log(18.0 / 4000)
      + (model.logVolume?.to(.float64) ?? Tensor.zeros([], dtype: .float64))

    let found = model.evidence(of: rows, samples: 20_000)
    // Six standard errors: of 40 rows one fails with probability below 1e-7.
    let distance = (found.logProb - exact).absolute() / (found.standardError + 1e-5)
    #expect((distance.max().item() as Double) < 6)
    #expect((found.lowerBound .<= exact + 0.01).all())
    #expect((found.effectiveSampleSize .<= 20_000.1).all())
  }

  @Test func tightensWithTheNumberOfCodes() throws {
    var rng = RandomGenerator(seed: 6)
    let model = try VariationalAutoencoder(
      .init(features: 4, codeFeatures: 2, network: .multilayerPerceptron(hiddenFeatures: [16])), using: &rng)
    let rows = Self.linearRows(400, noise: 0.3).narrowed(1, from: 0, length: 4)
    try Self.train(model, on: rows, epochs: 20)
    let means = [1, 8, 64].map { model.evidence(of: rows, samples: $0).logProb.mean().item() as Double }
    #expect(means[0] < means[1] && means[1] < means[2], "\(means)")
  }

  @Test func agreesWithItselfWhateverRowsStandBeside() throws {
    var rng = RandomGenerator(seed: 7)
    let model = try VariationalAutoencoder(.init(features: 5), using: &rng)
    let rows = Self.linearRows(30, noise: 0.3)
    model.fitScaling(to: rows)
    let all = model.evidence(of: rows, samples: 7, seed: 4).logProb
    let some = model.evidence(of: rows.narrowed(0, from: 11, length: 5), samples: 7, seed: 4).logProb
    expectClose(some, all.narrowed(0, from: 11, length: 5), tolerance: 1e-5)
    #expect(all.doubles() != model.evidence(of: rows, samples: 7, seed: 5).logProb.doubles())
  }

  /// Equal seeds would give rows equal codes, and the mean of their figures an error of its own.
  @Test func rowsHaveSeedsOfTheirOwn() {
    var rng = RandomGenerator(seed: 12)
    for rows in [
      Tensor.integers(in: 0..<2, [5000, 64], using: &rng), Tensor.integers(in: 0..<16, [5000, 20], using: &rng),
    ] {
      #expect(Set(rows.to(.float32).rowSeeds(0)).count == 5000)
      #expect(rows.rowSeeds(0) != rows.rowSeeds(1))
    }
  }

  @Test func lossIsMinusTheLowerBound() throws {
    var rng = RandomGenerator(seed: 8)
    let model = try VariationalAutoencoder(.init(features: 5, codeFeatures: 2), using: &rng)
    let rows = Self.linearRows(50, noise: 0.3)
    model.fitScaling(to: rows)
    let many = rows.tiled([400, 1])
    let loss: Double = model.loss(many, given: nil, LayerContext(training: rng)).item()
    let bound = model.evidence(of: rows, samples: 400).lowerBound
    #expect(abs(loss + (bound.mean().item() as Double)) < 0.02, "\(loss), \(bound.mean().item() as Double)")
  }

  @Test func weighsTheDivergenceByBetaAndFreeNats() throws {
    func loss(beta: Double = 1, warmUpSteps: Int = 0, freeNats: Double = 0, step: Int = 0) throws -> Double {
      var rng = RandomGenerator(seed: 9)
      let model = try VariationalAutoencoder(
        .init(features: 5, codeFeatures: 2, beta: beta, warmUpSteps: warmUpSteps, freeNats: freeNats), using: &rng)
      let rows = Self.linearRows(50, noise: 0.3)
      model.fitScaling(to: rows)
      return model.loss(rows, given: nil, LayerContext(training: rng, step: step)).item()
    }
    let (none, one) = (try loss(beta: 0), try loss(beta: 1))
    #expect(abs(try loss(beta: 3) - (none + 3 * (one - none))) < 1e-4)
    #expect(abs(try loss(warmUpSteps: 10, step: 5) - (none + 0.5 * (one - none))) < 1e-4)
    #expect(abs(try loss(warmUpSteps: 10, step: 20) - one) < 1e-5)
    // Above what the divergence is, each of the two numbers costs what it has for free.
    #expect(abs(try loss(freeNats: 5) - (none + 10)) < 1e-4)
  }

  @Test func saysThatCodesCollapsed() throws {
    var rng = RandomGenerator(seed: 10)
    let rows = Tensor.normal([500, 3], using: &rng)
    let model = try VariationalAutoencoder(
      .init(features: 3, codeFeatures: 2, network: .multilayerPerceptron(hiddenFeatures: [8]), beta: 30), using: &rng)
    try Self.train(model, on: rows, epochs: 200)
    let statistics = model.codeStatistics(of: rows, using: &rng)
    #expect(statistics.active.isEmpty, "\(statistics)")
    #expect(statistics.advice?.contains("collapsed") == true)

    let structured = Self.linearRows(500, noise: 0.2)
    let used = try VariationalAutoencoder(
      .init(features: 5, codeFeatures: 2, network: .multilayerPerceptron(hiddenFeatures: [8])), using: &rng)
    try Self.train(used, on: structured, epochs: 500)
    let kept = used.codeStatistics(of: structured, using: &rng)
    #expect(kept.active.count == 2 && kept.advice == nil, "\(kept)")
    #expect(abs((kept.divergences?.reduce(0, +) ?? 0) - kept.divergence) < 0.5)
  }

  @Test func learnsAMixturePrior() throws {
    var rng = RandomGenerator(seed: 11)
    let prior = MixturePrior(codeFeatures: 2, components: 3, using: &rng)
    let mixture = prior.distribution
    let draws = mixture.sample([20_000], using: &rng)
    // The mean of p(x) / q(x) over draws of a wide normal q is 1.
    let wide = Tensor.normal([200_000, 2], using: &rng) * 3
    let logs = mixture.logProb(wide) - (StandardNormal([2]).logProb(wide / 3) - 2 * log(3.0))
    let weights = ImportanceWeights(logWeights: logs.doubles())
    #expect(abs(weights.logMean.value) < 6 * weights.logMean.standardError)
    #expect(draws.shape == [20_000, 2])
    let slopes = gradients(
      of: mixture.logProb(draws).mean(), withRespectTo: prior.namedParameters.map(\.parameter.value))
    #expect(slopes.allSatisfy { ($0 .!= 0).any() })
  }

  @Test func refusesSettingsThatMakeNoSense() {
    func expectError(_ change: (inout VariationalAutoencoder.Configuration) -> Void, _ field: String) {
      var configuration = VariationalAutoencoder.Configuration(features: 4)
      change(&configuration)
      do {
        try configuration.validate()
        Issue.record("\(field) was let through")
      } catch {
        #expect("\(error)".contains(field), "\(error)")
      }
    }
    expectError({ $0.codeFeatures = 0 }, "codeFeatures")
    expectError({ $0.beta = .nan }, "beta")
    expectError({ ($0.trainingSamples, $0.warmUpSteps) = (5, 10) }, "warmUpSteps")
    expectError({ ($0.prior, $0.freeNats) = (.mixture(components: 2), 1) }, "freeNats")
    expectError({ $0.network = .convolutional(channels: [8, 8, 8]) }, "convolutions")
    expectError({ ($0.features, $0.network) = (5, .convolutional(channels: [8])) }, "height")
    expectError({ ($0.likelihood, $0.scaling) = (.bernoulli, .standardize) }, "scaling")
    expectError({ $0.likelihood = .categorical(levels: 1) }, "levels")
  }
}
