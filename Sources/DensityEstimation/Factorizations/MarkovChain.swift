import Probability
public import Torch

/// A distribution of series in which each step depends on the k steps before it only, always in the same way.
///
/// A step is a row of columns; inside it each column depends on the columns before it too.
///
///     let chain = try MarkovChainEstimator(order: 2).fit([series], using: &rng)      // series: [steps, features]
///     chain.stepLogProbs(heldOut)                          // [steps]: each row given the two before it
///     chain.sample(steps: 100, count: 5, using: &rng)      // [5, 100, features]
///     chain.series(steps: 100)                             // a distribution of whole series
public struct MarkovChain {
  /// The number of earlier steps on which one depends.
  public let order: Int
  /// The kinds of the columns of a step.
  public let columns: [ColumnKind]
  /// The distribution of the first `order` steps, as rows of `order * features` columns, the earliest step first.
  public let start: Factorization
  /// The parts of a step: columns `order * features`, ... given columns before them, of which the first
  /// `order * features` are the steps before, the earliest first.
  public let transition: [Factorization.Factor]

  /// A chain of a start and a transition.
  ///
  /// - Parameters:
  ///   - order: the number of earlier steps on which one depends.
  ///   - start: the distribution of the first `order` steps, in which each column depends on columns before it only.
  ///   - transition: the parts of a step, by rising columns from `order * features` on, each given columns before it.
  /// - Precondition: the parts fit.
  public init(order: Int, start: Factorization, transition: [Factorization.Factor]) {
    precondition(
      order >= 1 && start.features == order * transition.count && start.order == Array(0..<start.features),
      "MarkovChain: expected a start of \(order) x \(transition.count) columns in their order, got \(start.order)")
    columns = transition.map(\.conditional.target)
    for (place, factor) in transition.enumerated() {
      let column = start.features + place
      precondition(
        factor.column == column && factor.parents.allSatisfy { $0 < column },
        "MarkovChain: expected the part of column \(column) given columns before it, got that of \(factor.column) given "
          + "\(factor.parents)")
    }
    precondition(
      start.columns == (0..<order).flatMap { [columns] _ in columns },
      "MarkovChain: the start has other kinds of columns than the transition")
    self.order = order
    self.start = start
    self.transition = transition
  }

  /// The number of columns of a step.
  public var features: Int { transition.count }

  /// The log-probability of each step given those before it, in nats; of the first `order` steps given the fewer before them.
  ///
  /// - Parameter series: `[*batch, steps, features]`.
  /// - Returns: `[*batch, steps]`, of which the sum is the log-probability of the series.
  public func stepLogProbs(_ series: Tensor) -> Tensor {
    let (first, later) = evaluate(series) {
      $0.byColumn($1) { _, distribution, column in distribution.logProb(column) }
    }
    let batch = series.shape.droppingTrailing(1)
    let each = Tensor.concatenating([first, later].compactMap { $0 }, -2)
    // As for a row: outside the support there is no density, whatever other columns say.
    let isOutside = (each .== -Double.infinity).any(-1) .& .!series.isNaN().any(-1)
    return select(isOutside, -Double.infinity, each.sum(-1)).reshaped(batch)
  }

  /// The log-probability of whole series, in nats.
  ///
  /// - Parameter series: `[*batch, steps, features]`.
  /// - Returns: `[*batch]`.
  public func logProb(_ series: Tensor) -> Tensor {
    let each = stepLogProbs(series)
    return select((each .== -Double.infinity).any(-1) .& .!each.isNaN().any(-1), -Double.infinity, each.sum(-1))
  }

  /// The uniform numbers that the conditional inverse transform turns into series: the probability integral transform of each
  /// number given all before it. See ``Factorization/codes(_:using:)``.
  ///
  /// - Parameters:
  ///   - series: `[*batch, steps, features]`.
  ///   - rng: the source of random numbers for discrete columns.
  /// - Returns: `[*batch, steps, features]`.
  public func codes(_ series: Tensor, using rng: inout RandomGenerator) -> Tensor {
    var generator = rng
    defer { rng = generator }
    let (first, later) = evaluate(series) { $0.codes($1, using: &generator) }
    return Tensor.concatenating([first, later].compactMap { $0 }, -2)
  }

  /// A function of the factors and their columns, for the first steps and for all others.
  private func evaluate(
    _ series: Tensor, _ function: ([Factorization.Factor], Tensor) -> Tensor
  ) -> (first: Tensor, later: Tensor?) {
    precondition(
      series.rank >= 2 && series.size(-1) == features && series.size(-2) >= 1,
      "MarkovChain: expected [*, steps, \(features)], got \(series.shape)")
    let steps = series.size(-2)
    let beginning = min(order, steps)
    let batch = series.shape.droppingTrailing(2)
    let head = series.narrowed(-2, from: 0, length: beginning).flattened(from: -2)
    let parts = Array(start.factors[..<(beginning * features)])
    let first = function(parts, head).reshaped(batch + [beginning, features])
    guard steps > order else { return (first, nil) }
    return (first, function(transition, MarkovChain.windows(of: series, length: order + 1)))
  }

  /// All runs of neighbouring steps, each as one row: `[*batch, steps, features]` to
  /// `[*batch, steps - length + 1, length * features]`.
  static func windows(of series: Tensor, length: Int) -> Tensor {
    let count = series.size(-2) - length + 1
    return Tensor.concatenating((0..<length).map { series.narrowed(-2, from: $0, length: count) }, -1)
  }
}
