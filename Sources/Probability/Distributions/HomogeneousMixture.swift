public import Torch

/// A mixture whose components are one distribution with a batch: its last batch dimension becomes the choice.
///
///     let mixture = HomogeneousMixture(
///       weights: Tensor([0.2, 0.8]), Normal(location: Tensor([0.0, 5]), scale: Tensor([1.0, 2])))
///     mixture.cdf(x)
///
/// It has moments, or a distribution function and quantiles, where the components have them. All components are computed
/// at once; for components of several kinds see ``Mixture``.
///
/// - Shapes: weights `[*batch, components]`, which the components' batch shape broadcasts with.
/// - Complexity: each density and draw costs those of all components.
public struct HomogeneousMixture<Components: Distribution>: Distribution {
  /// The probability of each component, `[*batch, components]`, of sum 1.
  public let weights: Tensor
  /// The components, of batch shape `[*batch, components]`.
  public let components: Components
  /// The shape of distributions side by side.
  public let batchShape: Shape

  /// A mixture of weights (normalized here) and components.
  ///
  /// - Precondition: the shapes broadcast; weights are not negative, and not all 0.
  public init(weights: Tensor, _ components: Components) {
    let whole = Shape.broadcasting(weights.shape, components.batchShape)
    guard let whole, let count = whole.last, weights.shape.last == count, components.batchShape.last == count else {
      preconditionFailure(
        "HomogeneousMixture: expected weights [*batch, components] and components of this batch shape, got "
          + "\(weights.shape) and \(components.batchShape)")
    }
    let total = weights.sum(-1, keepingDimensions: true)
    precondition(
      !(weights .< 0).any() && !(total .<= 0).any(),
      "HomogeneousMixture: expected weights of which none is negative and one positive")
    self.weights = (weights / total).broadcasted(to: whole)
    self.components = components
    batchShape = whole.droppingTrailing(1)
  }

  /// The components' event shape.
  public var eventShape: Shape { components.eventShape }
  /// The smallest box that holds the components' supports.
  public var support: Support {
    guard case .interval(let lower, let upper) = components.support.elements else {
      return .real(eventRank: eventShape.rank)
    }
    let whole = weights.shape + eventShape
    return Support(
      .interval(
        lower: lower.broadcasted(to: whole).min(componentDimension),
        upper: upper.broadcasted(to: whole).max(componentDimension)), eventRank: eventShape.rank)
  }

  /// log sum over k of w_k p_k(x), in nats.
  public func logProb(unchecked x: Tensor) -> Tensor {
    (components.logProb(unchecked: x.unsqueezed(-1 - eventShape.rank)) + weights.log()).logSumExp(-1)
  }

  /// The probability of each component given an event, `[*sample, *batch, components]`; NaN where no component has any
  /// density.
  public func responsibilities(_ x: Tensor) -> Tensor {
    (components.logProb(unchecked: x.unsqueezed(-1 - eventShape.rank)) + weights.log()).softmax(-1)
  }

  /// Draws of all components, of which one is taken.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let rank = eventShape.rank
      let all = components.sample(sampleShape, using: &rng)
      let whole = sampleShape + weights.shape + eventShape
      let chosen = weights.reshaped([-1, weights.size(-1)])
        .multinomial(sampleShape.elementCount, using: &rng).transposed()
      var index = chosen.reshaped(sampleShape + batchShape + [1])
      for _ in 0..<rank { index = index.unsqueezed(-1) }
      return all.broadcasted(to: whole).takingAlong(index, -1 - rank).squeezed(-1 - rank)
    }
  }

  /// Weights with as many dimensions of size 1 behind them as an event has.
  private var spreadWeights: Tensor { weights.reshaped(weights.shape + Shape(eventShape.map { _ in 1 })) }
  private var componentDimension: Int { -1 - eventShape.rank }
}

extension HomogeneousMixture: MomentDistribution where Components: MomentDistribution {
  /// The weighted mean of the components' means.
  public var mean: Tensor { (spreadWeights * components.mean).sum(componentDimension) }

  /// The variance within components plus that of their means.
  public var variance: Tensor {
    let deviations = components.mean - mean.unsqueezed(componentDimension)
    return (spreadWeights * (components.variance + deviations.squared())).sum(componentDimension)
  }
}

extension HomogeneousMixture: CumulativeDistribution where Components: CumulativeDistribution {
  /// The probability of a value at most `x`, element by element.
  public func cdf(_ x: Tensor) -> Tensor {
    (spreadWeights * components.cdf(x.unsqueezed(componentDimension))).sum(componentDimension)
  }

  /// The value below which a probability lies, by Newton's iteration within the components' quantiles; NaN outside [0, 1].
  public func quantile(_ probability: Tensor) -> Tensor {
    let each = components.quantile(probability.unsqueezed(componentDimension))
    // Components of weight 0 have no say.
    let isThere = (spreadWeights .> 0).broadcasted(to: each.shape)
    return mixtureQuantile(
      probability, lower: select(isThere, each, Double.infinity).min(componentDimension),
      upper: select(isThere, each, -Double.infinity).max(componentDimension), cdf: { cdf($0) },
      density: eventShape.rank == 0 ? { logProb(unchecked: $0).exp() } : nil)
  }
}

/// The quantile of a mixture of numbers, which lies between the smallest and the largest of its components'.
///
/// - Parameters:
///   - probability: of a value up to the quantile.
///   - lower: the smallest quantile of a component.
///   - upper: the largest one.
///   - cdf: the mixture's distribution function.
///   - density: its derivative; nil where that is not known.
/// - Returns: quantiles of the bounds' shape and type.
func mixtureQuantile(
  _ probability: Tensor, lower: Tensor, upper: Tensor, cdf: (Tensor) -> Tensor, density: ((Tensor) -> Tensor)?
) -> Tensor {
  // At 0 and 1 an end may be infinite, and is the answer; NaN is, too.
  let isFinite = lower.isFinite() .& upper.isFinite()
  let (low, high) = (select(isFinite, lower, 0.0).to(.float64), select(isFinite, upper, 0.0).to(.float64))
  let target = select(isFinite, probability, 0.5).to(.float64)
  let x = MonotoneSolver(lower: low, upper: high).solve(target, from: (low + high) * 0.5) { x in
    (cdf(x).to(.float64), density?(x).to(.float64))
  }
  return select(isFinite, x.to(lower.dtype), select(probability .> 0.5, upper, lower))
}
