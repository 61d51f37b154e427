import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Binary rows along a tree: 0 -> 2, 2 -> 1, 2 -> 4, 0 -> 3; a child has its parent's value with some probability.
private func treeRows(_ count: Int, seed: UInt64) -> Tensor {
  var rng = RandomGenerator(seed: seed)
  let chance = Tensor.uniform([5, count], dtype: .float64, using: &rng)
  func child(_ parent: Tensor, _ own: Tensor, _ share: Double) -> Tensor { select(own .< share, parent, 1 - parent) }
  let root = (chance[0] .< 0.4).to(.float64)
  let second = child(root, chance[2], 0.8)
  return Tensor.stacking(
    [root, child(second, chance[1], 0.7), second, child(root, chance[3], 0.25), child(second, chance[4], 0.9)], 1)
}

/// The mutual information of two columns by counting pairs one by one.
private func countedInformation(_ first: [Double], _ second: [Double]) -> Double {
  let count = Double(first.count)
  var (joint, left, right) = ([[Double]: Double](), [Double: Double](), [Double: Double]())
  for (a, b) in zip(first, second) {
    joint[[a, b], default: 0] += 1 / count
    left[a, default: 0] += 1 / count
    right[b, default: 0] += 1 / count
  }
  return joint.reduce(0) { sum, entry in
    sum + entry.value * log(entry.value / ((left[entry.key[0]] ?? 0) * (right[entry.key[1]] ?? 0)))
  }
}

@Suite struct ChowLiuTreeTests {
  @Test func findsTheTree() throws {
    var rng = RandomGenerator(seed: 61)
    let fit = try ChowLiuTreeEstimator().fit(treeRows(4000, seed: 62), using: &rng)
    #expect(fit.parents == [[], [2], [0], [0], [2]])
    #expect(fit.root == 0 && fit.edges.count == 4)
    let other = try ChowLiuTreeEstimator(root: 4).fit(treeRows(4000, seed: 62), using: &rng)
    #expect(other.parents == [[2], [2], [4], [0], []])
    let rows = binaryRows(5)
    expectClose([fit.logProb(rows).exp().sum().item()], [1])
    checkDistribution(fit)
    let again = try ChowLiuTree(tensors: fit.tensors)
    #expect(again.logProb(rows).isEqual(to: fit.logProb(rows)))
  }

  /// No other tree gives the rows a greater likelihood: all 125 trees of 5 columns (by their Prüfer codes) are tried.
  @Test func hasTheGreatestLikelihood() throws {
    var rng = RandomGenerator(seed: 63)
    let x = treeRows(300, seed: 64)
    let best = try ChowLiuTreeEstimator(smoothing: 1e-9).fit(x, using: &rng).logProb(x).sum().item()
    var isReached = false
    for code in 0..<125 {
      let (order, parents) = prüferTree([code / 25, code / 5 % 5, code % 5])
      let other = try Factorization(
        fitting: x, order: order, parents: parents,
        with: { _, _ in ConditionalTableEstimator(smoothing: 1e-9) }, using: &rng)
      let value = other.logProb(x).sum().item()
      #expect(value <= best + 1e-6)
      isReached = isReached || abs(value - best) < 1e-6
    }
    #expect(isReached)
  }

  /// The tree of a Prüfer code, rooted at column 4.
  private func prüferTree(_ code: [Int]) -> (order: [Int], parents: [[Int]]) {
    var degrees = (0..<5).map { node in 1 + code.count { $0 == node } }
    var neighbours = [[Int]](repeating: [], count: 5)
    func join(_ a: Int, _ b: Int) {
      neighbours[a].append(b)
      neighbours[b].append(a)
    }
    for node in code {
      let leaf = degrees.firstIndex(of: 1) ?? 0
      join(leaf, node)
      degrees[leaf] -= 1
      degrees[node] -= 1
    }
    let last = degrees.indices.filter { degrees[$0] == 1 }
    join(last[0], last[1])
    var (order, parents) = ([4], [[Int]](repeating: [], count: 5))
    var place = 0
    while place < order.count {
      for next in neighbours[order[place]] where !order.contains(next) {
        parents[next] = [order[place]]
        order.append(next)
      }
      place += 1
    }
    return (order, parents)
  }

