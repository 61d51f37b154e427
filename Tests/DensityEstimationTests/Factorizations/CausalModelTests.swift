import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// a ~ N(0, 1), b = 0.8 a + N(0, 0.6^2), c = 1.5 a - 0.7 b + N(0, 0.5^2): a confounds what b does to c.
private func structuralModel() throws -> CausalModel {
  CausalModel(
    try CausalGraph("a -> b, a -> c, b -> c", columns: ["c", "b", "a"]),
    conditionals: [
      LinearGaussian(intercept: 0, coefficients: [-0.7, 1.5], scale: 0.5),
      LinearGaussian(intercept: 0, coefficients: [0.8], scale: 0.6),
      LinearGaussian(intercept: 0, coefficients: [], scale: 1),
    ])
}

/// Pearl's alarm: a burglary or an earthquake sets it off, and a neighbour may call.
private func alarmModel() throws -> CausalModel {
  let binary: [Double] = [0, 1]
  let alarm = Tensor([0.999, 0.001, 0.71, 0.29, 0.06, 0.94, 0.05, 0.95], shape: [2, 2, 2])
  return CausalModel(
    try CausalGraph(
      "burglary -> alarm; earthquake -> alarm; alarm -> call", columns: ["burglary", "earthquake", "alarm", "call"]),
    conditionals: [
      ConditionalTable(values: binary, given: [], masses: Tensor([0.99, 0.01])),
      ConditionalTable(values: binary, given: [], masses: Tensor([0.98, 0.02])),
      ConditionalTable(values: binary, given: [binary, binary], masses: alarm),
      ConditionalTable(values: binary, given: [binary], masses: Tensor(rows: [[0.95, 0.05], [0.1, 0.9]])),
    ])
}

/// All rows of some binary columns.
func binaryRows(_ features: Int) -> Tensor {
  Tensor(rows: (0..<(1 << features)).map { number in (0..<features).map { Double((number >> $0) & 1) } })
}

@Suite struct CausalModelTests {
  @Test func keepsItsPromises() throws {
    checkDistribution(try structuralModel())
    checkDistribution(try alarmModel())
  }

  /// Setting b and seeing b differ: E[c | do(b = 2)] = -1.4, E[c | b = 2] = 1.5 x 1.6 - 1.4 = 1.
  @Test func interventionsAreNotConditions() throws {
    var rng = RandomGenerator(seed: 51)
    let model = try structuralModel()
    let intervened = try model.intervening(["b": 2])
    let count = 40_000
    let draws = intervened.sample([count], using: &rng)
    #expect((draws[.all, 1] .== 2).all())
    // c given do(b = 2) has variance 1.5^2 + 0.5^2 = 2.5; 7 standard errors, chance below 1e-11.
    let error = 7 * (2.5 / Double(count)).squareRoot()
    #expect(abs(draws[.all, 0].mean().item() + 1.4) < error)
    #expect(abs(draws[.all, 2].mean().item()) < 7 / Double(count).squareRoot())
    let seen = model.sample([count * 10], using: &rng)
    let near = (seen[.all, 1] - 2).absolute() .< 0.05
    let given = seen[.all, 0].selecting(where: near)
    #expect(abs(given.mean().item() - 1) < 0.02 + 7 / Double(given.elementCount).squareRoot())
  }

  /// The truncated factorization: the parts of all columns but the one that was set.
  @Test func logDensityOfAnIntervention() throws {
    let intervened = try structuralModel().intervening(["b": 2])
    let x = Tensor(rows: [[0.3, 2, -0.4], [0.3, 2.1, -0.4], [-1, 2, 1]])
    let standard = StandardNormal([], dtype: .float64)
    let a = standard.logProb(x[.all, 2])
    let c = Normal(location: x[.all, 2] * 1.5 - 1.4, scale: Tensor(0.5, dtype: .float64)).logProb(x[.all, 0])
    let expected = select(x[.all, 1] .== 2, a + c, -Double.infinity)
    expectClose(intervened.logProb(x), expected)
    #expect(intervened.graph.edges.map { "\($0.cause)\($0.effect)" } == ["bc", "ac"])
    // Setting a cause is the same as seeing it where nothing causes it.
    let cause = try structuralModel().intervening(["a": -0.4])
    let whole = try structuralModel().logProb(x) - standard.logProb(x[.all, 2])
    expectClose(cause.logProb(x)[0], whole[0])
  }

  @Test func interventionsByDrawing() throws {
    var rng = RandomGenerator(seed: 52)
    let uniform = Uniform(lower: Tensor(3.0, dtype: .float64), upper: Tensor(5.0, dtype: .float64))
    let model = try structuralModel().intervening(on: "b", drawingFrom: uniform)
    let draws = model.sample([20_000], using: &rng)
    #expect(((draws[.all, 1] .>= 3) .& (draws[.all, 1] .<= 5)).all())
    // Mean -0.7 x 4, variance 2.25 + 0.25 + 0.49 / 3.
    #expect(abs(draws[.all, 0].mean().item() + 2.8) < 7 * (2.67 / 20_000).squareRoot())
    checkDistribution(model)
  }

