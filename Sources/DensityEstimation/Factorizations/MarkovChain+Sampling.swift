public import Probability
public import Torch

extension MarkovChain {
  /// Independent series, drawn step by step.
  ///
  /// - Parameters:
  ///   - steps: the number of steps of each.
  ///   - count: the number of series, which are drawn side by side.
  ///   - rng: the source of random numbers.
  /// - Returns: `[count, steps, features]`.
  public func sample(steps: Int, count: Int = 1, using rng: inout RandomGenerator) -> Tensor {
    precondition(steps >= 1 && count >= 1, "sample: expected positive counts, got \(steps) steps, \(count) series")
    let first = start.sample([count], using: &rng).unflattened(-1, [order, features])
    guard steps > order else { return first.narrowed(1, from: 0, length: steps) }
    let later = sample(steps: steps - order, after: first, using: &rng)
    return Tensor.concatenating([first, later], 1)
  }

  /// Continuations of series.
  ///
  /// - Parameters:
  ///   - steps: the number of steps to draw.
  ///   - past: `[count, pastSteps, features]`, at least `order` steps; the last ones matter.
  ///   - rng: the source of random numbers.
  /// - Returns: one continuation of each series, `[count, steps, features]`.
  public func sample(steps: Int, after past: Tensor, using rng: inout RandomGenerator) -> Tensor {
    precondition(
      steps >= 1 && past.rank == 3 && past.size(1) >= order && past.size(2) == features,
      "sample: expected a past of [count, \(order) or more, \(features)], got \(past.shape)")
    return withoutGradient {
      let count = past.size(0)
      let last = past.narrowed(1, from: past.size(1) - order, length: order).to(.float64)
      var history = last.flattened(from: 1).unbound(1)
      var rows: [Tensor] = []
      for _ in 0..<steps {
        let known = history + [Tensor?](repeating: nil, count: features)
        let columns = transition.drawn(count: count, known: known, using: &rng).compactMap { $0 }
        rows.append(Tensor.stacking(Array(columns[history.count...]), -1))
        history = Array(columns[features...])
      }
      return Tensor.stacking(rows, 1)
    }
  }

  /// Series of a number of steps as events of a distribution, `[steps, features]`.
  public func series(steps: Int) -> MarkovSeries { MarkovSeries(chain: self, steps: steps) }
}

/// Series of a number of steps of a ``MarkovChain``, as events of a distribution.
public struct MarkovSeries: Distribution {
  /// The chain.
  public let chain: MarkovChain
  /// The number of steps.
  public let steps: Int

  init(chain: MarkovChain, steps: Int) {
    precondition(steps >= 1, "MarkovChain: expected a positive number of steps, got \(steps)")
    self.chain = chain
    self.steps = steps
  }

  /// One distribution.
  public var batchShape: Shape { [] }
  /// `[steps, features]`.
  public var eventShape: Shape { [steps, chain.features] }
  /// The numbers that each column can take by itself, at the start or later.
  public var support: Support {
    let parts = chain.start.factors + chain.transition
    let ends = (0..<chain.features).map { column -> (Double, Double) in
      let own = parts.filter { $0.column % chain.features == column }.map(\.conditional.support.elements)
      return own.reduce((Double.infinity, -Double.infinity)) { ends, elements in
        guard case .interval(let lower, let upper) = elements else { return (-Double.infinity, Double.infinity) }
        return (min(ends.0, lower.item()), max(ends.1, upper.item()))
      }
    }
    return Support(.interval(lower: Tensor(ends.map(\.0)), upper: Tensor(ends.map(\.1))), eventRank: 2)
  }

  /// The log-probability of series, in nats.
  public func logProb(unchecked x: Tensor) -> Tensor { chain.logProb(x) }

  /// Series drawn step by step.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    chain.sample(steps: steps, count: sampleShape.elementCount, using: &rng).reshaped(sampleShape + eventShape)
  }
}
