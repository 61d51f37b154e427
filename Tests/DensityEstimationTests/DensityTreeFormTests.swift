import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@testable import DensityEstimation

/// What a tree can be asked beside densities, how it is stored, and what it refuses.
@Suite struct DensityTreeFormTests {
  private func tree(_ estimator: DensityTreeEstimator, _ x: Tensor, weights: Tensor? = nil) throws -> DensityTree {
    var rng = RandomGenerator(seed: 1)
    return try estimator.fit(x, weights: weights, using: &rng)
  }

  private func three(_ count: Int) -> Tensor {
    var rng = RandomGenerator(seed: 2)
    let x = Tensor.normal([count, 3], dtype: .float64, using: &rng)
    return Tensor.stacking([x[.all, 0], x[.all, 0] * 0.8 + x[.all, 1] * 0.5, x[.all, 1].squared() + x[.all, 2]], 1)
  }

  // MARK: Conditional densities

  @Test func aConditionalIsTheJointOverItsIntegral() throws {
    let joint = try tree(DensityTreeEstimator(pruning: .leaves(most: 60)), three(800))
    let given = three(800)[.range(0..<40), .slice(from: 0, to: 2)]
    let conditional = joint.conditional(of: 2, at: given)
    #expect(conditional.batchShape == [40])
    checkDistribution(conditional, draws: 2000)
    // On 4000 midpoints along the third column.
    let (low, high) = (joint.lower[.at(2)].item(), joint.upper[.at(2)].item())
    let width = (high - low) / 4000
    for row in [0, 7, 39] {
      let line = (0..<4000).map { low + (Double($0) + 0.5) * width }
      let point = given[.at(row)].doubles()
      let values = joint.logProb(Tensor(rows: line.map { point + [$0] })).exp().doubles()
      let integral = values.reduce(0, +) * width
      let one = joint.conditional(of: 2, at: Tensor(point))
      expectClose(one.logProb(Tensor(line)).exp().doubles(), values.map { $0 / integral }, tolerance: 0.02)
      let below = values[...2000].reduce(0, +) * width / integral
      expectClose(one.cdf(Tensor([line[2000]])).doubles(), [below], tolerance: 2e-3)
      let number = Tensor([line[1234]])
      expectClose([conditional.logProb(number).doubles()[row]], one.logProb(number).doubles(), tolerance: 1e-12)
    }
  }

  @Test func columnsThatAreNotGivenAreIntegratedOut() throws {
    let joint = try tree(DensityTreeEstimator(pruning: .leaves(most: 30)), three(500))
    // p(x1 | x3) p(x2 | x1, x3) summed over cells of x2 is p(x1 | x3): the chain rule, at some points.
    let x3 = Tensor([0.4])
    let direct = joint.conditional(of: 0, given: [2], at: x3)
    let marginal = joint.conditional(of: 2, given: [], at: Tensor.zeros([0], dtype: .float64))
    let third = joint.conditional(of: 1, given: [2, 0], at: Tensor([0.4, -0.3]))
    let point = Tensor([-0.3, 0.1, 0.4])
    let chain =
      marginal.logProb(x3).item() + direct.logProb(Tensor([-0.3])).item() + third.logProb(Tensor([0.1])).item()
    expectClose([chain], [joint.logProb(point).item()], tolerance: 1e-10)
    #expect(joint.conditional(of: 0, given: [1], at: Tensor([Double.nan])).logProb(Tensor([0.0])).isNaN().all())
    #expect(joint.conditional(of: 0, given: [1], at: Tensor([1e9])).logProb(Tensor([0.0])).item().isNaN == false)
  }

  // MARK: Text

