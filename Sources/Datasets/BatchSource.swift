public import Torch

/// Some rows of the data, and what they are conditioned on.
public struct Batch {
  /// The rows to model, `[rows, ...]`.
  public let values: Tensor
  /// What each row is conditioned on, `[rows, ...]`.
  public let context: Tensor?

  /// Puts rows and their context together.
  ///
  /// - Precondition: both have the same number of rows.
  public init(values: Tensor, context: Tensor? = nil) {
    precondition(
      context.map { $0.size(0) == values.size(0) } ?? true,
      "Batch: expected as many rows of context as of values, \(values.size(0)), got \(context?.size(0) ?? 0)")
    self.values = values
    self.context = context
  }

  /// The number of rows.
  public var rowCount: Int { values.size(0) }
}

/// One pass over the data, batch by batch.
public protocol BatchEpoch {
  /// The next batch, or `nil` after the last.
  mutating func next() throws(DatasetError) -> Batch?
}

/// Data that comes in batches, from memory or from a file that is larger than it.
///
/// To implement one, give each epoch an order that depends on nothing but the generator, and let every row come once.
public protocol BatchSource {
  /// What one pass over the data is.
  associatedtype Epoch: BatchEpoch

  /// Rows in a batch; the last one may have fewer.
  var batchSize: Int { get }
  /// Rows in an epoch, when known beforehand.
  var rowCount: Int? { get }

  /// Starts a pass over the data.
  func epoch(using rng: inout RandomGenerator) throws(DatasetError) -> Epoch
}

extension BatchSource {
  /// Batches in an epoch, when known beforehand.
  public var batchCount: Int? { rowCount.map { ($0 + batchSize - 1) / batchSize } }
}
