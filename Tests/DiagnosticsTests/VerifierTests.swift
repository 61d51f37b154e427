import Diagnostics
import Flows
import NeuralNetworks
import Probability
import Testing
import Torch

/// A verifier is only worth something when it finds what is wrong: each test plants one error in a model that passes.
@Suite struct VerifierTests {
  /// Correlated normal rows of two, three or six columns, through an affine map.
  private func honest(_ features: Int = 3) -> Transformed<StandardNormal, Whitening> {
    Transformed(StandardNormal([features], dtype: .float64), through: whitening(features))
  }

  private func whitening(_ features: Int) -> Whitening {
    // A triangle of ones over a diagonal of twos: its determinant is 2^features.
    let ones = Tensor.ones([features, features], dtype: .float64).lowerTriangle()
    let matrix = ones + Tensor.identity(features, dtype: .float64)
    return Whitening(
      mean: Tensor.range(features, dtype: .float64) * 2.0, matrix: (try? matrix.inverted()) ?? matrix,
      inverseMatrix: matrix, logDeterminant: -Tensor.full([], 2.0, dtype: .float64).log() * Double(features))
  }

  private var model: ModelUnderTest { ModelUnderTest(honest()) }

  private func verify(
    _ model: ModelUnderTest, training: Tensor? = nil, heldOut: Tensor? = nil
  ) -> Verification {
    var rng = RandomGenerator(seed: 1)
    return Verifier(draws: 4000).verify(model, training: training, heldOut: heldOut, using: &rng)
  }

  private func failures(_ verification: Verification) -> [String] {
    verification.checks.filter { $0.outcome == .failed }.map(\.name)
  }

  @Test(arguments: [1, 2, 3, 6]) func aCorrectModelPassesAllChecks(features: Int) {
    let distribution = honest(features)
    var rng = RandomGenerator(seed: 2)
    let rows = distribution.sample([800], using: &rng)
    let result = verify(
      ModelUnderTest(distribution), training: rows[.slice(to: 500)], heldOut: rows[.slice(from: 500)])
    #expect(failures(result) == [])
    #expect(result.checks.filter { $0.outcome == .warned }.map(\.name) == [])
    #expect(result.checks.filter { $0.outcome == .skipped }.map(\.name) == ["parameters"])
    #expect(result.checks.count == 14)
  }

  // MARK: Planted errors

  @Test func findsTheWrongSignOfALogDeterminant() {
    let map = Planted(
      whitening(3), forwardWithLogDet: { map, x in (map.forward(x), -map.forwardWithLogDet(x).logDet) })
    let base = StandardNormal([3], dtype: .float64)
    var wrong = model
    wrong.map = map
    wrong.logProb = { x in
      let (z, logDet) = map.forwardWithLogDet(x)
      return base.logProb(z) + logDet
    }
    #expect(failures(verify(wrong)) == ["normalization", "log-determinant"])
  }

  @Test(arguments: [1, 2, 3, 6]) func findsADensityThatDoesNotIntegrateToOne(features: Int) {
    let distribution = honest(features)
    var wrong = ModelUnderTest(distribution)
    wrong.logProb = { distribution.logProb($0) + 0.2 }
    #expect(failures(verify(wrong)) == ["normalization"])
  }

  @Test func findsAColumnThatIsStuck() {
    var wrong = model
    let sample = wrong.sample
    wrong.sample = { count, rng in
      let rows = sample(count, &rng)
      return Tensor.concatenating([rows[.all, .slice(to: 2)], Tensor.full([count, 1], 3.0, dtype: .float64)], 1)
    }
    let result = verify(wrong)
    #expect(failures(result) == ["draws"])
    #expect(result.checks.contains { $0.finding.contains("x3") })
  }

  @Test func findsAMapThatDoesNotInvert() {
    var wrong = model
    let right = whitening(3)
    wrong.map = Planted(right, inverse: { map, z in map.inverse(z) + 0.1 })
    #expect(failures(verify(wrong)) == ["inverse"])
  }

