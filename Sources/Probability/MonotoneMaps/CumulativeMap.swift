public import Torch

/// The map from data to uniform codes through a distribution's own cdf, f = cdf: its inverse is the quantile function.
///
/// Where the distribution has atoms, f jumps. It conforms to ``Bijection`` for the others; at an atom there is no
/// log-determinant, and the one given is that of the density elsewhere.
public struct CumulativeMap<Target: CumulativeDistribution>: MonotoneMap, Bijection {
  /// The distribution of data.
  public let target: Target

  /// The cdf of a distribution.
  ///
  /// - Precondition: events are numbers.
  public init(_ target: Target) {
    precondition(
      target.eventShape.rank == 0, "CumulativeMap: expected a distribution of numbers, got \(target.eventShape)")
    self.target = target
  }

  /// The distribution's support.
  public var domain: Support { target.support }
  /// From 0 to 1.
  public var codomain: Support { interval(0, 1) }
  /// The cdf.
  public func forward(_ x: Tensor) -> Tensor { target.cdf(x) }
  /// The cdf without an atom's own probability.
  public func leftLimit(_ x: Tensor) -> Tensor {
    (target as? any AtomicDistribution)?.cdfBelow(x) ?? target.cdf(x)
  }
  /// The quantile function.
  public func inverse(_ z: Tensor) -> Tensor { target.quantile(z) }
  /// The log-density.
  public func logDerivative(_ x: Tensor) -> Tensor { target.logProb(x) }
}
