import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

@testable import Autoencoders

@Suite struct AutoencoderTests {
  private static func train(
    _ model: Autoencoder, on rows: Tensor, epochs: Int, batchSize: Int = 250, learningRate: Double = 1e-2
  ) throws {
    model.fitScaling(to: rows)
    try AutoencodersTests.train(
      model, on: rows, epochs: epochs, batchSize: batchSize, learningRate: learningRate, loss: model.loss)
    model.fitCodes(to: rows)
  }

  /// A linear autoencoder of squared differences keeps the principal components (Bourlard, Kamp 1988).
  @Test func linearOneKeepsPrincipalComponents() throws {
    var rng = RandomGenerator(seed: 2)
    let rows =
      Tensor.normal([500, 2], using: &rng).matmul(Tensor.normal([2, 5], using: &rng)) + Tensor.normal(
        [500, 5], using: &rng) * 0.3
    let model = try Autoencoder(
      .init(features: 5, codeFeatures: 2, network: .multilayerPerceptron(hiddenFeatures: []), scaling: .unchanged),
      using: &rng)
    try Self.train(model, on: rows, epochs: 1000, learningRate: 2e-2)
    let centered = rows.to(.float64) - rows.to(.float64).mean(0)
    let lost = try (centered.transposed().matmul(centered) / 500).symmetricEigen().values.doubles()[0..<3].reduce(0, +)
    let found: Double = (model.decode(model.encode(rows)) - rows).squared().sum(1).mean().item()
    #expect(abs(found / lost - 1) < 0.01, "\(found), the smallest \(lost)")

    let draws = model.decode(model.sampleCodes(50_000, using: &rng)).to(.float64)
    let spread = draws.standardDeviation(0) / rows.to(.float64).standardDeviation(0)
    #expect(((spread - 1).absolute() .< 0.1).all(), "\(spread.doubles())")
  }

  /// The residual of a denoiser against the gradient of the smoothed density, which is in closed form.
  @Test func residualOfADenoiserIsTheScore() throws {
    var rng = RandomGenerator(seed: 3)
    let means = Tensor(rows: [[-2.0, 0.0], [2.0, 0.0], [0.0, 2.5]]).to(.float32), sd = 0.4
    let rows =
      means.selecting(Tensor.integers(in: 0..<3, [4000], using: &rng)) + Tensor.normal([4000, 2], using: &rng) * 0.5
    let model = try Autoencoder(
      .init(
        features: 2, codeFeatures: 16, network: .multilayerPerceptron(hiddenFeatures: [64]), scaling: .unchanged,
        corruption: .gaussian(standardDeviation: sd)), using: &rng)
    try Self.train(model, on: rows, epochs: 100, batchSize: 400)

    let places = (rows.narrowed(0, from: 0, length: 1000) + Tensor.normal([1000, 2], using: &rng) * sd)
      .requiringGradient()
    let logs = Normal(location: means, scale: Tensor.full([3, 2], (0.25 + sd * sd).squareRoot()), eventRank: 1)
      .logProb(places.unsqueezed(1)).logSumExp(1)
    let truth = gradients(of: logs.sum(), withRespectTo: [places])[0]
    let found = try #require(model.score(places.detached()))
    let cosine: Double =
      (truth * found).sum().item() / ((truth.squared().sum() * found.squared().sum()).squareRoot().item() as Double)
    #expect(cosine > 0.95, "\(cosine)")
    // Its length, too, is that of the gradient.
    let ratio: Double = ((truth * found).sum() / found.squared().sum()).item()
    #expect(abs(ratio - 1) < 0.15, "\(ratio)")
    #expect(try Autoencoder(.init(features: 2), using: &rng).score(places) == nil)
  }

  @Test func discrepancyDrawsCodesToTheNormalDistribution() throws {
    var rng = RandomGenerator(seed: 4)
    let rows = Tensor.uniform([2000, 2], using: &rng) * 6
    func distance(_ weight: Double) throws -> Double {
      var rng = RandomGenerator(seed: 5)
      let model = try Autoencoder(
        .init(
          features: 2, codeFeatures: 2, network: .multilayerPerceptron(hiddenFeatures: [32]), discrepancyWeight: weight),
        using: &rng)
      try Self.train(model, on: rows, epochs: 60)
      let codes = model.encode(rows)
      return try MaximumMeanDiscrepancy().estimate(codes, Tensor.normal(codes.shape, using: &rng)).squared.value
    }
    let (without, with) = (try distance(0), try distance(50))
    #expect(with < 0.01 && without > 5 * max(with, 0.001), "\(without), \(with)")
  }

