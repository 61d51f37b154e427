public import Torch

/// The set on which a density is positive, or on which a bijection acts.
public struct Support {
  /// What the set demands of each element of an event.
  public enum Elements {
    /// Any real number.
    case real
    /// A number between two bounds, both included; bounds broadcast against events and may be infinite.
    case interval(lower: Tensor, upper: Tensor)
    /// A whole number between two bounds, both included; bounds broadcast against events and may be infinite.
    case integers(lower: Tensor, upper: Tensor)
    /// One of finitely many numbers, `[*batch, count]`; for events that are numbers.
    case values(Tensor)
  }

  /// What the set demands of each element.
  public let elements: Elements
  /// The number of trailing dimensions that make one event: 0 for numbers, 1 for vectors.
  public let eventRank: Int

  /// The set of events of a rank whose elements all obey the demand.
  public init(_ elements: Elements, eventRank: Int) {
    self.elements = elements
    self.eventRank = eventRank
  }

  /// All real events of a rank.
  public static func real(eventRank: Int) -> Support { Support(.real, eventRank: eventRank) }

  /// All events of a rank whose elements are 0 or above.
  public static func nonnegative(eventRank: Int) -> Support {
    Support(.interval(lower: Tensor(0.0), upper: Tensor(Double.infinity)), eventRank: eventRank)
  }

  /// All events of a rank whose elements are the numbers 0, 1, 2, ...
  public static func counts(eventRank: Int) -> Support {
    Support(.integers(lower: Tensor(0.0), upper: Tensor(Double.infinity)), eventRank: eventRank)
  }

  /// Whether each event lies inside, as truth values of the batch's shape; NaN lies outside.
  public func contains(_ x: Tensor) -> Tensor {
    let inside =
      switch elements {
      case .real: x .== x
      case .interval(let lower, let upper): (x .>= lower) .& (x .<= upper)
      case .integers(let lower, let upper): (x .>= lower) .& (x .<= upper) .& (x .== x.floor()) .& x.isFinite()
      case .values(let values): (x.unsqueezed(-1) .== values).any(-1)
      }
    return (0..<eventRank).reduce(inside) { result, _ in result.all(-1) }
  }
}
