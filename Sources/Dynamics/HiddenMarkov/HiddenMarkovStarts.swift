import Torch

/// Where Baum and Welch's algorithm begins: probabilities of states for each row, by clusters of rows, or by chance.
struct HiddenMarkovStarts {
  let states: Int

  /// Most rows from which centers are computed.
  private static let mostRows = 20_000

  /// A start by clusters, but for every third, in which each row has random probabilities.
  func posteriors(_ rows: Tensor, number: Int, using rng: inout RandomGenerator) -> Tensor {
    if number % 3 == 2 {
      let noise = -Tensor.uniform([rows.size(0), states], dtype: .float64, using: &rng).log()
      return noise / noise.sum(1, keepingDimensions: true)
    }
    let cells = ObservedCells(rows)
    let there = cells.isThere ?? Tensor.ones(rows.shape, dtype: .float64)
    let deviations = (cells.values - cells.values.sum(0) / there.sum(0)) * there
    let spread = (deviations.squared().sum(0) / there.sum(0)).squareRoot()
    let scaled = deviations / select(spread .> 0, spread, 1.0)
    let nearest = scaled.distances(to: centers(scaled, using: &rng)).argMin(1)
    return nearest.oneHot(states).to(.float64) * 0.9 + 0.1 / Double(states)
  }

  /// Centers far from one another (Arthur, Vassilvitskii, *k-means++*, 2007), then Lloyd's algorithm.
  private func centers(_ all: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let rows =
      all.size(0) <= Self.mostRows
      ? all : all.selecting(Tensor.permutation(all.size(0), using: &rng)[.slice(to: Self.mostRows)])
    let count = rows.size(0)
    var chosen = [Int.random(in: 0..<count, using: &rng)]
    while chosen.count < states {
      let distance = rows.distances(to: rows.selecting(Tensor(chosen))).min(1).squared()
      let weights = distance.sum().item() > 0 ? distance : Tensor.ones([count], dtype: .float64)
      chosen.append(weights.multinomial(1, using: &rng).integerItem())
    }
    var centers = rows.selecting(Tensor(chosen))
    for _ in 0..<20 {
      let member = rows.distances(to: centers).argMin(1).oneHot(states).to(.float64)
      let sizes = member.sum(0).unsqueezed(1)
      let means = member.transposed().matmul(rows) / sizes
      centers = select((sizes .> 0).broadcasted(to: means.shape), means, centers)
    }
    return centers
  }
}
