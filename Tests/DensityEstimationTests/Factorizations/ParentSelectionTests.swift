import DensityEstimation
import Testing
import Torch

@Suite struct ParentSelectionTests {
  /// A chain of four columns and one by itself: what does not matter given the column before is dropped.
  @Test(arguments: [ConditionalFamily.linear(), .tree(ConditionalTreeEstimator(bins: 8))])
  func dropsWhatDoesNotMatter(_ family: ConditionalFamily) throws {
    var rng = RandomGenerator(seed: 131)
    let noise = Tensor.normal([5, 3000], dtype: .float64, using: &rng).unbound()
    var columns = [noise[0]]
    for step in 1..<4 { columns.append(columns[step - 1] * 0.8 + noise[step] * 0.6) }
    let x = Tensor.stacking(columns + [noise[4]], 1)
    let model = try AutoregressiveEstimator(conditional: family, mostParents: 3).fit(x, using: &rng)
    #expect(model.parents == [[], [0], [1], [2], []])
    let limited = try AutoregressiveEstimator(conditional: family, mostParents: 0).fit(x, using: &rng)
    #expect(limited.parents.filter { !$0.isEmpty } == [])
  }

  /// Two causes that matter together only: greedy choice by one column at a time finds both when each helps by itself.
  @Test func keepsAllThatMatter() throws {
    var rng = RandomGenerator(seed: 132)
    let noise = Tensor.normal([4, 3000], dtype: .float64, using: &rng).unbound()
    let x = Tensor.stacking([noise[0], noise[1], noise[2], noise[0] - noise[2] * 2 + noise[3]], 1)
    let model = try AutoregressiveEstimator(conditional: .linear(), mostParents: 3).fit(x, using: &rng)
    #expect(model.parents[3] == [2, 0])
  }
}
