public import Probability
public import Testing
public import Torch

/// Checks what every conditional distribution promises: the distributions of a batch of contexts are those of each
/// context alone, contexts matter, and shapes broadcast.
///
/// - Parameters:
///   - model: the model, with parameters other than at the start.
///   - x: events `[count, *event]`, of which the count is at least 2.
///   - context: `[count, contextFeatures]`, all different.
///   - tolerance: the greatest difference allowed for numbers up to 1, and relative above.
///   - sourceLocation: where a failure is shown.
public func checkConditional(
  _ model: some ConditionalDistribution, on x: Tensor, given context: Tensor, tolerance: Double = 1e-9,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  var rng = RandomGenerator(seed: 21)
  let together = model.conditioned(on: context)
  let logProb = together.logProb(x)
  let count = x.size(0)
  #expect(together.batchShape == [count] && logProb.shape == [count], sourceLocation: sourceLocation)
  for sampleShape: Shape in [[], [3], [2, 3]] {
    let draws = together.sample(sampleShape, using: &rng)
    #expect(draws.shape == sampleShape + [count] + together.eventShape, sourceLocation: sourceLocation)
    #expect(together.logProb(draws).shape == sampleShape + [count], sourceLocation: sourceLocation)
  }
  let alone = (0..<count).map { model.conditioned(on: context[.at($0)]).logProb(x[.at($0)]) }
  expectClose(Tensor.stacking(alone), logProb, tolerance: tolerance, "each alone", sourceLocation: sourceLocation)
  // Each event under each context: [event, context].
  let table = together.logProb(x.unsqueezed(1))
  #expect(table.shape == [count, count], sourceLocation: sourceLocation)
  expectClose(table.diagonal(), logProb, tolerance: tolerance, "all pairs", sourceLocation: sourceLocation)
  let first = model.conditioned(on: context[0]).logProb(x)
  expectClose(table[.all, 0], first, tolerance: tolerance, "one context", sourceLocation: sourceLocation)
  #expect(!first.isClose(to: logProb), "the context does not matter", sourceLocation: sourceLocation)
}
