public import Torch

/// The set on which a density is positive, or on which a bijection acts.
public struct Support {
  /// What the set demands of each element of an event.
  public enum Elements {
    /// Any real number.
    case real
    /// A number between two bounds, both included; bounds broadcast against events and may be infinite.
    case interval(lower: Tensor, upper: Tensor)
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

  /// Whether each event lies inside, as truth values of the batch's shape; NaN lies outside.
  public func contains(_ x: Tensor) -> Tensor {
    let inside =
      switch elements {
      case .real: x .== x
      case .interval(let lower, let upper): (x .>= lower) .& (x .<= upper)
      }
    return (0..<eventRank).reduce(inside) { result, _ in result.all(-1) }
  }
}