  @Test func theTextShowsCutsAndLeaves() throws {
    let hand = Tensor(rows: [[4.0, 5, 5], [5, 0, 6], [7, 1, 7], [3, 7, 1], [5, 1, 8]])
    let tree = try tree(
      DensityTreeEstimator(criterion: .squaredError, maximumLeafSize: 2, minimumLeafSize: 1, pruning: .none), hand)
    #expect(
      tree.rendered(columnNames: ["a", "b", "c"]) == """
        c <= 5.5      1
        |-- leaf      0.4       density 0.003175
        `-- b <= 0.5  0.6
            |-- leaf  0.2       density 0.04
            `-- leaf  0.4       density 0.006154
        """)
    #expect(
      tree.rendered(levels: 1) == """
        x3 <= 5.5  1
        |-- leaf   0.4       density 0.003175
        `-- ...    0.6       2 leaves
        """)
    #expect("\(tree)" == "density tree: 3 columns, 3 leaves, up to 2 cuts deep")
  }

  // MARK: Files

  @Test func tensorsAreTheTree() throws {
    let tree = try tree(DensityTreeEstimator(pruning: .leaves(most: 20)), three(300))
    let again = try DensityTree(tensors: tree.tensors)
    let x = three(300)
    #expect(again.logProb(x).isEqual(to: tree.logProb(x)) && again.nodes.upperChild == tree.nodes.upperChild)
    let (column, threshold) = (try #require(tree.tensors["column"]), try #require(tree.tensors["threshold"]))
    let count = column.elementCount
    for (name, bad) in [
      ("column", Tensor([Int](repeating: 0, count: count))), ("column", Tensor([Int](repeating: -1, count: count))),
      ("column", Tensor([0])), ("column", column + 3), ("column", column.to(.float64)), ("column", Tensor([Int]())),
      ("threshold", threshold + 1e9), ("threshold", threshold * Double.nan), ("threshold", Tensor([1.0])),
      ("lower", tree.upper), ("lower", tree.lower - Double.infinity), ("upper", Tensor([1.0, 2])),
      ("mass", -(try #require(tree.tensors["mass"]))), ("mass", Tensor([Double](repeating: 0, count: count))),
    ] {
      var tensors = tree.tensors
      tensors[name] = bad
      #expect(throws: DensityEstimationError.self, "\(name) \(bad.shape)") { try DensityTree(tensors: tensors) }
      tensors[name] = nil
      #expect(throws: DensityEstimationError.self, "\(name)") { try DensityTree(tensors: tensors) }
    }
  }

  @Test func settingsMayLeaveOutTheFolds() throws {
    let estimator = DensityTreeEstimator(criterion: .squaredError, pruning: .crossValidation(folds: 12), margin: .gap)
    let text = String(decoding: try JSONEncoder().encode(estimator), as: UTF8.self)
    #expect(try JSONDecoder().decode(DensityTreeEstimator.self, from: Data(text.utf8)) == estimator)
    for (json, pruning) in [
      (#"{"crossValidation":{}}"#, .crossValidation(folds: 10)), (#"{"none":{}}"#, .none),
      (#"{"leaves":{"most":7}}"#, .leaves(most: 7)), (#"{"complexity":{"penalty":0.5}}"#, .complexity(penalty: 0.5)),
    ] as [(String, DensityTreeEstimator.Pruning)] {
      #expect(try JSONDecoder().decode(DensityTreeEstimator.Pruning.self, from: Data(json.utf8)) == pruning)
      #expect(
        try JSONDecoder().decode(DensityTreeEstimator.Pruning.self, from: try JSONEncoder().encode(pruning)) == pruning)
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(DensityTreeEstimator.Pruning.self, from: Data(#"{"some":{}}"#.utf8))
    }
  }

  // MARK: Refusals

  @Test func unfitDataAreRefused() throws {
    let x = three(50)
    let flat = Tensor.concatenating([x, Tensor.ones([50, 1], dtype: .float64)], 1)
    #expect(throws: DensityEstimationError.constantColumn(column: 3)) { try tree(DensityTreeEstimator(), flat) }
    #expect(throws: DensityEstimationError.tooFewRows(available: 5, needed: 10)) {
      try tree(DensityTreeEstimator(), x[.range(0..<5)])
    }
    #expect(throws: DensityEstimationError.notFinite(row: 1, column: 0)) {
      try tree(DensityTreeEstimator(pruning: .none), Tensor(rows: [[1.0, 2], [.infinity, 3], [2, 2.5]]))
    }
    #expect(throws: DensityEstimationError.self) {
      try tree(DensityTreeEstimator(), x, weights: Tensor.full([50], 0.02, dtype: .float64))
    }
    for estimator in [
      DensityTreeEstimator(minimumLeafSize: 0), DensityTreeEstimator(maximumLeafSize: 3, minimumLeafSize: 4),
      DensityTreeEstimator(pruning: .crossValidation(folds: 1)), DensityTreeEstimator(pruning: .leaves(most: 0)),
      DensityTreeEstimator(pruning: .complexity(penalty: -1)), DensityTreeEstimator(margin: .fraction(ofWidth: -0.1)),
    ] {
      let error = #expect(throws: DensityEstimationError.self) { try tree(estimator, x) }
      #expect(error?.description.contains("must be") == true)
    }
    #expect(throws: DensityEstimationError.self) {
      try tree(DensityTreeEstimator(pruning: .none), Tensor([-1e308, 0, 1e308], shape: [3, 1]))
    }
  }

  @Test func marginsWidenTheBox() throws {
    let x = Tensor([0, 1, 4.0, 10], shape: [4, 1])
    func box(_ margin: DensityTreeEstimator.Margin) throws -> [Double] {
      let tree = try tree(DensityTreeEstimator(pruning: .leaves(most: 1), margin: margin), x)
      return tree.lower.doubles() + tree.upper.doubles()
    }
    #expect(try box(.none) == [0, 10] && box(.gap) == [-0.5, 13] && box(.fraction(ofWidth: 0.5)) == [-5, 15])
  }
}
