public import Torch

/// Atoms with a probability, and a continuous distribution with the rest.
///
/// `logProb` is the logarithm of the probability at an atom, and the logarithm of the density elsewhere: the density with
/// respect to the sum of the length and of one point mass at each atom. The cdf jumps at the atoms, and the quantile
/// function, its generalized inverse, is flat there.
///
/// - Shapes: `atomProbability` is `[*batch]`, as are the batches of both parts; events are numbers.
public struct MixedDistribution<Continuous: CumulativeDistribution>: AtomicDistribution {
  /// The distribution of atoms, of which one is drawn with the atom probability.
  public let atoms: Atoms
  /// The continuous part.
  public let continuous: Continuous
  /// The probability of an atom, `[*batch]`.
  public let atomProbability: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape

  /// Atoms with a probability, a continuous distribution with the rest.
  ///
  /// - Precondition: the batches are equal or empty, probabilities lie in [0, 1], and the continuous part has events that
  ///   are numbers and no atoms.
  public init(atoms: Atoms, continuous: Continuous, atomProbability: Tensor) {
    precondition(atomProbability.isProbability, "MixedDistribution: expected probabilities from 0 to 1")
    precondition(
      continuous.eventShape.rank == 0 && !(continuous is any AtomicDistribution),
      "MixedDistribution: expected a continuous distribution of numbers, got \(Continuous.self)")
    let shape = [atoms.batchShape, continuous.batchShape, atomProbability.shape].max { $0.rank < $1.rank } ?? []
    precondition(
      [atoms.batchShape, continuous.batchShape, atomProbability.shape].allSatisfy { $0 == shape || $0.rank == 0 },
      "MixedDistribution: expected one batch, or parts without, got \(atoms.batchShape), \(continuous.batchShape), "
        + "\(atomProbability.shape)")
    self.atoms = atoms
    self.continuous = continuous
    self.atomProbability = atomProbability.broadcasted(to: shape)
    batchShape = shape
  }

  /// A number.
  public var eventShape: Shape { [] }

  /// The least interval that holds the atoms and the continuous part.
  public var support: Support {
    guard case .interval(let lower, let upper) = continuous.support.elements else { return .real(eventRank: 0) }
    let (first, last) = (atoms.values.min(-1), atoms.values.max(-1))
    return Support(.interval(lower: minimum(lower, first), upper: maximum(upper, last)), eventRank: 0)
  }

  /// The logarithm of an atom's probability, of the density elsewhere; in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    let isAtom = atoms.isAtom(x)
    guard isAtom.any() else { return (-atomProbability).logOnePlus() + continuous.logProb(x) }
    // An atom may lie where the density is infinite, whose gradient would spoil the other branch.
    let median = continuous.quantile(Tensor.full(batchShape, 0.5, dtype: x.dtype, device: x.device)).detached()
    let density = (-atomProbability).logOnePlus() + continuous.logProb(select(isAtom, median, x))
    return select(isAtom, atomProbability.log() + atoms.logProb(x), density)
  }

  /// Independent draws.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let noise = Tensor.uniform(
      sampleShape + batchShape, dtype: .float64, device: atomProbability.device, using: &rng)
    let spikes = draws(atoms, sampleShape, using: &rng)
    let values = draws(continuous, sampleShape, using: &rng)
    return select(noise .< atomProbability.detached(), spikes.to(values.dtype), values)
  }

  /// Draws of a part, one for each distribution of the whole batch.
  private func draws(
    _ part: some Distribution, _ sampleShape: Shape, using rng: inout RandomGenerator
  ) -> Tensor {
    part.sample(part.batchShape == batchShape ? sampleShape : sampleShape + batchShape, using: &rng)
  }

  /// The probability of a value at most `x`.
  public func cdf(_ x: Tensor) -> Tensor { mix(atoms.cdf(x), continuous.cdf(x)) }
  /// The probability of a value below `x`.
  public func cdfBelow(_ x: Tensor) -> Tensor { mix(atoms.cdfBelow(x), continuous.cdf(x)) }
  /// The probability of a value above `x`.
  public func survival(_ x: Tensor) -> Tensor { mix(atoms.survival(x), continuous.survival(x)) }
  /// The logarithm of the cdf, also where the cdf underflows.
  public func logCDF(_ x: Tensor) -> Tensor { logMix(atoms.logCDF(x), continuous.logCDF(x)) }
  /// The logarithm of the survival function, also where that underflows.
  public func logSurvival(_ x: Tensor) -> Tensor { logMix(atoms.logSurvival(x), continuous.logSurvival(x)) }
  /// Whether each number is an atom.
  public func isAtom(_ x: Tensor) -> Tensor { atoms.isAtom(x) }

  /// The smallest value up to which at least a probability lies: an atom for a whole interval of probabilities, and a
  /// quantile of the continuous part between.
  public func quantile(_ probability: Tensor) -> Tensor {
    let p = probability.to(.float64)
    let heights = jumps
    let isOutside = (p .< 0) .| (p .> 1) .| p.isNaN()
    let level = select(isOutside, 0.5, p)
    // The first atom up to which at least the probability lies, if any.
    let place = level.places(in: heights.tops)
    let count = atoms.places.count
    let safe = place.clamped(to: Double(count - 1)).to(.int64)
    let isAtom = (place .< count) .& (level .> heights.bottoms.elements(at: safe))
    let atomsBelow = weight * atoms.places.cdf(place - 1).to(.float64)
    let share = ((level - atomsBelow) / select(rest .== 0, 1.0, rest)).clamped(from: 0, to: 1)
    let value = continuous.quantile(share)
    let atom = atomValues.elements(at: safe).to(value.dtype)
    return select(isOutside, Double.nan, select(isAtom, atom, value)).to(value.dtype)
  }

  private var weight: Tensor { atomProbability.detached().to(.float64) }
  private var rest: Tensor { (1.0 - atomProbability.detached()).to(.float64) }
  private var atomValues: Tensor { atoms.values.broadcasted(to: batchShape + [atoms.places.count]) }

  /// The cdf below and at each atom, `[*batch, count]`.
  private var jumps: (bottoms: Tensor, tops: Tensor) {
    withoutGradient {
      let columns = atomValues.movingDimension(-1, to: 0)
      let (below, at) = (cdfBelow(columns).to(.float64), cdf(columns).to(.float64))
      return (below.movingDimension(0, to: -1).contiguous(), at.movingDimension(0, to: -1).contiguous())
    }
  }

  private func mix(_ first: Tensor, _ second: Tensor) -> Tensor {
    atomProbability * first + (1.0 - atomProbability) * second
  }

  private func logMix(_ first: Tensor, _ second: Tensor) -> Tensor {
    (atomProbability.log() + first).logAddExp((-atomProbability).logOnePlus() + second)
  }
}

extension MixedDistribution: MomentDistribution where Continuous: MomentDistribution {
  /// The mean of the parts' means.
  public var mean: Tensor { mix(atoms.mean, continuous.mean) }

  /// The mean of the parts' variances plus the variance of their means.
  public var variance: Tensor {
    let between = atomProbability * (1.0 - atomProbability) * (atoms.mean - continuous.mean).squared()
    return mix(atoms.variance, continuous.variance) + between
  }
}

extension MixedDistribution: EntropyDistribution where Continuous: EntropyDistribution {
  /// The mean of minus `logProb`, in nats: the entropy of the choice between the parts plus the mean of theirs.
  public var entropy: Tensor {
    Bernoulli(probability: atomProbability).entropy + mix(atoms.entropy, continuous.entropy)
  }
}
