public import Torch

// What some distributions can be asked for beyond log-densities and draws. A distribution conforms to what it can give.

/// A distribution whose first two moments are known.
public protocol MomentDistribution: Distribution {
  /// The expectation, `[*batch, *event]`; infinite or NaN where there is none.
  var mean: Tensor { get }
  /// The variance of each element of the event, `[*batch, *event]`; infinite or NaN where there is none.
  var variance: Tensor { get }
}

/// A distribution whose entropy is known.
public protocol EntropyDistribution: Distribution {
  /// The mean of minus the log-density (or log-probability) of each event, in nats, `[*batch]`.
  var entropy: Tensor { get }
}

/// A distribution of numbers with a distribution function that can be evaluated and inverted.
///
/// All functions act element by element: arguments broadcast against `[*batch, *event]`, and for events of rank 1 each
/// element is asked for its own distribution function.
///
/// To implement one: give ``cdf(_:)`` and ``quantile(_:)``; give ``logCDF(_:)``, ``survival(_:)`` and
/// ``logSurvival(_:)`` too where the probability itself underflows or rounds to 1. Add a row to the tests with
/// `checkCumulative`.
public protocol CumulativeDistribution: Distribution {
  /// The probability of a value at most `x`, element by element.
  func cdf(_ x: Tensor) -> Tensor
  /// The logarithm of ``cdf(_:)``, element by element.
  func logCDF(_ x: Tensor) -> Tensor
  /// The probability of a value above `x`, element by element.
  func survival(_ x: Tensor) -> Tensor
  /// The logarithm of ``survival(_:)``, element by element.
  func logSurvival(_ x: Tensor) -> Tensor
  /// The smallest value up to which at least a probability lies, element by element; NaN outside [0, 1].
  func quantile(_ probability: Tensor) -> Tensor
}

extension CumulativeDistribution {
  /// The logarithm of the cdf, or of one minus the survival function where that is the smaller of the two.
  public func logCDF(_ x: Tensor) -> Tensor { logarithm(of: cdf(x), complement: survival(x)) }
  /// One minus the cdf.
  public func survival(_ x: Tensor) -> Tensor { 1.0 - cdf(x) }
  /// The logarithm of the survival function, or of one minus the cdf where that is the smaller of the two.
  public func logSurvival(_ x: Tensor) -> Tensor { logarithm(of: survival(x), complement: cdf(x)) }
}

/// log p, from p or from 1 - p, of which the smaller has more digits.
func logarithm(of p: Tensor, complement q: Tensor) -> Tensor {
  let isLarge = p .> 0.5
  return select(isLarge, (-select(isLarge, q, 0.0)).logOnePlus(), select(isLarge, 1.0, p).log())
}
