import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@testable import DensityEstimation

@Suite struct DensityTreeTests {
  private func fit(
    _ estimator: DensityTreeEstimator = DensityTreeEstimator(), _ x: Tensor, weights: Tensor? = nil, seed: UInt64 = 1
  ) throws -> DensityTree {
    var rng = RandomGenerator(seed: seed)
    return try estimator.fit(x, weights: weights, using: &rng)
  }

  /// Two correlated columns, rather dense in a corner.
  private func banana(_ count: Int, seed: UInt64 = 5) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    let x = Tensor.normal([count], dtype: .float64, using: &rng)
    return Tensor.stacking([x, x.squared() + Tensor.normal([count], dtype: .float64, using: &rng) * 0.3], 1)
  }

  // MARK: By hand

  /// Five rows, as in the tests of mlpack: the box is 4 x 7 x 7.
  private let hand = Tensor(rows: [[4.0, 5, 5], [5, 0, 6], [7, 1, 7], [3, 7, 1], [5, 1, 8]])
  private var handEstimator: DensityTreeEstimator {
    DensityTreeEstimator(
      criterion: .squaredError, maximumLeafSize: 2, minimumLeafSize: 1, pruning: .none)
  }

  @Test func cutsAndDensitiesAreThoseComputedByHand() throws {
    let tree = try fit(handEstimator, hand)
    #expect(tree.nodes.column == [2, -1, 1, -1, -1])
    expectClose([tree.nodes.threshold[0], tree.nodes.threshold[2]], [5.5, 0.5], tolerance: 1e-12)
    expectClose(tree.leafMasses.doubles(), [0.4, 0.2, 0.4], tolerance: 1e-15)
    let densities: [Double] = [0.4 / 126, 0.2 / 5, 0.4 / 65]
    let x = Tensor(rows: [[4.0, 2, 2], [5, 0.25, 6], [5, 3, 7], [2, 3, 3]])
    expectClose(tree.logProb(x).doubles(), densities.map(log) + [-.infinity], tolerance: 1e-10)
    let whole = try fit(DensityTreeEstimator(maximumLeafSize: 2, minimumLeafSize: 1, pruning: .leaves(most: 1)), hand)
    expectClose(whole.logProb(x).doubles(), [1 / 196, 1 / 196, 1 / 196, 0].map(log), tolerance: 1e-12)
  }

  @Test func theComplexityOfPruningIsThatComputedByHand() throws {
    var rng = RandomGenerator(seed: 1)
    let (_, steps) = try handEstimator.fitWithSteps(hand, using: &rng)
    // Relative to the whole box, whose error is -1: shares squared over shares of the volume.
    let leaves = [0.16 / (4.5 / 7), 0.04 / (0.5 * 2.5 / 49), 0.16 / (6.5 * 2.5 / 49)]
    #expect(steps.map(\.leafCount) == [3, 1])
    expectClose(steps.map(\.complexity), [0, (leaves.reduce(0, +) - 1) / 2], tolerance: 1e-10)
  }

  @Test func importanceIsWhatCutsTakeOffTheError() throws {
    let tree = try fit(handEstimator, hand)
    let (root, left, right) = (1.0, 0.16 / (4.5 / 7), 0.36 / (2.5 / 7))
    let parts = [0.04 / (0.5 * 2.5 / 49), 0.16 / (6.5 * 2.5 / 49)]
    let gains = [0, parts[0] + parts[1] - right, left + right - root]
    expectClose(tree.variableImportance(), gains.map { $0 / (gains[1] + gains[2]) }, tolerance: 1e-10)
  }

  // MARK: What every density promises

  @Test(arguments: DensityTreeEstimator.Criterion.allCases)
  func keepsItsPromises(_ criterion: DensityTreeEstimator.Criterion) throws {
    for pruning: DensityTreeEstimator.Pruning in [.none, .crossValidation(folds: 5)] {
      let tree = try fit(DensityTreeEstimator(criterion: criterion, pruning: pruning), banana(500))
      #expect(tree.leafCount > 3)
      checkDistribution(tree)
      checkEntropy(tree, entropy: tree.entropy)
    }
  }

  @Test func integratesToOne() throws {
    let tree = try fit(DensityTreeEstimator(pruning: .none), banana(2000))
    var rng = RandomGenerator(seed: 2)
    for _ in 0..<5 { #expect(tree.leafMasses.doubles().shuffled(using: &rng).reduce(0, +) == 1) }
    let volumes = (tree.leafUpper - tree.leafLower).log().sum(-1)
    let box = (tree.upper - tree.lower).product(0).item()
    expectClose([(tree.leafLogDensities + volumes).exp().sum().item()], [1], tolerance: 1e-12)
    expectClose([volumes.exp().sum().item()], [box], tolerance: 1e-12)
    let masses = (tree.leafMasses * 2000.0).doubles()
    #expect(masses.allSatisfy { abs($0 - $0.rounded()) < 1e-9 && $0 > 4.5 })
  }

  /// Draws fall into each leaf as often as its mass says, and evenly inside. Chance exceeds 5.2 with probability about
  /// 1e-7, and 2.7 in the distance of Kolmogorov and Smirnov with probability below 1e-6.
  @Test func drawsFollowTheDensity() throws {
    let tree = try fit(DensityTreeEstimator(pruning: .leaves(most: 40)), banana(1000))
    var rng = RandomGenerator(seed: 3)
    let draws = tree.sample([40_000], using: &rng)
    let nodes = DensityTreeKernels.leaves(
      of: draws, in: tree.nodes, lower: tree.lower.doubles(), upper: tree.upper.doubles()
    ).scalars(as: Int.self)
    var counts = [Double](repeating: 0, count: tree.nodes.column.count)
    for node in nodes { counts[node] += 1 }
    let observed = tree.nodes.column.indices.filter { tree.nodes.column[$0] < 0 }.map { counts[$0] }
    #expect(observed.reduce(0, +) == 40_000)
    let score = chiSquareScore(observed: observed, expected: (tree.leafMasses * 40_000.0).doubles())
    #expect(abs(score) < 5.2)
    for column in 0..<2 {
      let marginal = tree.conditional(of: column, given: [], at: Tensor.zeros([0], dtype: .float64))
      let uniform = marginal.cdf(draws[.all, .at(column)]).sorted().values.doubles()
      let distance = uniform.enumerated().map { abs($1 - (Double($0) + 0.5) / 40_000) }.max() ?? 1
      #expect((distance + 0.5 / 40_000) * 40_000.squareRoot() < 2.7)
    }
  }

  // MARK: Duplicates and discrete columns

  @Test func aColumnOfFewValuesIsCutBetweenThem() throws {
    var rng = RandomGenerator(seed: 4)
    let die = Tensor.integers(in: 0..<3, [900], using: &rng).to(.float64)
    let x = Tensor.stacking([die, Tensor.normal([900], dtype: .float64, using: &rng) + die * 3.0], 1)
    let tree = try fit(DensityTreeEstimator(pruning: .none), x)
    let cuts = zip(tree.nodes.column, tree.nodes.threshold).filter { $0.0 == 0 }.map(\.1)
    #expect(!cuts.isEmpty && cuts.allSatisfy { $0 == 0.5 || $0 == 1.5 })
    #expect(try fit(DensityTreeEstimator(), x).leafCount > 3)
    // With half a step beyond the ends, three equally likely values are equally dense.
    let alone = DensityTreeEstimator(pruning: .leaves(most: 3), margin: .gap)
    let even = try fit(alone, Tensor((0..<300).map { Double($0 % 3) }, shape: [300, 1]))
    expectClose(even.logProb(Tensor([0, 1, 2.0], shape: [3, 1])).doubles(), [-log(3), -log(3), -log(3)])
    #expect(even.lower.doubles() == [-0.5] && even.upper.doubles() == [2.5])
  }

  @Test func rowsThatAreAlikeStayTogether() throws {
    // Half of all rows are one point, which no cut can divide, on any of 30 columns.
    var rng = RandomGenerator(seed: 5)
    let spread = Tensor.uniform([60, 30], dtype: .float64, using: &rng)
    let x = Tensor.concatenating([spread, Tensor.full([60, 30], 0.5, dtype: .float64)])
    let tree = try fit(DensityTreeEstimator(pruning: .none), x)
    let point = tree.logProb(Tensor.full([30], 0.5, dtype: .float64)).item()
    #expect(tree.leafCount > 1 && point.isFinite && tree.leafMasses.max().item() >= 0.5)
    let same = Tensor([1.0, 1, 1, 1, 2, 2, 2, 2, 2], shape: [9, 1])
    #expect(try fit(DensityTreeEstimator(maximumLeafSize: 1, minimumLeafSize: 1, pruning: .none), same).leafCount == 2)
  }

  /// mlpack#515: one leaf, whatever the data, when volumes are large. Pruning must not depend on units, nor on how small
  /// the density of many columns is.
  @Test(
    arguments: [(8, .squaredError), (8, .likelihood), (200, .likelihood)] as [(Int, DensityTreeEstimator.Criterion)])
  func unitsDoNotDecideHowMuchIsPruned(_ columns: Int, _ criterion: DensityTreeEstimator.Criterion) throws {
    var rng = RandomGenerator(seed: 6)
    let group = Tensor.integers(in: 0..<2, [300, 1], using: &rng).to(.float64)
    let noise = Tensor.uniform([300, columns], dtype: .float64, using: &rng)
    let pixels = (group * 200.0 + noise * 40.0).rounded()
    let estimator = DensityTreeEstimator(criterion: criterion)
    let counts = try [0x1p-20, 1, 0x1p20].map { unit in
      let tree = try fit(estimator, pixels * unit)
      #expect(tree.logProb(pixels * unit).isFinite().all())
      return tree.leafCount
    }
    #expect(counts[0] > 2 && counts[1] == counts[0] && counts[2] == counts[0], "\(counts)")
  }

  // MARK: Pruning

  /// Cross-validation once took the worst subtree of all (mlpack#3238, and with the sign turned again since): it kept
  /// nearly all leaves of data without structure.
  @Test(arguments: DensityTreeEstimator.Criterion.allCases)
  func uniformDataNeedFewLeaves(_ criterion: DensityTreeEstimator.Criterion) throws {
    for seed: UInt64 in 1...3 {
      var rng = RandomGenerator(seed: seed)
      let (x, fresh) = (
        Tensor.uniform([800, 2], dtype: .float64, using: &rng), Tensor.uniform([2000, 2], dtype: .float64, using: &rng)
      )
      let inside = fresh * 0.98 + 0.01
      let full = try fit(DensityTreeEstimator(criterion: criterion, pruning: .none), x)
      let pruned = try fit(DensityTreeEstimator(criterion: criterion), x)
      #expect(full.leafCount > 80 && pruned.leafCount < full.leafCount / 8, "\(pruned.leafCount) of \(full.leafCount)")
      #expect(pruned.logProb(inside).mean().item() > full.logProb(inside).mean().item() + 0.1)
    }
  }

  /// And with the sign turned, data with clear structure would become one leaf.
  @Test(arguments: DensityTreeEstimator.Criterion.allCases)
  func clearStructureIsKept(_ criterion: DensityTreeEstimator.Criterion) throws {
    let (x, fresh) = (banana(1500), banana(3000, seed: 6))
    let whole = try fit(DensityTreeEstimator(criterion: criterion, pruning: .leaves(most: 1)), x)
    let pruned = try fit(DensityTreeEstimator(criterion: criterion), x)
    let seen = fresh[.indices(whole.logProb(fresh).isFinite())]
    #expect(pruned.leafCount > 10)
    #expect(pruned.logProb(seen).mean().item() > whole.logProb(seen).mean().item() + 0.7)
  }

  @Test func likelihoodSuitsTheLogarithmicScore() throws {
    let (x, fresh) = (banana(3000), banana(5000, seed: 6))
    let trees = try DensityTreeEstimator.Criterion.allCases.map { try fit(DensityTreeEstimator(criterion: $0), x) }
    let seen = fresh[.indices(trees[0].logProb(fresh).isFinite())]
    let scores = trees.map { $0.logProb(seen).mean().item() }
    #expect(scores[1] > scores[0] + 0.05)
  }

  /// Rows in order of a column: folds that are blocks of rows would each miss a part of the space.
  @Test func theOrderOfRowsIsNoMatter() throws {
    let x = banana(600)
    let order = x[.all, .at(0)].contiguous().sorted().indices
    let (mixed, ordered) = (try fit(DensityTreeEstimator(), x), try fit(DensityTreeEstimator(), x.selecting(order)))
    let points = banana(2000, seed: 7)
    let seen = points[.indices(mixed.logProb(points).isFinite())]
    #expect(abs(mixed.logProb(seen).mean().item() - ordered.logProb(seen).mean().item()) < 0.15)
  }

  @Test func theChosenSubtreeHasTheLeastHeldOutLoss() throws {
    var rng = RandomGenerator(seed: 8)
    let (tree, steps) = try DensityTreeEstimator().fitWithSteps(banana(700), using: &rng)
    let best = try #require(steps.min { ($0.heldOutLoss ?? .infinity) < ($1.heldOutLoss ?? .infinity) })
    #expect(tree.leafCount == best.leafCount && best.leafCount < steps[0].leafCount && steps.last?.leafCount == 1)
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.complexity < $1.complexity && $0.leafCount > $1.leafCount })
  }

  @Test func settingsOfPruningAreHeeded() throws {
    let x = banana(400)
    var rng = RandomGenerator(seed: 9)
    let (full, steps) = try DensityTreeEstimator(pruning: .none).fitWithSteps(x, using: &rng)
    #expect(full.leafCount == steps[0].leafCount && steps.allSatisfy { $0.heldOutLoss == nil })
    for step in steps.indices.dropLast() where step % 7 == 0 {
      let between = (steps[step].complexity + steps[step + 1].complexity) / 2
      #expect(
        try fit(DensityTreeEstimator(pruning: .complexity(penalty: between)), x).leafCount == steps[step].leafCount)
    }
    #expect(try fit(DensityTreeEstimator(pruning: .leaves(most: 12)), x).leafCount <= 12)
    #expect(
      try fit(DensityTreeEstimator(maximumLeafSize: 60, minimumLeafSize: 40, pruning: .none), x).leafMasses.min().item()
        > 0.0999)
  }

  // MARK: Invariance

  @Test(arguments: DensityTreeEstimator.Criterion.allCases)
  func unitsShiftTheLogDensityOnly(_ criterion: DensityTreeEstimator.Criterion) throws {
    let x = banana(600)
    let map = (scale: Tensor([-3.7, 1e-3]), shift: Tensor([100.0, -2]))
    let estimator = DensityTreeEstimator(criterion: criterion)
    let (tree, mapped) = (try fit(estimator, x), try fit(estimator, x * map.scale + map.shift))
    #expect(tree.leafCount == mapped.leafCount && tree.leafCount > 5)
    expectClose(mapped.logProb(x * map.scale + map.shift) + log(3.7e-3), tree.logProb(x), tolerance: 1e-9)
  }

  @Test func floatsGiveTheSameTree() throws {
    let x = banana(600).to(.float32)
    let (narrow, wide) = (try fit(DensityTreeEstimator(), x), try fit(DensityTreeEstimator(), x.to(.float64)))
    expectClose(narrow.logProb(x), wide.logProb(x.to(.float64)), tolerance: 1e-3)
    #expect(narrow.logProb(x).dtype == .float64)
  }

  @Test func aWeightIsARepetition() throws {
    let x = banana(120)
    let counts = (0..<120).map { $0 % 3 + 1 }
    let rows = Tensor((0..<120).flatMap { [Int](repeating: $0, count: counts[$0]) })
    let estimator = DensityTreeEstimator(pruning: .none)
    let (weighted, repeated) = (
      try fit(estimator, x, weights: Tensor(counts.map(Double.init))), try fit(estimator, x.selecting(rows))
    )
    #expect(weighted.nodes.threshold == repeated.nodes.threshold && weighted.leafCount > 10)
    #expect(weighted.leafMasses.isEqual(to: repeated.leafMasses))
    let validated = try fit(DensityTreeEstimator(), x, weights: Tensor(counts.map(Double.init)))
    #expect(validated.leafCount < weighted.leafCount)
    var kept = [Double](repeating: 1, count: 121)
    kept[120] = 0
    let outlier = Tensor.concatenating([x, Tensor.full([1, 2], 1e9, dtype: .float64)])
    #expect(
      try fit(estimator, outlier, weights: Tensor(kept)).tensors["threshold"]?.isEqual(
        to: Tensor(try fit(estimator, x).nodes.threshold)) == true)
  }

  @Test func sameSeedSameTree() throws {
    let x = banana(500)
    let trees = try [1, 1, 2].map { try fit(DensityTreeEstimator(), x, seed: $0) }
    #expect(trees[0].nodes.threshold == trees[1].nodes.threshold)
    var (rng, same) = (RandomGenerator(seed: 4), RandomGenerator(seed: 4))
    _ = try DensityTreeEstimator(pruning: .none).fit(x, using: &rng)
    #expect(rng.next() == same.next())
  }
}
