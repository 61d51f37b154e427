public import Torch

/// The distribution of data themselves: each number that occurs is an atom, with its share of the weights.
///
/// Its cdf is a step function. Quantiles between the data, and draws from between them, come from
/// ``EmpiricalQuantileFunction``.
///
/// - Complexity: O(n log(n)) once, O(log(n)) for each number and draw.
public struct EmpiricalDistribution: AtomicDistribution, MomentDistribution, EntropyDistribution {
  /// The different numbers, with their shares.
  public let atoms: Atoms

  /// The distribution of data.
  ///
  /// - Parameters:
  ///   - data: numbers, `[n]`, in any order.
  ///   - weights: how often each counts, `[n]`; once when there are none.
  /// - Throws: `DistributionError` when there are no data, a number is not finite, or weights are negative or all 0.
  /// - Precondition: `data` and `weights` are vectors of one length.
  public init(_ data: Tensor, weights: Tensor? = nil) throws(DistributionError) {
    let sorted = try SortedData(data, weights: weights, "EmpiricalDistribution")
    atoms = Atoms(values: Tensor(sorted.values), probabilities: Tensor(sorted.weights))
  }

  /// Empty: one distribution.
  public var batchShape: Shape { [] }
  /// A number.
  public var eventShape: Shape { [] }
  /// The numbers that occur.
  public var support: Support { atoms.support }
  /// The weighted mean.
  public var mean: Tensor { atoms.mean }
  /// The weighted mean square distance from the mean: of the data, not an estimate for what they were drawn from.
  public var variance: Tensor { atoms.variance }
  /// The entropy of the shares in nats.
  public var entropy: Tensor { atoms.entropy }

  /// The logarithm of a number's share; minus infinity when it does not occur.
  public func logProb(unchecked x: Tensor) -> Tensor { atoms.logProb(unchecked: x) }
  /// Draws from the data, with replacement.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    atoms.sample(sampleShape, using: &rng)
  }
  /// The share of the data up to `x`.
  public func cdf(_ x: Tensor) -> Tensor { atoms.cdf(x) }
  /// The share of the data above `x`.
  public func survival(_ x: Tensor) -> Tensor { atoms.survival(x) }
  /// The share of the data below `x`.
  public func cdfBelow(_ x: Tensor) -> Tensor { atoms.cdfBelow(x) }
  /// Whether each number occurs.
  public func isAtom(_ x: Tensor) -> Tensor { atoms.isAtom(x) }
  /// The smallest number up to which at least a share of the data lies.
  public func quantile(_ probability: Tensor) -> Tensor { atoms.quantile(probability) }
}
