public import Torch

/// A distribution that is known up to a constant: p(x) = exp(-U(x)) / Z for an energy U.
///
/// It has no normalized density and cannot be sampled, so it is no ``Distribution``: it is a target, to which
/// ``ReverseKullbackLeibler`` fits a model.
///
///     let target = GibbsDistribution([2]) { x in 0.5 * x.squared().sum(-1) }
///
/// - Shapes: events `eventShape`; the energy maps `[*batch, *event]` to `[*batch]`.
public struct GibbsDistribution {
  /// The shape of one event.
  public let eventShape: Shape
  /// Roughly where the mass lies, `eventShape`: where a model should start.
  public let location: Tensor
  /// Roughly how far the mass reaches around the location, `eventShape`. A model starts with this scale, and modes are looked
  /// for within it: too wide costs time, too narrow misses modes.
  public let scale: Tensor
  /// Where the modes are, `[modes, *event]`, when that is known.
  public let modes: Tensor?
  /// log Z, when it is known: 0 for a normalized density.
  public let logPartition: Double?
  private let function: (Tensor) -> Tensor

  /// A distribution of an energy.
  ///
  /// - Parameters:
  ///   - eventShape: the shape of one event.
  ///   - location: roughly where the mass lies; zeros unless given.
  ///   - scale: roughly how far it reaches; ones unless given.
  ///   - modes: where the modes are, `[modes, *event]`; looked for unless given.
  ///   - logPartition: log Z, when it is known.
  ///   - energy: U, from events `[*batch, *event]` to `[*batch]`, in nats, differentiable by autograd; infinity where the
  ///     density is 0.
  public init(
    _ eventShape: Shape, location: Tensor? = nil, scale: Tensor? = nil, modes: Tensor? = nil,
    logPartition: Double? = nil, energy: @escaping (Tensor) -> Tensor
  ) {
    self.eventShape = eventShape
    self.location = (location ?? Tensor.zeros(eventShape, dtype: .float64)).to(.float64)
    self.scale = (scale ?? Tensor.ones(eventShape, dtype: .float64)).to(.float64)
    self.modes = modes?.to(.float64)
    self.logPartition = logPartition
    function = energy
    precondition(
      self.location.shape == eventShape && self.scale.shape == eventShape && (self.scale .> 0).all(),
      "GibbsDistribution: expected a location and a positive scale of shape \(eventShape), got \(self.location.shape), "
        + "\(self.scale.shape)")
    precondition(
      modes.map { $0.rank == 1 + eventShape.rank && $0.shape.trailing(eventShape.rank) == eventShape } ?? true,
      "GibbsDistribution: expected modes [count] + \(eventShape), got \(modes?.shape ?? [])")
  }

  /// A normalized distribution as a target; log Z is 0. Its draws are not used.
  ///
  /// - Precondition: it is one distribution, not a batch.
  public init(_ distribution: any Distribution, location: Tensor? = nil, scale: Tensor? = nil, modes: Tensor? = nil) {
    precondition(
      distribution.batchShape.elementCount == 1,
      "GibbsDistribution: expected one distribution, got a batch \(distribution.batchShape)")
    self.init(distribution.eventShape, location: location, scale: scale, modes: modes, logPartition: 0) { x in
      -distribution.logProb(unchecked: x)
    }
  }

  /// U(x) in nats, `[*batch]`.
  ///
  /// - Precondition: `x` ends in `eventShape`, and the energy function gives one number for each event.
  public func energy(_ x: Tensor) -> Tensor {
    precondition(
      x.shape.trailing(eventShape.rank) == eventShape,
      "GibbsDistribution: expected events of shape \(eventShape), got a tensor of shape \(x.shape)")
    let energy = function(x)
    precondition(
      energy.shape == x.shape.droppingTrailing(eventShape.rank),
      "GibbsDistribution: expected energies of shape \(x.shape.droppingTrailing(eventShape.rank)), got \(energy.shape)")
    return energy
  }

  /// A normal distribution that is as wide as the target, from which searches start.
  public var roughNormal: Normal { Normal(location: location, scale: scale, eventRank: eventShape.rank) }

  /// Rows of which mean and covariance are those of ``roughNormal``: what a model that standardizes its data is shown.
  ///
  /// - Returns: `[2 * elements, *event]`, 64-bit.
  public var roughRows: Tensor {
    let count = eventShape.elementCount
    let steps = (scale.flattened() * Double(count).squareRoot()).diagonalMatrix()
    let center = location.flattened()
    return Tensor.concatenating([center + steps, center - steps]).reshaped([2 * count] + eventShape)
  }
}
