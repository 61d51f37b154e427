import DensityEstimation
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct FactorizationTests {
  /// Over both numbers and all six pairs of values, in two orders: step functions are summed exactly, by their bins.
  @Test(arguments: ConditionalFamilyTests.families.map(\.1), [[0, 1, 2, 3], [3, 2, 1, 0]])
  func densitiesIntegrateToOne(_ family: ConditionalFamily, _ order: [Int]) throws {
    var rng = RandomGenerator(seed: 101)
    let estimator = AutoregressiveEstimator(conditional: family, order: order, columns: mixedKinds)
    let model = try estimator.fit(mixedRows(100, seed: 102), using: &rng)
    // Wide enough for the linear family, whose residual has a standard deviation of 1.3.
    let even = Tensor.linear(from: -9, to: 9, count: 161, dtype: .float64)
    let axes = mixedKinds.indices.map { column -> (points: Tensor, weights: Tensor) in
      let values = Tensor(mixedKinds[column].values)
      guard !mixedKinds[column].isDiscrete else { return (values, Tensor.ones(like: values)) }
      let edges = model.tensors["columns.\(column).table.bins"] ?? even
      let (left, right) = (edges[.slice(to: -1)], edges[.slice(from: 1)])
      return ((left + right) * 0.5, right - left)
    }
    let shape = Shape(axes.map { $0.points.elementCount })
    func spread(_ numbers: Tensor, _ axis: Int) -> Tensor {
      numbers.reshaped(Shape((0..<4).map { $0 == axis ? -1 : 1 })).broadcasted(to: shape)
    }
    let x = Tensor.stacking(axes.indices.map { spread(axes[$0].points, $0) }, -1)
    let volume = axes.indices.map { spread(axes[$0].weights, $0) }.reduce(Tensor(1.0, dtype: .float64), *)
    expectClose(
      [(model.logProb(x).exp() * volume).sum().item()], [1], tolerance: family.isSmooth ? 1e-3 : 1e-9)
  }

  /// Draws are rows of the fitted density: their codes are uniform, and lead back to them.
  @Test(arguments: ConditionalFamilyTests.families.map(\.1))
  func codesOfDrawsAreUniform(_ family: ConditionalFamily) throws {
    var rng = RandomGenerator(seed: 103)
    let model = try AutoregressiveEstimator(conditional: family, columns: mixedKinds)
      .fit(mixedRows(300, seed: 104), using: &rng)
    let x = model.sample([2000], using: &rng)
    let codes = model.codes(x, using: &rng)
    #expect(codes.shape == [2000, 4])
    for column in 0..<4 { #expect(uniformDistance(codes[.all, .at(column)]) < 2.7) }
    expectClose(model.decode(codes), x, tolerance: 1e-7)
    checkDistribution(model)
  }

  /// Codes of fresh rows under a model of another shape are not uniform: the test above can fail.
  @Test func codesOfOtherRowsAreNot() throws {
    var rng = RandomGenerator(seed: 105)
    let model = try AutoregressiveEstimator(conditional: .linear(), columns: mixedKinds)
      .fit(mixedRows(2000, seed: 106), using: &rng)
    let codes = model.codes(mixedRows(5000, seed: 107), using: &rng)
    #expect(uniformDistance(codes[.all, 2]) > 2.7)
  }

  /// What a conditional density can express shows in held-out rows: a bent and spreading dependence, not a straight one.
  @Test func familiesThatBendExplainMore() throws {
    var rng = RandomGenerator(seed: 108)
    let (x, y) = (mixedRows(3000, seed: 109), mixedRows(1000, seed: 110))
    func score(_ family: ConditionalFamily) throws -> Tensor {
      // Rows beyond the range of the data have no density in tables.
      try AutoregressiveEstimator(conditional: family, columns: mixedKinds).fit(x, using: &rng).columnLogProbs(y)
        .clamped(from: -20).mean(0)
    }
    let (linear, tree, kernel) = (
      try score(.linear()), try score(.tree()), try score(.kernel(ConditionalKernelEstimator(searchRows: 150)))
    )
    #expect(tree[2].item() > linear[2].item() + 0.1)
    #expect(kernel[2].item() > linear[2].item() + 0.2)
    // The truth of column 3 is a logistic regression.
    #expect(linear[3].item() > tree[3].item())
    #expect(abs(linear[3].item() - kernel[3].item()) < 0.05)
  }

  @Test func independentColumnsOfAnyDistribution() throws {
    let normal = Normal(location: Tensor(1.0, dtype: .float64), scale: Tensor(2.0, dtype: .float64))
    let uniform = Uniform(lower: Tensor(-1.0, dtype: .float64), upper: Tensor(3.0, dtype: .float64))
    let values = TabulatedDistribution(values: Tensor([0.0, 1, 5]), logMasses: Tensor([0.2, 0.5, 0.3]).log())
    let model = Independent(
      [normal, uniform, values], columns: [.continuous, .continuous, .discrete(values: [0, 1, 5])])
    checkDistribution(model)
    let x = Tensor(rows: [[0.5, 0, 5], [0.5, 4, 5], [1, 1, 2]])
    let expected = normal.logProb(x[.all, 0]) + uniform.logProb(x[.all, 1]) + values.logProb(x[.all, 2])
    expectClose(model.logProb(x), expected)
    #expect(model.factorization.hasCodes && model.marginals.count == 3)
    #expect(!model.support.contains(Tensor([0.0, 4, 1])).all())
  }

  @Test(arguments: ConditionalFamilyTests.families.map(\.1))
  func independentFitsAreMarginals(_ family: ConditionalFamily) throws {
    var rng = RandomGenerator(seed: 111)
    let x = mixedRows(400, seed: 112)
    let model = try IndependentEstimator(conditional: family, columns: mixedKinds).fit(x, using: &rng)
    #expect(model.parents.filter { !$0.isEmpty } == [])
    let sum = zip(0..., model.marginals).map { $1.logProb(x[.all, .at($0)]) }.reduce(Tensor(0.0, dtype: .float64), +)
    expectClose(model.logProb(x), sum)
    let again = try Independent(tensors: model.tensors)
    expectClose(again.logProb(x), model.logProb(x), tolerance: 1e-13)
    checkDistribution(model)
  }

  /// Rows in 32 bits, rows outside, and rows with NaN or infinity.
  @Test(arguments: ConditionalFamilyTests.families.map(\.1)) func strangeRows(_ family: ConditionalFamily) throws {
    var rng = RandomGenerator(seed: 113)
    let model = try AutoregressiveEstimator(conditional: family, columns: mixedKinds)
      .fit(mixedRows(300, seed: 114), using: &rng)
    let x = mixedRows(50, seed: 115)
    let narrow = model.logProb(x.to(.float32))
    #expect(narrow.dtype == .float64)
    expectClose(narrow, model.logProb(x.to(.float32).to(.float64)))
    let infinity = Double.infinity
    let strange = model.logProb(
      Tensor(rows: [[0, 1, 0, 1], [0, 2, 0, 7], [infinity, 2, 0, 1], [0, 0, -infinity, 1], [0, 0, 0, Double.nan]]))
    expectClose(strange[.slice(to: 4)], Tensor([Double](repeating: -infinity, count: 4)))
    #expect(strange[4].item().isNaN)
  }

  @Test func kindsAreToldFromTheValues() {
    var rng = RandomGenerator(seed: 116)
    let counts = Tensor.integers(in: 0..<5, [200], using: &rng).to(.float64)
    let many = Tensor.integers(in: 0..<50, [200], using: &rng).to(.float64)
    let number = Tensor.normal([200], dtype: .float64, using: &rng)
    let constant = Tensor.full([200], 3.5, dtype: .float64)
    let kinds = ColumnKind.inferred(from: Tensor.stacking([counts, many, number, constant], 1))
    #expect(
      kinds == [.discrete(values: [0, 1, 2, 3, 4]), .continuous, .continuous, .discrete(values: [3.5])])
  }

  @Test func refusesRows() throws {
    var rng = RandomGenerator(seed: 117)
    let estimator = AutoregressiveEstimator(conditional: .linear(), columns: [.continuous, .discrete(values: [0, 1])])
    func error(_ rows: [[Double]], weights: [Double]? = nil) -> DensityEstimationError? {
      do {
        _ = try estimator.fit(Tensor(rows: rows), weights: weights.map { Tensor($0) }, using: &rng)
        return nil
      } catch { return error }
    }
    let good: [[Double]] = [[1, 0], [2, 1], [4, 1], [7, 0]]
    #expect(error(good) == nil)
    #expect(error(good + [[.nan, 0]]) == .notFinite(row: 4, column: 0))
    #expect(error(good + [[1, 3]]) == .unknownValue(column: 1, value: 3))
    #expect(error([[1, 0], [1, 1]]) == .constantColumn(column: 0))
    #expect(error(good, weights: [1, 1, 1, -1]) != nil && error(good, weights: [0, 0, 0, 0]) != nil)
    #expect(error(good, weights: [1, 1, 1]) != nil)
    #expect(throws: DensityEstimationError.self) {
      try AutoregressiveEstimator(order: [0, 0]).fit(Tensor(rows: good), using: &rng)
    }
  }

  @Test(arguments: ConditionalFamilyTests.families.map(\.1)) func hostileFilesAreRefused(_ family: ConditionalFamily)
    throws
  {
    var rng = RandomGenerator(seed: 118)
    let model = try AutoregressiveEstimator(conditional: family, columns: mixedKinds)
      .fit(mixedRows(100, seed: 119), using: &rng)
    let x = mixedRows(20, seed: 120)
    expectClose(try Autoregressive(tensors: model.tensors).logProb(x), model.logProb(x), tolerance: 1e-13)
    func refuses(_ change: [String: Tensor?], _ what: String) {
      var tensors = model.tensors
      for (name, tensor) in change { tensors[name] = tensor }
      #expect("\(what)") {
        _ = try Autoregressive(tensors: tensors)
      } throws: { error in
        guard case DensityEstimationError.degenerate = error else { return false }
        return true
      }
    }
    refuses(["order": Tensor([0, 1, 2, 2])], "a column twice")
    refuses(["order": Tensor([3, 1, 2, 0])], "parents after their child")
    refuses(["order": Tensor([0, 1, 2, 9])], "a column that is not there")
    refuses(["order": Tensor([0.0, 1, 2, 3])], "an order of real numbers")
    refuses(["order": Tensor([Int]())], "no columns")
    refuses(["columns.1.values": Tensor([0.0, 4, 2])], "values that do not rise")
    refuses(["columns.1.values": Tensor([0.0, 2])], "another number of values")
    refuses(["columns.3.parents": Tensor([0, 0, 1])], "a parent twice")
    refuses(["columns.3.parents": Tensor([0, 1, 3])], "its own parent")
    for name in model.tensors.keys where !name.hasSuffix("values") { refuses([name: nil], "without \(name)") }
  }

  /// A conditional density with parameters, from a module, stands beside those that are fitted.
  @Test func modulesBecomeConditionalDensities() throws {
    var rng = RandomGenerator(seed: 121)
    let network = NetworkDensity(model: NormalRegression(using: &rng))
    let model = Autoregressive([LinearGaussian(intercept: 0, coefficients: [], scale: 1), network])
    checkDistribution(model)
    let x = Tensor(rows: [[0.3, 0.1], [-1, 2]])
    let first = StandardNormal([], dtype: .float64).logProb(x[.all, 0])
    let second = network.conditioned(on: x[.all, .slice(to: 1)]).logProb(x[.all, 1])
    expectClose(model.logProb(x), first + second)
    let codes = model.codes(x, using: &rng)
    expectClose(model.decode(codes), x, tolerance: 1e-5)
  }
}

/// A normal distribution whose mean a network makes of the context.
private struct NormalRegression: ConditionalDistribution {
  let layer: Linear

  init(using rng: inout RandomGenerator) { layer = Linear(inputFeatures: 1, outputFeatures: 1, using: &rng) }

  func conditioned(on context: Tensor?, _ layerContext: LayerContext) -> Normal {
    let location = layer(context ?? Tensor.zeros([1]), layerContext).squeezed(-1)
    return Normal(location: location, scale: Tensor.ones(like: location))
  }

  func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(layer, named: "layer") }
}

private struct NetworkDensity: ConditionalDensity {
  let model: NormalRegression
  var target: ColumnKind { .continuous }
  var given: [ColumnKind] { [.continuous] }

  func conditioned(on rows: Tensor) -> Normal { model.conditioned(on: rows.to(.float32)) }
}
