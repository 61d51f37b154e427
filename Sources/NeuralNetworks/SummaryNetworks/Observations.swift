public import Torch

/// Structured observations, one for each place of a batch: vectors, images, or sets and series of varying size.
///
///     let sets = Observations(padding: [a, b])          // a: [3, features], b: [5, features]
///     let series = Observations(x, lengths: lengths)    // x: [*batch, steps, features], lengths: [*batch]
///
/// Elements of sets and steps of series that are there only to fill up are marked by a mask. Whatever stood there, NaN
/// included, becomes 0 here and nothing flows back to it, so no network can see it. An observation without any element
/// is a legitimate one: the empty set.
public struct Observations {
  /// The observations, `[*batch, *event]`; 0 where the mask says no.
  public let values: Tensor
  /// Which elements are there, `[*batch, count]` of truth values; nil when all are.
  public let mask: Tensor?

  /// Observations of one size.
  public init(_ values: Tensor) {
    self.values = values
    mask = nil
  }

  /// Sets or series of which some elements only fill up.
  ///
  /// - Parameters:
  ///   - values: `[*batch, count, features]`.
  ///   - mask: which elements are there, `[*batch, count]` of truth values; nil for all.
  public init(_ values: Tensor, mask: Tensor?) {
    precondition(
      mask.map { $0.dtype == .bool && values.rank >= 2 && $0.shape == values.shape.droppingTrailing(1) } ?? true,
      "Observations: expected values [*batch, count, features] and a truth value for each element, got "
        + "\(values.shape) and \(mask.map { "\($0.shape) of \($0.dtype)" } ?? "")")
    self.values = mask.map { select($0.unsqueezed(-1), values, 0) } ?? values
    self.mask = mask
  }

  /// Sets or series of which only the first elements are there.
  ///
  /// - Parameters:
  ///   - values: `[*batch, count, features]`.
  ///   - lengths: how many elements of each are there, `[*batch]`.
  /// - Precondition: lengths are from 0 to `count`.
  public init(_ values: Tensor, lengths: Tensor) {
    precondition(
      values.rank >= 2 && lengths.shape == values.shape.droppingTrailing(2),
      "Observations: expected values [*batch, count, features] and one length each, got \(values.shape), \(lengths.shape)"
    )
    let count = values.size(-2)
    precondition(
      !((lengths .< 0) .| (lengths .> count)).any(), "Observations: expected lengths from 0 to \(count), got others")
    self.init(values, mask: Tensor.range(count, device: values.device) .< lengths.unsqueezed(-1))
  }

  /// Sets or series of different sizes, one after the other as one batch.
  ///
  /// - Parameter elements: `[count, features]` each, of any count.
  /// - Precondition: there is one at least, and all have as many features.
  public init(padding elements: [Tensor]) {
    let features = elements.first?.shape.last ?? 0
    precondition(
      !elements.isEmpty && elements.allSatisfy { $0.rank == 2 && $0.size(1) == features },
      "Observations: expected tensors [count, \(features)], got \(elements.map(\.shape))")
    let counts = elements.map { $0.size(0) }
    let longest = counts.max() ?? 0
    let rows = elements.map { $0.padded([0, 0, 0, longest - $0.size(0)], with: 0) }
    self.init(.stacking(rows), lengths: Tensor(counts).to(elements[0].device))
  }

  /// Observations from the tensor that ``packed`` makes.
  ///
  /// - Parameter packed: `[*batch, count, features + 1]`, the last feature not 0 for elements that are there.
  public init(packed: Tensor) {
    precondition(
      packed.rank >= 2 && packed.size(-1) > 0,
      "Observations: expected packed values [*batch, count, features + 1], got \(packed.shape)")
    let features = packed.size(-1) - 1
    self.init(
      packed.narrowed(-1, from: 0, length: features),
      mask: packed.narrowed(-1, from: features, length: 1).squeezed(-1) .!= 0)
  }

  /// One tensor for all: values, and with a mask one feature more, 1 for elements that are there and 0 for others.
  ///
  /// It goes where a single tensor is wanted, such as the context of a batch. ``ObservationForm/observations(from:)`` is
  /// the way back.
  public var packed: Tensor {
    guard let mask else { return values }
    return .concatenating([values, mask.to(values.dtype).unsqueezed(-1)], -1)
  }

  /// The number of elements of each set or series, `[*batch]`, 64-bit integers.
  public var counts: Tensor {
    mask?.to(.int64).sum(-1)
      ?? .full(values.shape.droppingTrailing(2), values.size(-2), dtype: .int64, device: values.device)
  }

  /// The same sets or series with all elements that are there in front, in their order.
  var compacted: Observations {
    guard let mask else { return self }
    let order = (.!mask).to(.int64).sorted(-1).indices
    return Observations(values.takingAlong(order.unsqueezed(-1), -2), mask: mask.takingAlong(order, -1))
  }

  /// Observations of other values with the same mask.
  ///
  /// - Parameter transform: from values to values of the same leading dimensions.
  /// - Returns: the new values; what only fills up is 0 again.
  public func mapValues(_ transform: (Tensor) -> Tensor) -> Observations {
    Observations(transform(values), mask: mask)
  }
}
