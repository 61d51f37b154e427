public import Torch

extension HiddenMarkovModel {
  /// A series with its states.
  ///
  /// - Parameters:
  ///   - steps: the number of steps.
  ///   - rng: the source of random numbers.
  /// - Returns: rows `[steps, features]`, 64-bit, and states `[steps]`, 64-bit integers.
  public func sample(steps: Int, using rng: inout RandomGenerator) -> (rows: Tensor, states: Tensor) {
    precondition(steps >= 1, "sample: expected a positive number of steps, got \(steps)")
    return continuation(of: initial, steps: steps, using: &rng)
  }

  /// Independent series of the same length, drawn side by side.
  ///
  /// - Parameters:
  ///   - steps: the number of steps of each.
  ///   - count: the number of series.
  ///   - rng: the source of random numbers.
  /// - Returns: `[count, steps, features]`, 64-bit.
  public func sample(steps: Int, count: Int, using rng: inout RandomGenerator) -> Tensor {
    precondition(steps >= 1 && count >= 1, "sample: expected positive counts, got \(steps) steps, \(count) series")
    let rows = Tensor(rows: transition)
    var states = [Tensor(initial).multinomial(count, using: &rng)]
    while states.count < steps {
      states.append(rows.selecting(states[states.count - 1]).multinomial(1, using: &rng).squeezed(1))
    }
    let path = Tensor.stacking(states, 1).flattened()
    return emissions.sample(states: path, using: &rng).reshaped([count, steps, features])
  }

  /// A continuation of a series, with its states.
  ///
  /// - Parameters:
  ///   - steps: the number of steps to draw.
  ///   - past: `[pastSteps, features]`.
  ///   - rng: the source of random numbers.
  /// - Returns: rows `[steps, features]`, 64-bit, and states `[steps]`, 64-bit integers.
  public func sample(
    steps: Int, after past: Tensor, using rng: inout RandomGenerator
  ) -> (rows: Tensor, states: Tensor) {
    precondition(steps >= 1, "sample: expected a positive number of steps, got \(steps)")
    return continuation(of: forecast(after: past, steps: 1).states[0].doubles(), steps: steps, using: &rng)
  }

  private func continuation(
    of first: [Double], steps: Int, using rng: inout RandomGenerator
  ) -> (rows: Tensor, states: Tensor) {
    let rows = transition.map(runningSums)
    var path = [Int](repeating: 0, count: steps)
    for step in 0..<steps {
      let sums = step == 0 ? runningSums(first) : rows[path[step - 1]]
      let noise = Double.random(in: 0..<1, using: &rng) * (sums.last ?? 1)
      path[step] = sums.firstIndex { $0 > noise } ?? sums.count - 1
    }
    let states = Tensor(path)
    return (emissions.sample(states: states, using: &rng), states)
  }

  private func runningSums(_ row: [Double]) -> [Double] {
    var sum = 0.0
    return row.map {
      sum += $0
      return sum
    }
  }

  /// What a model says of the steps after a series.
  public struct Forecast {
    /// The probability of each state at each step, `[steps, states]`.
    public let states: Tensor
    /// The mean of the observation at each step, `[steps, features]`.
    public let means: Tensor
    let emissions: any StateEmissions

    /// The log-density of an observation at each step by itself, `[steps]`.
    ///
    /// - Parameter rows: `[steps, features]`; NaN where a number is missing.
    /// - Returns: `[steps]`, in nats.
    public func logProbs(_ rows: Tensor) -> Tensor {
      precondition(
        rows.shape == means.shape, "Forecast: expected rows of shape \(means.shape), got \(rows.shape)")
      return (emissions.logProbs(rows.to(.float64).contiguous()) + states.log()).logSumExp(-1)
    }

    /// Independent draws of the observation of each step by itself, `[count, steps, features]`.
    public func sample(_ count: Int, using rng: inout RandomGenerator) -> Tensor {
      let steps = states.size(0)
      let chosen = states.multinomial(count, using: &rng).transposed().contiguous().flattened()
      return emissions.sample(states: chosen, using: &rng).reshaped([count, steps, emissions.features])
    }
  }

  /// The steps after a series: of step k the states' probabilities given the series are those of its end times the k-th
  /// power of the transitions, and the observation is a mixture over them.
  ///
  /// - Parameters:
  ///   - series: `[pastSteps, features]`; nil for the first steps of a series.
  ///   - steps: how many steps ahead.
  /// - Returns: states and means of each; NaN when the series is impossible.
  public func forecast(after series: Tensor?, steps: Int) -> Forecast {
    precondition(steps >= 1, "forecast: expected a positive number of steps, got \(steps)")
    let matrix = Tensor(rows: transition)
    var row = series.map { filtered($0)[.at(-1)].matmul(matrix) } ?? Tensor(initial)
    var rows: [Tensor] = []
    for _ in 0..<steps {
      rows.append(row)
      row = row.matmul(matrix)
    }
    let states = Tensor.stacking(rows)
    return Forecast(states: states, means: states.matmul(emissions.means), emissions: emissions)
  }
}
