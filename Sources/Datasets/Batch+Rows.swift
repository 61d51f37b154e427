public import Torch

extension Batch {
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
