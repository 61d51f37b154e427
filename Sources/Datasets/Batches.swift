public import Torch

/// Batches of rows that are in memory, in a new random order each epoch.
///
///     let batches = Batches(table.values, batchSize: 256)
///     var epoch = batches.epoch(using: &rng)
///     while let batch = epoch.next() { ... }
///
/// An epoch shuffles positions, not rows: beside the data it holds one integer for each row and one batch.
public struct Batches: BatchSource {
  /// The rows to model, `[rows, ...]`.
  public let values: Tensor
  /// What each row is conditioned on, `[rows, ...]`.
  public let context: Tensor?
  /// Rows in a batch.
  public let batchSize: Int
  /// Whether each epoch has a new random order.
  public let isShuffled: Bool
  /// Whether a last batch with fewer rows is left out.
  public let dropsLast: Bool

  /// Batches of a tensor's first dimension.
  ///
  /// - Precondition: `batchSize > 0`; `context`, when given, has as many rows as `values`.
  public init(
    _ values: Tensor, context: Tensor? = nil, batchSize: Int, isShuffled: Bool = true, dropsLast: Bool = false
  ) {
    precondition(batchSize > 0, "Batches: expected a positive batch size, got \(batchSize)")
    _ = Batch(values: values, context: context)
    self.values = values
    self.context = context
    self.batchSize = batchSize
    self.isShuffled = isShuffled
    self.dropsLast = dropsLast
  }

  /// Rows in an epoch.
  public var rowCount: Int? {
    let count = values.size(0)
    return dropsLast ? count / batchSize * batchSize : count
  }

  /// Starts a pass over the rows; draws from the generator only when the order is random.
  public func epoch(using rng: inout RandomGenerator) -> Epoch {
    let count = values.size(0)
    // Drawn on the processor, so that the order is the same on every device.
    let order = isShuffled ? Tensor.permutation(count, using: &rng).to(values.device) : nil
    return Epoch(batches: self, order: order, end: rowCount ?? count)
  }

  /// One pass over the rows.
  public struct Epoch: BatchEpoch, Sequence, IteratorProtocol {
    let batches: Batches
    let order: Tensor?
    let end: Int
    private(set) var position = 0

    init(batches: Batches, order: Tensor?, end: Int) {
      self.batches = batches
      self.order = order
      self.end = end
    }

    /// Leaves out the next batches, as when training is resumed within an epoch.
    public mutating func skip(_ count: Int) { position = Swift.min(end, position + count * batches.batchSize) }

    /// The next batch, or `nil` after the last.
    public mutating func next() -> Batch? {
      guard position < end else { return nil }
      let length = Swift.min(batches.batchSize, end - position)
      defer { position += length }
      guard let order else {
        return Batch(
          values: batches.values.narrowed(0, from: position, length: length),
          context: batches.context?.narrowed(0, from: position, length: length))
      }
      let indices = order.narrowed(0, from: position, length: length)
      return Batch(values: batches.values.selecting(indices), context: batches.context?.selecting(indices))
    }
  }
}
