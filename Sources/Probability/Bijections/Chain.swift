public import Torch

/// Bijections one after another: `forward` applies the first one first.
///
/// The event rank is the greatest of the parts; a part of a lower rank acts on each sub-event, and its
/// log-determinants are summed.
public struct Chain: Bijection {
  /// The parts, in the order of `forward`.
  public let parts: [any Bijection]
  private let rank: Int

  /// The composition of parts, applied from first to last by `forward`.
  ///
  /// - Precondition: there is at least one part.
  public init(_ parts: [any Bijection]) {
    precondition(!parts.isEmpty, "Chain: expected at least one bijection, got none")
    self.parts = parts
    rank = parts.reduce(0) { max($0, $1.eventRank) }
  }

  /// Where data lie: the first part's domain.
  public var domain: Support { Support(parts[0].domain.elements, eventRank: rank) }
  /// Where codes lie: the last part's codomain.
  public var codomain: Support { Support(parts[parts.count - 1].codomain.elements, eventRank: rank) }

  /// The code after all parts, and the sum of their log-determinants.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    var value = x
    var total: Tensor?
    for part in parts {
      let (next, logDet) = part.forwardWithLogDet(value)
      value = next
      total = total.adding(logDet.sumTrailing(rank - part.eventRank))
    }
    return (value, total ?? zeroLogDet(of: x))
  }

  /// The data before all parts, and the sum of the log-determinants of their inverses.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    var value = z
    var total: Tensor?
    for part in parts.reversed() {
      let (next, logDet) = part.inverseWithLogDet(value)
      value = next
      total = total.adding(logDet.sumTrailing(rank - part.eventRank))
    }
    return (value, total ?? zeroLogDet(of: z))
  }

  /// The code after all parts.
  public func forward(_ x: Tensor) -> Tensor { parts.reduce(x) { $1.forward($0) } }

  /// The data before all parts.
  public func inverse(_ z: Tensor) -> Tensor { parts.reversed().reduce(z) { $1.inverse($0) } }

  private func zeroLogDet(of x: Tensor) -> Tensor {
    Tensor.zeros(x.shape.droppingTrailing(rank), dtype: x.dtype, device: x.device)
  }
}

extension Tensor? {
  fileprivate func adding(_ term: Tensor) -> Tensor { map { $0 + term } ?? term }
}
