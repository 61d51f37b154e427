import Foundation
import Torch

/// The search for the numbers at which distribution functions of normal mixtures reach levels inside (0, 1).
///
/// Newton's iteration on the normal quantile of the distribution function, which is nearly straight where a mixture is
/// nearly normal and in its tails, between bounds that close in. Numbers that are found are left out of further steps.
struct MixtureQuantiles {
  private let levels: Tensor
  private let mixtures: NormalMixtureRows

  /// Levels `[*draws, *batch]`.
  init(_ mixtures: NormalMixtureRows, levels: Tensor) {
    self.mixtures = mixtures
    self.levels = levels
  }

  /// The numbers, of the levels' shape, to rounding of the distribution function.
  func found() -> Tensor {
    guard levels.elementCount > 0 else { return levels }
    let batch = mixtures.batchShape.elementCount
    // The last dimension of the levels is the batch.
    let rows = Tensor.range(batch, device: levels.device).tiled([levels.elementCount / batch])
    var search = Search(mixtures.selecting(rows), levels.flattened())
    var places = Tensor.range(levels.elementCount, device: levels.device)
    var found: [(places: Tensor, values: Tensor)] = []
    for _ in 0..<100 {
      search.step()
      let done = search.isFound.nonzeroCount()
      if done == places.elementCount { break }
      if done * 2 < places.elementCount { continue }
      found.append((places.selecting(where: search.isFound), search.x.selecting(where: search.isFound)))
      let left = (.!search.isFound).nonzero().flattened()
      places = places.selecting(left)
      search = search.selecting(left)
    }
    found.append((places, search.x))
    let order = Tensor.concatenating(found.map(\.places)).sorted().indices
    return Tensor.concatenating(found.map(\.values)).selecting(order).reshaped(levels.shape)
  }

  private struct Search {
    let mixtures: NormalMixtureRows
    let levels: Tensor
    let scores: Tensor
    var x, lower, upper, isFound: Tensor

    init(_ mixtures: NormalMixtureRows, _ levels: Tensor) {
      self.mixtures = mixtures
      self.levels = levels
      scores = levels.normalQuantile()
      let each = mixtures.locations + mixtures.scales * scores.unsqueezed(-1)
      let counts = mixtures.logWeights .> -Double.infinity
      // Between the least and the greatest quantile of the components.
      lower = select(counts, each, Double.infinity).min(-1)
      upper = select(counts, each, -Double.infinity).max(-1)
      let (mean, deviation) = mixtures.moments
      x = (mean + deviation * scores).clamped(from: lower, to: upper)
      isFound = levels .< 0
    }

    private init(_ other: Search, _ rows: Tensor) {
      mixtures = other.mixtures.selecting(rows)
      (levels, scores) = (other.levels.selecting(rows), other.scores.selecting(rows))
      (x, isFound) = (other.x.selecting(rows), other.isFound.selecting(rows))
      (lower, upper) = (other.lower.selecting(rows), other.upper.selecting(rows))
    }

    func selecting(_ rows: Tensor) -> Search { Search(self, rows) }

    mutating func step() {
      let reached = mixtures.cdf(x)
      let excess = reached - levels
      upper = select(excess .> 0, x, upper)
      lower = select(excess .<= 0, x, lower)
      let rounding = Double.ulpOfOne
      isFound =
        (excess.absolute() .<= levels * (64 * rounding))
        .| (upper - lower .<= maximum(upper.absolute(), lower.absolute()) * (2 * rounding))
      let score = reached.normalQuantile()
      let slope = mixtures.logProb(unchecked: x) + score.squared() * 0.5 + 0.5 * log(2 * Double.pi)
      let newton = x - (score - scores) / slope.exp()
      // Outside the bounds, and where the density vanishes, the middle is taken.
      let next = select((newton .> lower) .& (newton .< upper), newton, (lower + upper) * 0.5)
      x = select(isFound, x, next)
    }
  }
}
