import Flows
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct FlowTests {
  @Test(arguments: FlowCase.all) func bijectionsKeepTheirPromises(_ row: FlowCase) throws {
    let flow = try row.randomized()
    var rng = RandomGenerator(seed: 5)
    let x = Tensor.normal([64, row.features], dtype: .float64, using: &rng) * 2
    let context = row.context(1, using: &rng).map { $0[0] }
    checkBijection(flow.conditioned(on: context).map, on: x, tolerance: 1e-9)
  }

  @Test(arguments: FlowCase.all) func roundTripsIn32Bits(_ row: FlowCase) throws {
    let flow = try row.randomized(dtype: .float32)
    var rng = RandomGenerator(seed: 5)
    let x = Tensor.normal([200, row.features], using: &rng) * 2
    let context = row.context(200, dtype: .float32, using: &rng)
    expectClose(flow.decode(flow.encode(x, given: context), given: context), x, tolerance: 1e-5)
  }

  @Test(arguments: FlowCase.all) func distributionsKeepTheirPromises(_ row: FlowCase) throws {
    let flow = try row.randomized()
    var rng = RandomGenerator(seed: 5)
    checkDistribution(flow.conditioned(on: row.context(2, using: &rng)))
  }

  @Test(arguments: FlowCase.all.filter { $0.contextFeatures > 0 }) func contextsAreIndependent(_ row: FlowCase) throws {
    let flow = try row.randomized()
    var rng = RandomGenerator(seed: 5)
    let x = Tensor.normal([6, row.features], dtype: .float64, using: &rng)
    let context = try #require(row.context(6, using: &rng))
    checkConditional(flow, on: x, given: context)
  }

  @Test(arguments: FlowCase.all) func everyParameterGetsAGradient(_ row: FlowCase) throws {
    let flow = try row.randomized()
    var rng = RandomGenerator(seed: 5)
    let x = Tensor.normal([64, row.features], dtype: .float64, using: &rng)
    let context = row.context(64, using: &rng)
    let values = flow.namedParameters
    let codes = StandardNormal([row.features], batchShape: [64], dtype: .float64).sample([], using: &rng)
    for output in [
      flow.conditioned(on: context).logProb(x), flow.decode(codes, given: context).squared(),
    ] {
      let found = gradients(of: output.sum(), withRespectTo: values.map(\.parameter.value))
      for (gradient, (name, _)) in zip(found, values) {
        #expect(gradient.isFinite().all() && gradient.absolute().max().item() > 0, "\(name)")
      }
    }
  }

  @Test(arguments: FlowCase.all.filter { $0.features <= 2 }) func densitiesIntegrateToOne(_ row: FlowCase) throws {
    let flow = try row.randomized()
    var rng = RandomGenerator(seed: 5)
    let distribution = flow.conditioned(on: row.context(1, using: &rng).map { $0[0] })
    let grid = Grid(bound: 30, cells: row.features == 1 ? 60_000 : 1500, dimensions: row.features)
    let points = row.features == 1 ? grid.points.unsqueezed(-1) : grid.points
    let logProb = distribution.logProb(points, chunkSize: 100_000)
    #expect(abs(grid.integral(logProb: logProb) - 1) < 1e-3)
    let draws = distribution.sample([20_000], using: &rng)
    if row.features == 1 {
      #expect(grid.kolmogorovDistance(of: draws, logProb: logProb) < 2.7)
    } else {
      #expect(grid.chiSquareScore(of: draws, logProb: logProb, blocks: 100) < 5.2)
    }
  }

  @Test(arguments: FlowCase.all) func modulesKeepTheirPromises(_ row: FlowCase) throws {
    try checkModule { rng in try row.make(&rng) }
  }

  @Test(arguments: FlowCase.all.filter { $0.startsAsNormal && !$0.name.contains("whitened") })
  func startsAsTheNormalDistributionOfTheData(_ row: FlowCase) throws {
    var rng = RandomGenerator(seed: 1)
    let flow = try row.make(&rng)
    let data = Tensor.normal([100, row.features], using: &rng) * 3 + 5
    let context = row.context(100, dtype: .float32, using: &rng)
    flow.standardize(to: data, context: context)
    let expected = Normal(
      location: data.mean(0), scale: data.standardDeviation(0, correction: 0), eventRank: 1)
    expectClose(flow.conditioned(on: context).logProb(data), expected.logProb(data), tolerance: 1e-4)
  }

  @Test(arguments: FlowCase.all) func aStateRestoresTheFlow(_ row: FlowCase) throws {
    let flow = try row.randomized()
    let other = try row.randomized(seed: 2)
    var rng = RandomGenerator(seed: 5)
    let x = Tensor.normal([8, row.features], dtype: .float64, using: &rng)
    let context = row.context(8, using: &rng)
    #expect(!other.conditioned(on: context).logProb(x).isClose(to: flow.conditioned(on: context).logProb(x)))
    try other.load(flow.state())
    #expect(other.conditioned(on: context).logProb(x).isEqual(to: flow.conditioned(on: context).logProb(x)))
  }
}
