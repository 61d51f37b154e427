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
    /// Elements that together pass a test, such as a sum of 1. The test sees events of a rank, `[*batch, *event]`, and
    /// gives one truth value for each, `[*batch]`, false where a number is NaN.
    case joint(eventRank: Int, contains: (Tensor) -> Tensor)
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
      case .joint(_, let contains): contains(x)
      }
    return (0..<elementRank).reduce(inside) { result, _ in result.all(-1) }
  }

  /// The dimensions of an event over which the demand is made again and again.
  private var elementRank: Int {
    if case .joint(let rank, _) = elements { eventRank - rank } else { eventRank }
  }

  /// The set of events that together pass a test, which sees whole events.
  static func joint(eventRank: Int, contains: @escaping (Tensor) -> Tensor) -> Support {
    Support(.joint(eventRank: eventRank, contains: contains), eventRank: eventRank)
  }

  /// Log-densities, minus infinity for the events outside; NaN where an event holds NaN. Which events lie inside is
  /// asked again unless it is given.
  func restricting(_ logProb: Tensor, at x: Tensor, where isInside: Tensor? = nil) -> Tensor {
    let isMissing = (0..<eventRank).reduce(x.isNaN()) { result, _ in result.any(-1) }
    let outside = Tensor.full(isMissing.shape, -Double.infinity, dtype: logProb.dtype, device: logProb.device)
    return select(isInside ?? contains(x), logProb, select(isMissing, Double.nan, outside))
  }
}