  @Test(arguments: [1, 2, 3, 6]) func findsASamplerOfAnotherDistribution(features: Int) {
    var wrong = ModelUnderTest(honest(features))
    let sample = wrong.sample
    wrong.sample = { count, rng in
      let rows = sample(count, &rng)
      let mean = Tensor.range(features, dtype: .float64) * 2.0
      return (rows - mean) * 1.3 + mean
    }
    #expect(failures(verify(wrong)) == ["draws have this density", "codes of draws"])
  }

  @Test func findsAModeThatIsNeverDrawn() throws {
    let both = try GaussianMixture(
      weights: Tensor([0.8, 0.2]), means: Tensor(rows: [[0.0, 0], [8, 8]]),
      covariances: Tensor.ones([2, 2], dtype: .float64), structure: .diagonal)
    var rng = RandomGenerator(seed: 3)
    let data = both.sample([500], using: &rng)
    var wrong = ModelUnderTest(both)
    #expect(failures(verify(wrong, training: data)) == [])
    wrong.sample = { count, rng in Tensor.normal([count, 2], dtype: .float64, using: &rng) }
    #expect(failures(verify(wrong, training: data)) == ["draws have this density", "codes of draws"])
  }

  /// A mixture has codes by its conditional distribution functions; rows of another distribution are seen in them, even when
  /// each column by itself looks right.
  @Test(arguments: [1, 2, 4]) func codesOfAMixtureAreLookedAt(features: Int) throws {
    var rng = RandomGenerator(seed: 4)
    let means = Tensor.normal([3, features], dtype: .float64, using: &rng) * 3.0
    let roots = Tensor.normal([3, features, features], dtype: .float64, using: &rng)
    let mixture = try GaussianMixture(
      weights: Tensor([0.5, 0.3, 0.2]), means: means,
      covariances: roots.matmul(roots.transposed()) + Tensor.identity(features, dtype: .float64) * 0.3, structure: .full
    )
    let rows = mixture.sample([2000], using: &rng)
    let right = verify(ModelUnderTest(mixture), heldOut: rows)
    #expect(failures(right) == [])
    for name in ["codes of draws", "codes of held-out rows"] {
      #expect(right.checks.first { $0.name == name }?.outcome == .passed, "\(name)")
    }
    #expect(!right.checks.contains { $0.name == "inverse" })
    let codes = mixture.codes(of: rows)
    #expect(codes.shape == [2000, features] && codes.isFinite().all())
    // The same columns without their dependence.
    guard features > 1 else { return }
    let shuffled = Tensor.stacking(
      rows.unbound(1).map { $0.selecting(Tensor.permutation(2000, using: &rng)) }, 1)
    let wrong = verify(ModelUnderTest(mixture), heldOut: shuffled)
    #expect(wrong.checks.first { $0.name == "codes of held-out rows" }?.outcome != .passed)
  }

  @Test func findsDrawsThatRepeatTheTrainingRows() {
    let distribution = honest()
    var rng = RandomGenerator(seed: 3)
    let training = distribution.sample([2000], using: &rng)
    var wrong = ModelUnderTest(distribution)
    #expect(failures(verify(wrong, training: training)) == [])
    wrong.sample = { count, rng in
      let chosen = training.selecting(Tensor.integers(in: 0..<2000, [count], using: &rng))
      return chosen + Tensor.normal([count, 3], dtype: .float64, using: &rng) * 1e-3
    }
    #expect(failures(verify(wrong, training: training)).contains("memorization"))
  }

  @Test func findsNaNAmongTheParameters() {
    var wrong = model
    wrong.state = ["layers.0.weight": Tensor([1.0, .nan]), "layers.0.bias": Tensor([0.0])]
    let result = verify(wrong)
    #expect(failures(result) == ["parameters"])
    #expect(result.checks.contains { $0.finding.contains("layers.0.weight") })
  }

  @Test func findsADensityThatDependsOnItsNeighbours() {
    var wrong = model
    let distribution = honest()
    // As with a normalization layer that was left in training mode.
    wrong.logProb = { rows in distribution.logProb(rows - rows.mean(0) * 0.1 + Tensor([0.0, 2, 4]) * 0.1) }
    #expect(failures(verify(wrong)).contains("rows are independent"))
  }