  @Test func lossesAreWhatTheySay() {
    let target = Tensor(rows: [[0.0, 1.0, 0.0, 0.5]]), output = Tensor(rows: [[1.0, 1.0, -3.0, 0.0]])
    func value(_ loss: ReconstructionLoss) -> Double {
      loss(output, target, image: ImageShape(height: 2, width: 2)).item()
    }
    #expect(abs(value(.l2) - 10.25) < 1e-12)
    #expect(abs(value(.l1) - 4.5) < 1e-12)
    #expect(abs(value(.huber(delta: 1)) - (0.5 + 2.5 + 0.125)) < 1e-12)
    let probabilities = output.sigmoid()
    let entropy: Double = (target * probabilities.log() + (1 - target) * (1 - probabilities).log()).sum().item()
    #expect(abs(value(.binaryCrossEntropy) + entropy) < 1e-12)
    #expect(abs(value(.pyramid(power: 2, levels: 1)) - value(.l2)) < 1e-12)
    // The second level is one pixel of the mean difference -2.5 / 4, which counts four times.
    #expect(abs(value(.pyramid(power: 1, levels: 2)) - (4.5 + 2.5)) < 1e-12)
  }

  @Test func corruptionsAreWhatTheySay() {
    var rng = RandomGenerator(seed: 6)
    let rows = Tensor.uniform([20_000, 3], dtype: .float64, using: &rng) + 1
    #expect((Corruption.none(rows, using: &rng) .== rows).all())
    let noise = Corruption.gaussian(standardDeviation: 0.2)(rows, using: &rng) - rows
    #expect(abs((noise.standardDeviation(0).max().item() as Double) - 0.2) < 0.01)
    let masked = Corruption.masking(probability: 0.3)(rows, using: &rng)
    // Six standard deviations of 60,000 coins are 0.011.
    #expect(abs((masked .== 0).to(.float64).mean().item() as Double - 0.3) < 0.011)
    let salted = Corruption.saltAndPepper(probability: 0.2)(rows, using: &rng)
    #expect(abs((salted .== rows.max(0)).to(.float64).mean().item() as Double - 0.1) < 0.008)
    #expect(abs((salted .== rows.min(0)).to(.float64).mean().item() as Double - 0.1) < 0.008)
  }

  @Test(arguments: [
    CodeNetwork.multilayerPerceptron(hiddenFeatures: [12, 8]), .residual(hiddenFeatures: 8, blocks: 1),
    .convolutional(channels: [4, 6]),
  ])
  func networksHaveTheirShapes(network: CodeNetwork) throws {
    var rng = RandomGenerator(seed: 7)
    let configuration = Autoencoder.Configuration(
      features: 105, codeFeatures: 6, network: network, channels: 3, height: 7, width: 5)
    try checkModule { try Autoencoder(configuration, using: &$0) }
    let model = try Autoencoder(configuration, using: &rng)
    let rows = Tensor.uniform([4, 105], using: &rng)
    #expect(model.encode(rows).shape == [4, 6])
    #expect(model.decode(model.encode(rows)).shape == [4, 105])
    #expect(configuration.weightCount >= Double(model.parameterCount))
    #expect(configuration.weightCount < 3 * Double(model.parameterCount) + 1000)
    let slopes = gradients(
      of: model.loss(rows, .inference), withRespectTo: model.namedParameters.map(\.parameter.value))
    #expect(slopes.allSatisfy { ($0 .!= 0).any() })
  }

  @Test func scalesRowsByWhatTheyAre() {
    var rng = RandomGenerator(seed: 8)
    let rows = Tensor.normal([100, 3], using: &rng) * 5 + 20
    let scaling = RowScaling(features: 3)
    scaling.fit(to: rows, .automatic)
    expectClose(scaling.forward(rows).to(.float64).mean(0), Tensor([0.0, 0, 0]), tolerance: 1e-5)
    expectClose(scaling.inverse(scaling.forward(rows)), rows, tolerance: 1e-5)
    let constant = Tensor.concatenating([rows, Tensor.zeros([100, 1])], 1)
    let images = RowScaling(features: 4)
    images.fit(to: constant, .automatic, within: 0...50)
    expectClose(images.forward(constant), constant / 50, tolerance: 1e-6)
  }
}