  @Test func informationIsThatOfCountedPairs() throws {
    var rng = RandomGenerator(seed: 65)
    let few = Tensor.integers(in: 0..<3, [500, 2], using: &rng).to(.float64)
    let sum = few.sum(-1, keepingDimensions: true)
    let x = Tensor.concatenating([treeRows(500, seed: 66), few, sum], 1)
    let information = try mutualInformation(of: x, smoothing: 1e-12)
    let columns = x.unbound(1).map { $0.doubles() }
    let expected = columns.indices.map { i in
      columns.indices.map { j in i == j ? 0 : countedInformation(columns[i], columns[j]) }
    }
    expectClose(information, Tensor(rows: expected), tolerance: 1e-9)
  }

  /// Normal columns of correlation r have -log(1 - r^2) / 2; a number that is shifted by a value has the share of its
  /// variance between the values.
  @Test func informationOfNumbers() throws {
    var rng = RandomGenerator(seed: 67)
    let noise = Tensor.normal([2, 2000], dtype: .float64, using: &rng)
    let value = Tensor.integers(in: 0..<3, [2000], using: &rng).to(.float64)
    let x = Tensor.stacking([noise[0] * 3 + 100, noise[0] + noise[1] * 0.5, value, noise[1] + value * 2], 1)
    let information = try mutualInformation(of: x)
    let centered = x - x.mean(0)
    let scale = centered.squared().sum(0).squareRoot()
    let correlation = centered.transposed().matmul(centered) / scale / scale.unsqueezed(1)
    for (i, j) in [(0, 1), (0, 3), (1, 3)] {
      let r = correlation[.at(i), .at(j)].item()
      expectClose([information[.at(i), .at(j)].item()], [-0.5 * log(1 - r * r)], tolerance: 1e-9)
    }
    let residual = try LinearGaussianEstimator().fit(
      ConditionalData(target: x[.all, 3], given: x[.all, 2].unsqueezed(1)), using: &rng
    ).scale.item()
    let total = centered[.all, 3].squared().mean().squareRoot().item()
    expectClose([information[2, 3].item()], [log(total / residual)], tolerance: 1e-9)
    expectClose(information, information.transposed())
    let binned = try mutualInformation(of: x, continuous: .bins(count: 8), smoothing: 1e-9)
    #expect(binned[0, 1].item() > 0.5 && binned[0, 1].item() < information[0, 1].item())
  }

  /// Columns of all kinds: a chain of a number, a value and a number.
  @Test(arguments: [ContinuousDependence.gaussian, .bins(count: 6)])
  func mixedColumns(_ continuous: ContinuousDependence) throws {
    var rng = RandomGenerator(seed: 68)
    let noise = Tensor.normal([3, 3000], dtype: .float64, using: &rng)
    let value = (noise[0] .> 0.3).to(.float64)
    let x = Tensor.stacking([noise[0], noise[2], value, value * 3 + noise[1]], 1)
    let fit = try ChowLiuTreeEstimator(continuous: continuous).fit(x, using: &rng)
    #expect(fit.columns == [.continuous, .continuous, .discrete(values: [0, 1]), .continuous])
    #expect(fit.parents[2] == [0] && fit.parents[3] == [2])
    checkDistribution(fit)
    let again = try ChowLiuTree(tensors: fit.tensors)
    #expect(again.logProb(x).isEqual(to: fit.logProb(x)))
    let codes = fit.codes(fit.sample([5000], using: &rng), using: &rng)
    for column in 0..<4 { #expect(uniformDistance(codes[.all, .at(column)]) < 2.7) }
  }

  @Test func weightsAreRepetitions() throws {
    var rng = RandomGenerator(seed: 69)
    let x = treeRows(200, seed: 70)
    let counts = Tensor.integers(in: 0..<3, [200], using: &rng)
    let repeated = Tensor.concatenating([x[.indices(counts .>= 1)], x[.indices(counts .>= 2)]])
    let weighted = try ChowLiuTreeEstimator().fit(x, weights: counts.to(.float64), using: &rng)
    let plain = try ChowLiuTreeEstimator().fit(repeated, using: &rng)
    expectClose(weighted.logProb(x), plain.logProb(x))
  }

  @Test func refusesSettings() throws {
    var rng = RandomGenerator(seed: 71)
    let x = treeRows(50, seed: 72)
    for estimator in [
      ChowLiuTreeEstimator(smoothing: 0), ChowLiuTreeEstimator(root: 5), ChowLiuTreeEstimator(root: -1),
    ] {
      #expect(throws: DensityEstimationError.self) { try estimator.fit(x, using: &rng) }
    }
  }
}
