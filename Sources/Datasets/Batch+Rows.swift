public import Torch

extension Batch {
  /// Rows without columns, for objectives that draw what they need, such as the reverse Kullback-Leibler divergence: a
  /// batch then says only how much to draw.
  ///
  /// - Precondition: `rowCount > 0`.
  public init(rowCount: Int) {
    precondition(rowCount > 0, "Batch: expected a positive number of rows, got \(rowCount)")
    self.init(values: Tensor.zeros([rowCount, 0]))
  }

  /// The rows at given positions (64-bit integers).
  public func rows(_ indices: Tensor) -> Batch {
    Batch(values: values.selecting(indices), context: context?.selecting(indices))
  }

  /// A range of rows, without copying.
  public func rows(from start: Int, count: Int) -> Batch {
    Batch(
      values: values.narrowed(0, from: start, length: count), context: context?.narrowed(0, from: start, length: count))
  }

  /// The same rows on a device.
  public func to(_ device: Device) -> Batch { Batch(values: values.to(device), context: context?.to(device)) }
}
