import Probability
public import Torch

/// Independent classes 0, ..., count - 1 in each column, of probabilities for each state; Bernoulli with two classes.
public struct CategoricalEmissions: StateEmissions {
  /// The probabilities, `[states, features, classes]`, 64-bit.
  public let probabilities: Tensor

  /// Classes of given probabilities, which are divided by their sum.
  ///
  /// - Precondition: probabilities are `[states, features, classes]`, not negative, of positive sum.
  public init(probabilities: Tensor) {
    let wide = probabilities.to(.float64)
    precondition(
      wide.rank == 3 && (wide .>= 0).all() && (wide.sum(-1) .> 0).all(),
      "CategoricalEmissions: expected probabilities [states, features, classes], got \(wide.shape)")
    self.probabilities = wide / wide.sum(-1, keepingDimensions: true)
  }

  /// The number of states.
  public var stateCount: Int { probabilities.size(0) }
  /// The number of columns.
  public var features: Int { probabilities.size(1) }
  /// The number of classes of a column.
  public var classCount: Int { probabilities.size(2) }
  /// All probabilities but one of each column.
  public var parameterCount: Int { stateCount * features * (classCount - 1) }
  /// The mean class.
  public var means: Tensor { (probabilities * Tensor.range(classCount, dtype: .float64)).sum(-1) }
  /// `probabilities`.
  public var tensors: [String: Tensor] { ["probabilities": probabilities] }

  /// The log-probability of each row in each state.
  public func logProbs(_ rows: Tensor) -> Tensor {
    let cells = ObservedCells(rows)
    let last = Double(classCount - 1)
    let isOutside = (cells.values .< 0) .| (cells.values .> last) .| (cells.values .!= cells.values.floor())
    let index = cells.values.clamped(from: 0, to: last).to(.int64)
    let logs = probabilities.log()
    var sum = Tensor.zeros([rows.size(0), stateCount], dtype: .float64)
    for column in 0..<features {
      var part = logs[.all, .at(column)].transposed().selecting(index[.all, .at(column)])
      // What is not there has probability 1, even where log p is minus infinity.
      if let isThere = cells.isThere {
        part = select(isThere[.all, .slice(from: column, to: column + 1)] .> 0, part, 0.0)
      }
      sum = sum + part
    }
    return sum.masked(isOutside.any(1, keepingDimensions: true), with: -Double.infinity)
  }

  /// Classes drawn for each state.
  public func sample(states: Tensor, using rng: inout RandomGenerator) -> Tensor {
    Categorical(probabilities: probabilities.selecting(states)).sample([], using: &rng).to(.float64)
  }
}

/// Classes in each state.
public struct CategoricalEmissionFamily: EmissionFamily {
  /// The number of classes; nil for one more than the largest number in the data.
  public var classCount: Int?

  /// Classes, as many as there are in the data unless told otherwise.
  public init(classCount: Int? = nil) { self.classCount = classCount }

  /// Whole numbers below the number of classes.
  public func check(_ rows: Tensor) throws(DynamicsError) {
    let most = classCount ?? 65_536
    try checkCells(
      rows, rows.isInfinite() .| (rows .< 0) .| (rows .>= Double(most)) .| (rows .!= rows.floor()),
      "one of the classes 0 to \(most - 1)")
  }

  /// Weighted shares; a state without rows keeps its probabilities.
  public func fit(
    _ rows: Tensor, posteriors: Tensor, after current: (any StateEmissions)?
  ) throws(DynamicsError) -> any StateEmissions {
    let cells = ObservedCells(rows)
    let current = current as? CategoricalEmissions
    let count = classCount ?? current?.classCount ?? cells.values.max().integerItem() + 1
    let index = cells.values.to(.int64)
    let columns = (0..<rows.size(1)).map { column -> Tensor in
      var shares = Tensor.zeros([count, posteriors.size(1)], dtype: .float64)
      let weights = cells.isThere.map { posteriors * $0[.all, .slice(from: column, to: column + 1)] } ?? posteriors
      shares = shares.addingAt(index[.all, .at(column)], 0, weights)
      return shares.transposed()
    }
    let sums = Tensor.stacking(columns, 1)
    let isEmpty = sums.sum(-1, keepingDimensions: true) .<= 0
    let other = current?.probabilities ?? Tensor.ones(sums.shape, dtype: .float64)
    return CategoricalEmissions(probabilities: select(isEmpty.broadcasted(to: sums.shape), other, sums))
  }
}
