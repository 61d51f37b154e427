import NeuralNetworks
import Probability
import Testing
import Torch

@testable import Autoencoders

@Suite struct BitsBackCoderTests {
  private static func symbols(_ rows: Int, _ columns: Int, levels: Int, _ rng: inout RandomGenerator) -> [[Int]] {
    // Columns that go together, so that codes have something to say.
    let middle = (0..<rows).map { _ in Int.random(in: 0..<levels, using: &rng) }
    return (0..<columns).map { _ in
      middle.map { min(levels - 1, max(0, $0 + Int.random(in: 0...max(1, levels / 4), using: &rng))) }
    }
  }

  @Test(arguments: [DecoderLikelihood.bernoulli, .discretizedLogistic(levels: 16), .categorical(levels: 5)])
  func sizeIsTheLowerBound(likelihood: DecoderLikelihood) throws {
    var rng = RandomGenerator(seed: 4)
    let levels = likelihood.levels ?? 2
    let model = try VariationalAutoencoder(
      .init(
        features: 12, codeFeatures: 2, network: .multilayerPerceptron(hiddenFeatures: [16]), likelihood: likelihood),
      using: &rng)
    let symbols = Self.symbols(1500, 12, levels: levels, &rng)
    let rows = Tensor.stacking(symbols.map { Tensor($0.map(Float.init)) }, 1)
    model.fitScaling(to: rows)
    try train(model, on: rows, epochs: 20) { model.loss($0, given: nil, $1) }
    let table = try #require(BitsBackCoder(model))
    #expect(table.values == [[Double]](repeating: (0..<levels).map(Double.init), count: 12))

    var coder = EntropyCoder(borrowingFrom: 1)
    for row in (0..<1500).reversed() { try table.push(symbols.map { [$0[row]] }, onto: &coder) }
    let bound: Double = model.evidence(of: rows, samples: 8).lowerBound.sum().item()
    let bits = -bound / 0.6931471805599453
    #expect(abs(Double(coder.bitCount) / bits - 1) < 0.03, "\(coder.bitCount) bits, the bound \(bits)")

    var back = try #require(EntropyCoder(state: coder.state, words: coder.words))
    for row in 0..<1500 { #expect(try table.pop(1, from: &back) == symbols.map { [$0[row]] }) }
    #expect(back.holdsOnly(borrowed: coder.borrowedCount, from: 1))
  }

  @Test func rowsWithDensitiesHaveNoCoder() throws {
    var rng = RandomGenerator(seed: 5)
    #expect(BitsBackCoder(try VariationalAutoencoder(.init(features: 3, codeFeatures: 1), using: &rng)) == nil)
    let mixture = try VariationalAutoencoder(
      .init(features: 3, codeFeatures: 1, likelihood: .bernoulli, prior: .mixture(components: 2)), using: &rng)
    #expect(BitsBackCoder(mixture) == nil)
  }
}
