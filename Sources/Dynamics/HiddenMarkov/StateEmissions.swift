import Probability
public import Torch

/// The distributions of an observation, one for each hidden state.
///
/// An observation is a row of numbers; a missing one is NaN, and what is not there does not count: a row without any number
/// has log-density 0 in all states.
///
/// To implement one: give log-densities of all states at all rows, draws and means; conform to ``EmissionFamily`` with
/// another type that computes one from weighted rows.
public protocol StateEmissions {
  /// The number of states.
  var stateCount: Int { get }
  /// The number of columns of an observation.
  var features: Int { get }
  /// The number of free parameters of all states.
  var parameterCount: Int { get }
  /// The mean of an observation in each state, `[states, features]`.
  var means: Tensor { get }
  /// What a file keeps, 64-bit, by name.
  var tensors: [String: Tensor] { get }

  /// The log-density of each row in each state, in nats.
  ///
  /// - Parameter rows: `[steps, features]`, 64-bit; NaN where a number is missing.
  /// - Returns: `[steps, states]`, 64-bit; minus infinity outside the support, never NaN.
  func logProbs(_ rows: Tensor) -> Tensor

  /// One draw for each of a sequence of states.
  ///
  /// - Parameters:
  ///   - states: `[steps]`, 64-bit integers.
  ///   - rng: the source of random numbers.
  /// - Returns: `[steps, features]`, 64-bit.
  func sample(states: Tensor, using rng: inout RandomGenerator) -> Tensor
}

/// How the distributions of observations come from rows whose states are known by their probabilities: the step of EM in
/// which a family of densities plays a part.
public protocol EmissionFamily: Sendable {
  /// What is wrong with rows for this family.
  ///
  /// - Parameter rows: `[steps, features]`, 64-bit; NaN where a number is missing.
  /// - Throws: `DynamicsError.invalidCell` for the first number outside the support.
  func check(_ rows: Tensor) throws(DynamicsError)

  /// The distributions that maximize the weighted log-likelihood, or raise it, where no closed form exists.
  ///
  /// - Parameters:
  ///   - rows: `[steps, features]`, 64-bit, as checked.
  ///   - posteriors: the probability of each state at each step, `[steps, states]`, 64-bit.
  ///   - current: the distributions that gave the posteriors; nil at the start.
  /// - Returns: the distributions.
  /// - Throws: `DynamicsError` when they do not exist.
  func fit(
    _ rows: Tensor, posteriors: Tensor, after current: (any StateEmissions)?
  ) throws(DynamicsError) -> any StateEmissions
}

extension EmissionFamily {
  /// Finite numbers.
  public func check(_ rows: Tensor) throws(DynamicsError) {
    try checkCells(rows, rows.isInfinite(), "a finite number")
  }
}

/// Throws for the first cell that breaks a rule; missing cells break none.
func checkCells(_ rows: Tensor, _ breaks: Tensor, _ rule: String) throws(DynamicsError) {
  let wrong = (breaks .& .!rows.isNaN()).nonzero()
  guard wrong.size(0) > 0 else { return }
  let (row, column) = (wrong[0, 0].integerItem(), wrong[0, 1].integerItem())
  throw .invalidCell(row: row, column: column, value: rows[.at(row), .at(column)].item(), rule: rule)
}

/// Rows and posteriors for sums over the cells of each column that are there: missing ones become 0 with weight 0.
struct ObservedCells {
  /// `[steps, features]`, 0 where missing.
  let values: Tensor
  /// 1 where a number is there, `[steps, features]`; nil when all are.
  let isThere: Tensor?

  init(_ rows: Tensor) {
    let missing = rows.isNaN()
    let hasMissing = missing.any()
    values = hasMissing ? rows.masked(missing, with: 0.0) : rows
    isThere = hasMissing ? (.!missing).to(.float64) : nil
  }

  /// The sums of weights over the cells that are there, `[states, features]`.
  func counts(_ posteriors: Tensor) -> Tensor {
    if let isThere { return posteriors.transposed().matmul(isThere) }
    return posteriors.sum(0).unsqueezed(1).broadcasted(to: [posteriors.size(1), values.size(1)])
  }

  /// The weighted sums of a function's values, `[states, features]`.
  func sums(_ posteriors: Tensor, _ values: Tensor? = nil) -> Tensor {
    posteriors.transposed().matmul(values ?? self.values)
  }
}
