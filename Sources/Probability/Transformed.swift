public import Torch

/// The pushforward of a base distribution: X = map.inverse(Z) with Z from the base.
///
/// The density follows from the change of variables, log p(x) = log p_base(z) + log|dz/dx| with z = map.forward(x).
///
/// - Complexity: a density is one `forwardWithLogDet`, a sample one `inverse`.
public struct Transformed<Base: Distribution, Map: Bijection>: Distribution {
  /// The distribution of codes.
  public let base: Base
  /// The map from data (`x`) to code (`z`).
  public let map: Map

  /// The distribution of `map.inverse(z)` for `z` from the base.
  ///
  /// - Precondition: the map's event rank is at most the base's, and 0 for a base with atoms.
  public init(_ base: Base, through map: Map) {
    precondition(
      map.eventRank <= base.eventShape.rank,
      "Transformed: expected a map of event rank up to \(base.eventShape.rank), got \(map.eventRank)")
    precondition(
      map.eventRank == 0 || !(base is any AtomicDistribution),
      "Transformed: expected a map of numbers for a distribution with atoms, got event rank \(map.eventRank)")
    self.base = base
    self.map = map
  }

  /// The base's batch shape.
  public var batchShape: Shape { base.batchShape }
  /// The base's event shape.
  public var eventShape: Shape { base.eventShape }
  /// The map's domain.
  public var support: Support { Support(map.domain.elements, eventRank: eventShape.rank) }

  /// The base's log-density of the code plus the log-determinant, in nats.
  ///
  /// An atom of the base keeps its probability, whatever the map does to lengths: there is no log-determinant for it.
  public func logProb(unchecked x: Tensor) -> Tensor {
    if base is StandardNormal, eventShape.rank == map.eventRank,
      let logProb = (map as? any StandardNormalDensity)?.standardNormalLogProb(x)
    {
      return logProb
    }
    let (z, logDet) = map.forwardWithLogDet(x)
    let stretch = (base as? any AtomicDistribution).map { select($0.isAtom(z), 0.0, logDet) } ?? logDet
    return base.logProb(unchecked: z) + stretch.sumTrailing(eventShape.rank - map.eventRank)
  }

  /// Draws of the base, sent through the inverse map.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient { map.inverse(base.sample(sampleShape, using: &rng)) }
  }
}

extension Transformed: ReparameterizedDistribution where Base: ReparameterizedDistribution {
  /// Draws through which gradients flow to the parameters of the base and of the map.
  public func reparameterizedSample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    map.inverse(base.reparameterizedSample(sampleShape, using: &rng))
  }

  /// Draws with their log-densities by one pass of the map: the base's log-density of the code minus the log-determinant of
  /// the map from code to data.
  public func reparameterizedSampleWithLogProb(
    _ sampleShape: Shape, using rng: inout RandomGenerator
  ) -> (sample: Tensor, logProb: Tensor) {
    let (code, logProb) = base.reparameterizedSampleWithLogProb(sampleShape, using: &rng)
    let (sample, logDet) = map.inverseWithLogDet(code)
    // An atom keeps its probability, whatever the map does to lengths.
    let stretch = (base as? any AtomicDistribution).map { select($0.isAtom(code), 0.0, logDet) } ?? logDet
    return (sample, logProb - stretch.sumTrailing(eventShape.rank - map.eventRank))
  }
}
