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
/// To implement one: give ``cdf(_:)`` and ``quantile(_:)``; give ``logCDF(_:)``, ``survival(_:)``,
/// ``logSurvival(_:)`` and ``survivalQuantile(_:)`` too where the probability itself underflows or rounds to 1. Add a row to the tests with
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
  /// The value above which a probability lies, element by element: the quantile of one minus it, for probabilities so
  /// small that one minus them is 1.
  func survivalQuantile(_ probability: Tensor) -> Tensor
}

/// A distribution of numbers of which some, the atoms, have a probability of their own.
///
/// At an atom `logProb` is the logarithm of that probability, elsewhere the logarithm of the density; see
/// `Documentation/Design/0005-distributions-with-atoms.md` for what follows from it.
public protocol AtomicDistribution: CumulativeDistribution {
  /// Whether each number is an atom, element by element.
  func isAtom(_ x: Tensor) -> Tensor
  /// The probability of a value below `x`, element by element: the limit of the cdf from the left.
  func cdfBelow(_ x: Tensor) -> Tensor
}

/// A distribution of whole numbers.
public protocol DiscreteDistribution: AtomicDistribution {}

extension DiscreteDistribution {
  /// Whether each number is a whole one of the support.
  public func isAtom(_ x: Tensor) -> Tensor { Support(support.elements, eventRank: 0).contains(x) }

  /// The cdf of the next smaller whole number.
  public func cdfBelow(_ x: Tensor) -> Tensor {
    cdf((x.dtype.isFloatingPoint ? x : x.to(.float64)).ceil() - 1.0)
  }
}

extension CumulativeDistribution {
  /// The logarithm of the cdf, or of one minus the survival function where that is the smaller of the two.
  public func logCDF(_ x: Tensor) -> Tensor { logarithm(of: cdf(x), complement: survival(x)) }
  /// The quantile of one minus the probability.
  public func survivalQuantile(_ probability: Tensor) -> Tensor { quantile(1.0 - probability) }
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
