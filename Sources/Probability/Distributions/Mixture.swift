public import Torch

/// A mixture of any distributions of one event shape: p(x) = sum over k of w_k p_k(x).
///
///     let mixture = Mixture(weights: Tensor([0.3, 0.7]), [
///       Normal(location: Tensor(0.0), scale: Tensor(1.0)),
///       Uniform(lower: Tensor(-5.0), upper: Tensor(5.0)),
///     ])
///     mixture.logProb(x)
///
/// Moments and the distribution function are there when all components have them, which only a run can tell, so they are
/// optional; ``HomogeneousMixture`` has them by type.
///
/// - Shapes: weights `[*batch, components]`; each component has the batch shape `[*batch]`, or is a single distribution.
/// - Complexity: a density costs those of all components; draws too, one component each is kept.
public struct Mixture: Distribution {
  /// The probability of each component, `[*batch, components]`, of sum 1.
  public let weights: Tensor
  /// The components.
  public let components: [any Distribution]
  /// The shape of distributions side by side.
  public let batchShape: Shape

  /// A mixture of weights (normalized here) and components.
  ///
  /// - Precondition: there are as many weights as components, of one event shape; batch shapes agree or are of a single
  ///   distribution; weights are not negative, and not all 0.
  public init(weights: Tensor, _ components: [any Distribution]) {
    precondition(
      !components.isEmpty && weights.shape.last == components.count
        && Set(components.map { $0.eventShape }).count == 1,
      "Mixture: expected as many weights as components, of one event shape, got \(weights.shape) and "
        + "\(components.map { $0.eventShape })")
    let leads = [weights.shape.droppingTrailing(1)] + components.map { $0.batchShape }
    let batch = leads.first { $0.elementCount != 1 } ?? leads.max { $0.rank < $1.rank } ?? []
    precondition(
      leads.allSatisfy { $0 == batch || $0.elementCount == 1 },
      "Mixture: expected weights and components of one batch shape, or of a single distribution, got \(leads)")
    let total = weights.sum(-1, keepingDimensions: true)
    precondition(
      !(weights .< 0).any() && !(total .<= 0).any(),
      "Mixture: expected weights of which none is negative and one positive")
    self.weights = (weights / total).broadcasted(to: batch + [components.count])
    self.components = components
    batchShape = batch
  }

  /// The components' event shape.
  public var eventShape: Shape { components[0].eventShape }
  /// The smallest box that holds the components' supports.
  public var support: Support { Mixture.hull(of: components.map { $0.support }, eventRank: eventShape.rank) }

  /// log sum over k of w_k p_k(x), in nats.
  public func logProb(unchecked x: Tensor) -> Tensor { logJoint(x).logSumExp(-1) }

  /// The probability of each component given an event, `[*sample, *batch, components]`; NaN where no component has any
  /// density.
  public func responsibilities(_ x: Tensor) -> Tensor { logJoint(x).softmax(-1) }

  private func logJoint(_ x: Tensor) -> Tensor {
    let lead = Shape.broadcasting(x.shape.droppingTrailing(eventShape.rank), batchShape) ?? batchShape
    let each = components.map { $0.logProb(unchecked: x).broadcasted(to: lead) }
    return Tensor.stacking(each, -1) + weights.log()
  }

  /// Draws of each component, of which one is taken.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let lead = sampleShape + batchShape
      let chosen = weights.reshaped([-1, components.count]).multinomial(sampleShape.elementCount, using: &rng)
        .transposed().reshaped(lead + Shape(eventShape.map { _ in 1 }))
      var draws: Tensor?
      for (k, component) in components.enumerated() {
        // A single distribution is drawn for each place of the batch.
        let isWhole = component.batchShape == batchShape
        let own = component.sample(isWhole ? sampleShape : lead, using: &rng).reshaped(lead + eventShape)
        draws = draws.map { select(chosen .== k, own, $0) } ?? own
      }
      return draws ?? weights
    }
  }

  // MARK: What all components must have

  /// The mean and the variance, `[*batch, *event]`; nil when a component has no moments.
  public var moments: (mean: Tensor, variance: Tensor)? {
    let all = components.compactMap { $0 as? any MomentDistribution }
    guard all.count == components.count else { return nil }
    let mean = weighted(all.map { $0.mean })
    let variance = weighted(all.map { $0.variance + ($0.mean - mean).squared() })
    return (mean, variance)
  }

  /// The probability of a value at most `x`, element by element; nil when a component has no distribution function.
  public func cdf(_ x: Tensor) -> Tensor? {
    cumulativeComponents.map { all in weighted(all.map { $0.cdf(x) }) }
  }

  /// The value below which a probability lies, element by element, NaN outside [0, 1]; nil when a component has no
  /// distribution function.
  ///
  /// - Precondition: the components have densities: a distribution function with jumps has no Newton iteration.
  public func quantile(_ probability: Tensor) -> Tensor? {
    guard let all = cumulativeComponents else { return nil }
    let probability = probability.broadcasted(
      to: Shape.broadcasting(probability.shape, batchShape + eventShape) ?? probability.shape)
    let each = all.map { $0.quantile(probability).broadcasted(to: probability.shape) }
    // Components of weight 0 have no say.
    let isThere = components.indices.map { spreadWeight($0) .> 0 }
    let lower = zip(isThere, each).map { select($0, $1, Double.infinity) }
    let upper = zip(isThere, each).map { select($0, $1, -Double.infinity) }
    return mixtureQuantile(
      probability, lower: lower.dropFirst().reduce(lower[0]) { minimum($0, $1) },
      upper: upper.dropFirst().reduce(upper[0]) { maximum($0, $1) },
      cdf: { x in weighted(all.map { $0.cdf(x) }) },
      density: eventShape.rank == 0 ? { x in weighted(all.map { $0.logProb(unchecked: x).exp() }) } : nil)
  }

  private var cumulativeComponents: [any CumulativeDistribution]? {
    let all = components.compactMap { $0 as? any CumulativeDistribution }
    return all.count == components.count ? all : nil
  }

  private func weighted(_ each: [Tensor]) -> Tensor {
    let terms = each.enumerated().map { spreadWeight($0.offset) * $0.element }
    return terms.dropFirst().reduce(terms[0]) { $0 + $1 }
  }

  /// The weight of a component, with as many dimensions of size 1 behind it as an event has.
  private func spreadWeight(_ k: Int) -> Tensor {
    let weight = weights[.ellipsis, .at(k)]
    return weight.reshaped(weight.shape + Shape(eventShape.map { _ in 1 }))
  }

  /// The smallest box that holds supports; all real events when one of them is no box.
  static func hull(of supports: [Support], eventRank: Int) -> Support {
    var bounds: (lower: Tensor, upper: Tensor)?
    for support in supports {
      guard case .interval(let lower, let upper) = support.elements else { return .real(eventRank: eventRank) }
      bounds = bounds.map { (minimum($0.lower, lower), maximum($0.upper, upper)) } ?? (lower, upper)
    }
    guard let bounds else { return .real(eventRank: eventRank) }
    return Support(.interval(lower: bounds.lower, upper: bounds.upper), eventRank: eventRank)
  }
}