  @Test func findsGradientsThatAreNoNumbersAtTheEdge() {
    var wrong = model
    let distribution = honest()
    // The value is right; the root has no derivative at 0, which rows beyond 30 meet.
    wrong.logProb = { rows in
      distribution.logProb(rows) + ((rows - 30.0).relu() * 0.0).squareRoot().sum(1) * 0.0
    }
    #expect(failures(verify(wrong)) == ["edges"])
  }

  @Test func findsADensityThatIsNoNumberFarOut() {
    var wrong = model
    let distribution = honest()
    wrong.logProb = { rows in
      let score = distribution.logProb(rows)
      return select(rows.absolute().max(1) .> 60, Double.nan, score)
    }
    #expect(failures(verify(wrong)) == ["edges"])
  }

  @Test func findsDrawsOfDensityZero() {
    var wrong = model
    let distribution = honest()
    wrong.logProb = { rows in select(rows[.all, .at(0)] .> 1, -Double.infinity, distribution.logProb(rows)) }
    #expect(failures(verify(wrong)) == ["density is a number"])
  }

  @Test func findsSamplersThatForgetTheirSeed() {
    var wrong = model
    let sample = wrong.sample
    var own = RandomGenerator(seed: 9)
    wrong.sample = { count, _ in sample(count, &own) }
    #expect(failures(verify(wrong)) == ["repeatability"])
  }

  @Test func findsDataThatAreNotOfTheModel() {
    var rng = RandomGenerator(seed: 3)
    let other = honest().sample([500], using: &rng) * 5.0
    let result = verify(model, heldOut: other)
    #expect(failures(result) == ["codes of held-out rows"])
    let near = honest().sample([3000], using: &rng) * 1.1
    #expect(verify(model, heldOut: near).checks.contains { $0.outcome == .warned })
  }

  @Test func warnsOfRowsThatTheModelHoldsToBeImpossible() {
    let uniform = Uniform(
      lower: Tensor([0.0, 0]), upper: Tensor([1.0, 1]), eventRank: 1)
    let result = verify(ModelUnderTest(uniform), heldOut: Tensor(rows: [[0.5, 0.5], [0.2, 1.5]]))
    #expect(failures(result) == ["density of held-out rows"])
  }

  // MARK: What is no fault of the model

  @Test func rowsWithMissingCellsAndOutliersAreNotBlamedOnTheModel() {
    var rng = RandomGenerator(seed: 3)
    var rows = honest().sample([200], using: &rng)
    let isMissing = Tensor.uniform([200, 3], dtype: .float64, using: &rng) .< 0.05
    rows = select(isMissing, Double.nan, rows)
    let outlier = Tensor(rows: [[1e30, 0, 1]])
    #expect(failures(verify(model, training: rows, heldOut: Tensor.concatenating([rows, outlier]))) == [])
    #expect(failures(verify(model, training: rows * Double.nan, heldOut: rows[.slice(to: 0)])) == [])
  }

  @Test func aMapThatGivesNaNForDataIsFoundWithoutACrash() {
    var wrong = model
    let right = whitening(3)
    wrong.map = Planted(
      right,
      forwardWithLogDet: { map, x in
        let (z, logDet) = map.forwardWithLogDet(x)
        return (select(x .> 9, Double.nan, z), logDet)
      })
    var rng = RandomGenerator(seed: 3)
    let rows = honest().sample([100], using: &rng) + 20.0
    #expect(failures(verify(wrong, heldOut: rows)).contains("codes of held-out rows"))
  }

  /// A ridge between the points of a grid: the integral over it is missed, with no error to be seen.
  @Test func aSharpDensityIsNotTakenForAWrongOne() throws {
    let covariance = Tensor(rows: [[1, 1], [1, 1 + 1e-12]])
    let ridge = try MultivariateNormal(location: Tensor([0.0, 0]), covariance: covariance)
    #expect(failures(verify(ModelUnderTest(ridge))) == [])
  }

  @Test func aCopierOfManyRowsIsFound() {
    let distribution = honest()
    var rng = RandomGenerator(seed: 3)
    let training = distribution.sample([40_000], using: &rng)
    var wrong = ModelUnderTest(distribution)
    wrong.sample = { count, rng in training.selecting(Tensor.integers(in: 0..<40_000, [count], using: &rng)) }
    #expect(failures(verify(wrong, training: training)).contains("memorization"))
  }

