public import Torch

/// Rows to train on: values and, for conditional models, what they are conditioned on.
public struct TrainingData {
  /// The values, [rows, ...].
  public let values: Tensor
  /// What each row is conditioned on, [rows, ...].
  public let context: Tensor?

  /// Rows of values with their context.
  ///
  /// - Precondition: both have the same number of rows.
  public init(_ values: Tensor, context: Tensor? = nil) {
    precondition(values.rank > 0, "TrainingData: expected rows of values, got a single number")
    precondition(
      context.map { $0.size(0) == values.size(0) } ?? true,
      "TrainingData: expected \(values.size(0)) rows of context, got \(context.map { "\($0.shape)" } ?? "none")")
    self.values = values
    self.context = context
  }

  /// The number of rows.
  public var count: Int { values.size(0) }

  /// The rows at given positions.
  public func rows(_ indices: Tensor) -> TrainingData {
    TrainingData(values.selecting(indices), context: context?.selecting(indices))
  }

  /// A range of rows, without copying.
  public func rows(from start: Int, count: Int) -> TrainingData {
    TrainingData(
      values.narrowed(0, from: start, length: count), context: context?.narrowed(0, from: start, length: count))
  }

  /// Random rows held out for validation, and the rest.
  ///
  /// - Parameters:
  ///   - fraction: the share held out; 0 gives no validation rows.
  ///   - rng: decides which rows; the split depends on it and on the number of rows alone.
  /// - Throws: `TrainingError.tooFewRows` when one of the parts would be empty.
  /// - Returns: the rows to train on, and those held out.
  public func holdingOut(
    _ fraction: Double, using rng: inout RandomGenerator
  ) throws(TrainingError) -> (training: TrainingData, validation: TrainingData?) {
    guard fraction > 0 else {
      guard count > 0 else { throw .tooFewRows(available: count, needed: 1) }
      return (self, nil)
    }
    let held = max(1, Int((Double(count) * fraction).rounded()))
    guard count - held > 0 else { throw .tooFewRows(available: count, needed: 2) }
    let order = Tensor.permutation(count, using: &rng)
    return (
      rows(order.narrowed(0, from: held, length: count - held)), rows(order.narrowed(0, from: 0, length: held))
    )
  }
}
