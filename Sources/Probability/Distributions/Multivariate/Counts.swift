import Torch

// What distributions of counts of classes share. Counts are whole floating-point numbers, `[*batch, classes]`.

/// The set of whole counts from 0 that sum to a total, `[*batch]`.
func countSupport(total: Tensor) -> Support {
  .joint(eventRank: 1) { x in isCount(x).all(-1) .& (x.wide.sum(-1) .== total.wide) }
}

/// Whether each element is 0, 1, 2, ...
func isCount(_ x: Tensor) -> Tensor { (x .>= 0) .& (x .== x.floor()) .& x.isFinite() }

/// The logarithm of the number of orders in which counts can come about: total! over the product of counts!.
func logMultinomialCoefficient(total: Tensor, _ counts: Tensor) -> Tensor {
  (total + 1.0).logGamma() - (counts + 1.0).logGamma().sum(-1)
}

/// Stops unless totals are whole and not negative, and every whole number up to them is one of the type.
func checkTotals(_ name: String, _ totals: Tensor, dtype: DType) {
  precondition(isCount(totals.wide).all(), "\(name): expected totals that are whole and not negative")
  precondition(
    dtype.isFloatingPoint && (totals.wide .<= 2 / dtype.ulpOfOne).all(),
    "\(name): counts up to \(totals.elementCount == 0 ? 0 : totals.wide.max().item()) do not fit into \(dtype); "
      + "give 64-bit parameters")
}

/// Counts of classes in independent draws, by halving: the total is split between the first and the second half of the
/// classes by a binomial draw, and each part again. Exact, with one operation for each level.
///
/// - Parameters:
///   - total: 64-bit totals, `[*shape]`.
///   - weights: 64-bit, not negative, `[*shape, classes]`; not all 0.
///   - rng: the source of random numbers.
/// - Returns: `[*shape, classes]`.
func multinomialCounts(total: Tensor, weights: Tensor, using rng: inout RandomGenerator) -> Tensor {
  let classes = weights.size(-1)
  var levels = [weights]
  while let last = levels.last, last.size(-1) > 1 {
    let even = last.size(-1) % 2 == 0 ? last : last.padded([0, 1], with: 0.0)
    levels[levels.count - 1] = even
    levels.append(even.unflattened(-1, [even.size(-1) / 2, 2]).sum(-1))
  }
  var counts = total.unsqueezed(-1)
  for level in levels.dropLast().reversed() {
    let pairs = level.unflattened(-1, [level.size(-1) / 2, 2])
    let sums = pairs.sum(-1)
    let probability = select(sums .> 0, pairs[.ellipsis, .at(0)] / sums, 0.0).clamped(from: 0, to: 1)
    let parents = counts.narrowed(-1, from: 0, length: sums.size(-1)).contiguous()
    let first = Tensor.binomial(parents, probability.broadcasted(to: parents.shape).contiguous(), using: &rng)
    counts = Tensor.stacking([first, parents - first], -1).flattened(from: -2)
  }
  return counts.narrowed(-1, from: 0, length: classes)
}