  // MARK: Kinds of models

  @Test(arguments: [1, 2, 3]) func aTableOfDiscreteColumnsOnlyIsSummed(features: Int) {
    let values = [0.0, 1, 2]
    let categories = Categorical(probabilities: Tensor([0.2, 0.5, 0.3]))
    var discrete = ModelUnderTest(
      columns: (0..<features).map { "k\($0)" },
      discreteValues: Dictionary(uniqueKeysWithValues: (0..<features).map { ($0, values) }),
      sample: { count, rng in categories.sample([count, features], using: &rng).to(.float64) },
      logProb: { rows in
        let isValue = Tensor(values) .== rows.unsqueezed(-1)
        return (isValue.to(.float64) * Tensor([0.2, 0.5, 0.3])).sum(-1).log().sum(-1)
      })
    #expect(failures(verify(discrete)) == [])
    let right = discrete.logProb
    discrete.logProb = { rows in (right?(rows) ?? rows) - 0.2 }
    #expect(failures(verify(discrete)) == ["normalization"])
  }

  @Test func skipsWhatAModelWithoutDensityCannotBeAsked() {
    var generator = model
    generator.logProb = nil
    generator.map = nil
    let result = verify(generator)
    #expect(result.isPassed)
    #expect(result.checks.count { $0.outcome == .skipped } >= 5)
  }

  @Test func adensityOfMixedColumnsIsSummedAndIntegrated() {
    let values = [0.0, 1, 5]
    let categories = Categorical(probabilities: Tensor([0.2, 0.5, 0.3]))
    var mixed = ModelUnderTest(
      columns: ["kind", "size"], discreteValues: [0: values],
      sample: { count, rng in
        let kind = categories.sample([count], using: &rng)
        let value = Tensor(values).selecting(kind.to(.int64))
        return Tensor.stacking([value, Tensor.normal([count], dtype: .float64, using: &rng) + value], 1)
      },
      logProb: { rows in
        let value = rows[.all, .at(0)]
        let masses = Tensor(values).unsqueezed(0) .== value.unsqueezed(1)
        let mass = (masses.to(.float64) * Tensor([0.2, 0.5, 0.3])).sum(1)
        let distance = rows[.all, .at(1)] - value
        return mass.log() + distance.squared() * -0.5 - 0.91893853320467274178
      })
    #expect(failures(verify(mixed)) == [])
    let right = mixed.logProb
    mixed.logProb = { rows in (right?(rows) ?? rows) - 0.1 }
    #expect(failures(verify(mixed)) == ["normalization"])
  }

  @Test func aNewSplineFlowPasses() throws {
    var rng = RandomGenerator(seed: 4)
    let flow = try NormalizingFlow(NeuralSplineFlow.Configuration(features: 4), using: &rng)
    flow.standardize(to: honest(4).sample([500], using: &rng).to(.float32))
    for parameter in flow.trainableParameters {
      parameter.assign(parameter.value + Tensor.normal(parameter.value.shape, using: &rng) * 0.1)
    }
    let rows = flow.distribution.sample([600], using: &rng)
    let result = verify(
      ModelUnderTest(flow.distribution), training: rows[.slice(to: 300)], heldOut: rows[.slice(from: 300)])
    #expect(failures(result) == [])
  }
}

/// A map with parts of it replaced by wrong ones.
private struct Planted: Bijection {
  let right: any Bijection
  let both: (any Bijection, Tensor) -> (z: Tensor, logDet: Tensor)
  let back: (any Bijection, Tensor) -> Tensor

  init(
    _ right: any Bijection, inverse: @escaping (any Bijection, Tensor) -> Tensor = { $0.inverse($1) },
    forwardWithLogDet: @escaping (any Bijection, Tensor) -> (z: Tensor, logDet: Tensor) = { $0.forwardWithLogDet($1) }
  ) {
    self.right = right
    both = forwardWithLogDet
    back = inverse
  }

  var domain: Support { right.domain }
  var codomain: Support { right.codomain }
  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) { both(right, x) }
  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    (back(right, z), right.inverseWithLogDet(z).logDet)
  }
}
