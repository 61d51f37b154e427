import Flows
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct GlowTests {
  private func flow(_ configuration: Glow.Configuration) throws -> NormalizingFlow {
    var rng = RandomGenerator(seed: 1)
    return try NormalizingFlow(configuration, using: &rng)
  }

  @Test func weightsAreCountedWithoutBuilding() throws {
    for (levels, context, checkerboards) in [(1, 0, 0), (2, 3, 0), (3, 2, 2), (2, 0, 1)] {
      let configuration = Glow.Configuration(
        features: 2 * 8 * 16, contextFeatures: context, channels: 2, height: 8, levels: levels, steps: 3,
        checkerboards: checkerboards, hiddenChannels: 5)
      let held = try flow(configuration).state().values.reduce(0) { $0 + $1.elementCount }
      #expect(configuration.weightCount == Double(held), "\(levels) levels")
    }
  }

  @Test func sizesOfImagesAreFound() {
    func shape(_ features: Int, _ channels: Int = 1, _ height: Int = 0, _ width: Int = 0) -> String? {
      Glow.Configuration(features: features, channels: channels, height: height, width: width).shape?.description
    }
    #expect(shape(784) == "1x28x28")
    #expect(shape(3072, 3) == "3x32x32")
    #expect(shape(24, 1, 4) == "1x4x6")
    #expect(shape(24, 1, 0, 4) == "1x6x4")
    #expect(shape(24, 2, 3, 4) == "2x3x4")
    #expect(shape(24) == nil)
    #expect(shape(24, 1, 5) == nil)
    #expect(shape(24, 1, 4, 5) == nil)
    #expect(shape(25, 2) == nil)
    #expect(shape(25, 0) == nil)
    #expect(shape(24, 1, .max, .max) == nil)
  }

  @Test func configurationsAreCheckedByField() throws {
    func problem(_ change: (inout Glow.Configuration) -> Void) -> String? {
      var configuration = Glow.Configuration(features: 784)
      change(&configuration)
      do { try configuration.validate() } catch { return "\(error)" }
      return nil
    }
    #expect(problem { _ in } == nil)
    #expect(
      problem { $0.features = 783 }
        == "height: expected a height and a width that make 783 numbers with 1 a pixel, got 0 and 0")
    #expect(
      problem { $0.levels = 3 } == "levels: expected a number of times that 28 x 28 pixels can be halved, got 3")
    #expect(problem { $0.levels = 0 } == "levels: expected at least 1 and at most 100, got 0")
    #expect(problem { $0.steps = 0 } == "steps: expected at least 1 and at most 1000, got 0")
    #expect(problem { $0.channels = 0 } == "channels: expected at least 1 and at most 1000000, got 0")
    #expect(problem { $0.checkerboards = -1 } == "checkerboards: expected at least 0 and at most 1000, got -1")
    #expect(problem { $0.hiddenChannels = 0 } == "hiddenChannels: expected at least 1 and at most 65536, got 0")
    let wide = problem { ($0.hiddenChannels, $0.steps) = (60_000, 1000) }
    #expect(wide?.hasPrefix("the flow would have") == true)
  }

  /// The sum over a grid of a smooth density converges faster than any power of the distance of its points.
  @Test func theDensityOfTinyImagesIntegratesToOne() throws {
    let row = try #require(FlowCase.all.first { $0.name == "glow, 2x2" })
    let distribution = try row.randomized().distribution
    let (bound, cells) = (13.0, 32)
    let line = Tensor.linear(from: -bound, to: bound, count: cells, dtype: .float64)
    let plane = Tensor.stacking([line.repeatingEach(cells, 0), line.tiled([cells])], -1)
    let (count, step) = (cells * cells, 2 * bound / Double(cells - 1))
    var sum = 0.0
    for first in plane.split(size: 64) {
      let points = Tensor.concatenating([first.repeatingEach(count, 0), plane.tiled([first.size(0), 1])], -1)
      sum += withoutGradient { distribution.logProb(points).exp().sum().item() }
    }
    #expect(abs(sum * pow(step, 4) - 1) < 1e-3)
  }

  @Test func startsWithNormalizedActivations() throws {
    var rng = RandomGenerator(seed: 2)
    let flow = try flow(Glow.Configuration(features: 64, preprocessing: .standardize, levels: 2, steps: 2))
    let x = Tensor.normal([300, 64], using: &rng).exp() * 5
    flow.standardize(to: x)
    let z = flow.encode(x)
    #expect(z.mean().absolute().item() < 0.05)
    #expect(abs(z.standardDeviation(0, 1).item() - 1) < 0.1)
  }

  /// Four classes, each a bright quarter of 4 x 4 pixels: given its class, an image has a higher density, and draws of a
  /// class are bright where its images are.
  @Test func learnsClasses() throws {
    var rng = RandomGenerator(seed: 6)
    let labels = Tensor.integers(in: 0..<4, [512], using: &rng)
    let classes = labels.oneHot(4).to(.float32)
    let quarter = classes.reshaped([512, 2, 1, 2, 1]).broadcasted(to: [512, 2, 2, 2, 2]).reshaped([512, 16])
    let x = quarter * 3 + Tensor.normal([512, 16], using: &rng) * 0.5
    let flow = try flow(
      Glow.Configuration(
        features: 16, contextFeatures: 4, preprocessing: .standardize, levels: 1, steps: 3, hiddenChannels: 16))
    flow.standardize(to: x, context: classes)
    let optimizer = Adam(flow.trainableParameters)
    for _ in 0..<60 {
      let loss = -flow.conditioned(on: classes, LayerContext(training: rng.split())).logProb(x).mean()
      optimizer.step(gradients: optimizer.gradients(of: loss), learningRate: 0.01)
    }
    let own = flow.conditioned(on: classes).logProb(x).mean().item()
    let other = flow.conditioned(on: classes.flipped(1)).logProb(x).mean().item()
    #expect(own > other + 10, "\(own) \(other)")
    let draws = flow.conditioned(on: Tensor.identity(4)).sample([50], using: &rng).mean(0)  // [4, 16]
    let brightness = draws.reshaped([4, 2, 2, 2, 2]).mean(2, 4).reshaped([4, 4])
    #expect(brightness.argMax(1).doubles() == [0, 1, 2, 3])
  }
}
