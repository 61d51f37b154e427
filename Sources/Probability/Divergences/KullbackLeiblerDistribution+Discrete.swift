public import Torch

extension Categorical: KullbackLeiblerDistribution {
  /// The sum of p1 log(p1 / p2); infinite where a number is possible only for the first.
  ///
  /// - Precondition: both have the same count of numbers, and batches broadcast.
  public func kullbackLeiblerDivergence(from other: Categorical) -> Tensor {
    checkComparable(with: other)
    precondition(
      count == other.count,
      "kullbackLeiblerDivergence: expected a Categorical of \(count) numbers, got \(other.count)")
    return divergenceTerm(probabilities, other.probabilities).sum(-1)
  }
}

extension Bernoulli: KullbackLeiblerDistribution {
  /// p1 log(p1 / p2) + (1 - p1) log((1 - p1) / (1 - p2)) for each number, summed over the event.
  public func kullbackLeiblerDivergence(from other: Bernoulli) -> Tensor {
    checkComparable(with: other)
    // By the logits, since 1 - p has lost its digits where p is near 1.
    let each =
      divergenceTerm(probability, other.probability) + divergenceTerm((-logits).sigmoid(), (-other.logits).sigmoid())
    return each.sumTrailing(eventShape.rank)
  }
}

extension Geometric: KullbackLeiblerDistribution {
  /// That of a single trial times the mean number of trials, 1 / p1, for each number, summed over the event.
  public func kullbackLeiblerDivergence(from other: Geometric) -> Tensor {
    checkComparable(with: other)
    let trial =
      divergenceTerm(probability, other.probability) + divergenceTerm(1.0 - probability, 1.0 - other.probability)
    return (trial / probability).sumTrailing(eventShape.rank)
  }
}

extension Poisson: KullbackLeiblerDistribution {
  /// r1 log(r1 / r2) - r1 + r2 for each number, summed over the event.
  public func kullbackLeiblerDivergence(from other: Poisson) -> Tensor {
    checkComparable(with: other)
    return divergenceTerm(rate, other.rate).sumTrailing(eventShape.rank)
  }
}
