public import Torch

/// A number that is exactly one value, the spike, with a probability ("nothing happened"), and follows a continuous
/// distribution, the slab, otherwise ("something happened").
///
///     let effects = SpikeAndSlab(spikeProbability: pi, slab: Normal(location: mu, scale: sigma))
///
/// It is a ``MixedDistribution`` with one atom, and what is said there holds here.
///
/// - Shapes: `spikeProbability` is `[*batch]`, as is the slab's batch; events are numbers.
public struct SpikeAndSlab<Slab: CumulativeDistribution>: AtomicDistribution {
  /// The same as atoms and a continuous part.
  public let mixed: MixedDistribution<Slab>

  /// A spike with a probability, the slab otherwise.
  ///
  /// - Precondition: the batches are equal or empty, probabilities lie in [0, 1], and the slab is continuous, with events
  ///   that are numbers.
  public init(spikeProbability: Tensor, slab: Slab, spike: Double = 0) {
    let device = spikeProbability.device
    let atoms = Atoms(
      values: Tensor([spike]).to(spikeProbability.dtype, device),
      probabilities: Tensor([1.0]).to(spikeProbability.dtype, device))
    mixed = MixedDistribution(atoms: atoms, continuous: slab, atomProbability: spikeProbability)
  }

  /// The probability of the spike, `[*batch]`.
  public var spikeProbability: Tensor { mixed.atomProbability }
  /// The distribution of the other numbers.
  public var slab: Slab { mixed.continuous }
  /// The shape of distributions side by side.
  public var batchShape: Shape { mixed.batchShape }
  /// A number.
  public var eventShape: Shape { [] }
  /// The least interval that holds the spike and the slab.
  public var support: Support { mixed.support }

  /// The logarithm of the spike's probability at the spike, of the slab's share of the density elsewhere; in nats.
  public func logProb(unchecked x: Tensor) -> Tensor { mixed.logProb(unchecked: x) }
  /// Independent draws.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    mixed.sample(sampleShape, using: &rng)
  }
  /// The probability of a value at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { mixed.cdf(x) }
  /// The probability of a value below `x`.
  public func cdfBelow(_ x: Tensor) -> Tensor { mixed.cdfBelow(x) }
  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { mixed.survival(x) }
  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor { mixed.logCDF(x) }
  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { mixed.logSurvival(x) }
  /// Whether each number is the spike.
  public func isAtom(_ x: Tensor) -> Tensor { mixed.isAtom(x) }
  /// The smallest value up to which at least a probability lies: the spike for a whole interval of probabilities.
  public func quantile(_ probability: Tensor) -> Tensor { mixed.quantile(probability) }
}

extension SpikeAndSlab: MomentDistribution where Slab: MomentDistribution {
  /// The mean.
  public var mean: Tensor { mixed.mean }
  /// The variance.
  public var variance: Tensor { mixed.variance }
}

extension SpikeAndSlab: EntropyDistribution where Slab: EntropyDistribution {
  /// The mean of minus `logProb`, in nats.
  public var entropy: Tensor { mixed.entropy }
}