  /// By summing over all 16 rows: an alarm that is set says nothing of burglars, one that rings does, and an
  /// earthquake explains it away.
  @Test func alarm() throws {
    let (model, rows) = (try alarmModel(), binaryRows(4))
    func share(_ model: CausalModel, _ event: (Tensor) -> Tensor, given condition: (Tensor) -> Tensor) -> Double {
      let masses = model.logProb(rows).exp()
      let isGiven = condition(rows).to(.float64)
      return (masses * isGiven * event(rows).to(.float64)).sum().item() / (masses * isGiven).sum().item()
    }
    expectClose([model.logProb(rows).exp().sum().item()], [1])
    let burglary = { (x: Tensor) in x[.all, 0] .== 1 }
    let ringing = { (x: Tensor) in x[.all, 2] .== 1 }
    let joint = 0.01 * (0.98 * 0.94 + 0.02 * 0.95)
    let alarm = joint + 0.99 * (0.98 * 0.001 + 0.02 * 0.29)
    expectClose([share(model, burglary, given: ringing)], [joint / alarm])
    let quake = { (x: Tensor) in (x[.all, 2] .== 1) .& (x[.all, 1] .== 1) }
    #expect(share(model, burglary, given: quake) < 0.04)
    let set = try model.intervening(["alarm": 1])
    expectClose([share(set, burglary, given: ringing)], [0.01])
    expectClose([share(set, { $0[.all, 3] .== 1 }, given: ringing)], [0.9])
    expectClose([set.logProb(rows).exp().sum().item()], [1])
  }

  @Test func refusesWhatIsNotThere() throws {
    #expect(throws: DensityEstimationError.unknownColumn(name: "d", known: ["c", "b", "a"])) {
      try structuralModel().intervening(["d": 1])
    }
    let error = DensityEstimationError.impossibleIntervention(column: "alarm", value: 0.5, possible: [0, 1])
    #expect(throws: error) { try alarmModel().intervening(["alarm": 0.5]) }
    #expect(error.description == "column 'alarm' cannot be set to 0.5: its values are 0, 1")
    #expect(throws: DensityEstimationError.impossibleIntervention(column: "a", value: .infinity, possible: [])) {
      try structuralModel().intervening(["a": .infinity])
    }
  }

  /// Coefficients of a fit to draws are those of the model, within 7 standard errors, and only causes enter.
  @Test func fitRecoversTheModel() throws {
    var rng = RandomGenerator(seed: 53)
    let (model, count) = (try structuralModel(), 20_000)
    let x = model.sample([count], using: &rng)
    let fit = try CausalModelEstimator(graph: model.graph, conditional: .linear()).fit(x, using: &rng)
    #expect(fit.parents == [[1, 2], [2], []])
    func fitted(_ column: Int) throws -> LinearGaussian {
      let factor = try #require(fit.factorization.factors.first { $0.column == column })
      return try #require(factor.conditional as? LinearGaussian)
    }
    // Standard errors: scale / (standard deviation of the cause, given the others) / sqrt(count).
    let root = Double(count).squareRoot()
    #expect(abs(try fitted(1).coefficients.item() - 0.8) < 7 * 0.6 / root)
    #expect(abs(try fitted(0).coefficients[0].item() + 0.7) < 7 * 0.5 / 0.6 / root)
    #expect(abs(try fitted(0).coefficients[1].item() - 1.5) < 7 * 0.5 / 0.6 / root)
    for (column, scale) in [0.5, 0.6, 1].enumerated() {
      #expect(abs(try fitted(column).scale.item() / scale - 1) < 7 / (2 * Double(count)).squareRoot())
    }
    let mean = fit.logProb(x).mean().item()
    #expect(mean >= model.logProb(x).mean().item(), "the fit has less likelihood than the truth")
  }

  @Test func storesInterventionsToo() throws {
    var rng = RandomGenerator(seed: 54)
    for model in [try structuralModel().intervening(["b": 2]), try alarmModel().intervening(["alarm": 1])] {
      let again = try CausalModel(tensors: model.tensors, columns: model.graph.columns)
      let x = model.sample([20], using: &rng)
      #expect(again.logProb(x).isEqual(to: model.logProb(x)) && again.graph == model.graph)
      #expect(throws: DensityEstimationError.self) { try CausalModel(tensors: model.tensors, columns: ["a"]) }
    }
  }
}

@Suite struct CausalGraphTests {
  @Test(arguments: [
    ("a->b,b->a", ["a", "b", "a"]), ("a->a", ["a", "a"]), ("a->b->c->d->b", ["b", "c", "d", "b"]),
    ("d->c;c->a\na->d;b->a", ["a", "d", "c", "a"]),
  ])
  func cyclesAreNamed(_ text: String, _ path: [String]) {
    #expect(throws: DensityEstimationError.cycle(path: path)) {
      try CausalGraph(text, columns: ["a", "b", "c", "d"])
    }
    #expect("\(DensityEstimationError.cycle(path: path))".contains(path.joined(separator: " -> ")))
  }

  @Test func readsChainsAndLists() throws {
    let graph = try CausalGraph(" b -> a -> d,\n c->d, b -> a; c", columns: ["a", "b", "c", "d"])
    #expect(graph.parents == [[1], [], [], [0, 2]])
    #expect(graph.order == [1, 0, 2, 3])
    #expect(try CausalGraph("", columns: ["a", "b"]).order == [0, 1])
    let text = try JSONEncoder().encode(graph)
    #expect(try JSONDecoder().decode(CausalGraph.self, from: text) == graph)
  }

  @Test func refusesOtherTexts() {
    #expect(throws: DensityEstimationError.unknownColumn(name: "e", known: ["a", "b"])) {
      try CausalGraph("a -> e", columns: ["a", "b"])
    }
    for text in ["a ->", "-> b", "a -> -> b"] {
      #expect {
        _ = try CausalGraph(text, columns: ["a", "b"])
      } throws: { error in
        guard case DensityEstimationError.invalidGraph = error else { return false }
        return "\(error)".contains("a -> b")
      }
    }
    #expect(throws: DensityEstimationError.self) { try CausalGraph("a -> b", columns: ["a", "b", "a"]) }
  }
}
