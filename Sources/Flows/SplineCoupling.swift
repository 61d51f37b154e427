public import NeuralNetworks
public import Probability
public import Torch

/// A coupling that sends every feature through a rational-quadratic spline: the kept ones through splines of their own,
/// the others through splines that a network gives for the kept ones and the context.
///
/// - Complexity: one network pass in each direction.
/// - Reference: Durkan, Bekasov, Murray, Papamakarios, *Neural Spline Flows*, 2019, section 3.2 and appendix A.1.
///   https://arxiv.org/abs/1906.04032
public struct SplineCoupling: FlowLayer {
  /// The number of features.
  public let features: Int
  /// The number of leading features on which the splines of the others depend.
  public let kept: Int
  /// The pieces, box and least sizes of the splines.
  public let form: RationalQuadraticSpline.Form
  private let conditioner: Conditioner
  /// None when there is nothing to keep.
  private let keptSplines: Parameter?

  /// A coupling on the larger half of the features; it starts as the identity.
  ///
  /// - Precondition: `features > 0` and `contextFeatures >= 0`.
  public init(
    features: Int, contextFeatures: Int, form: RationalQuadraticSpline.Form, options: CouplingOptions,
    using rng: inout RandomGenerator
  ) {
    self.features = features
    self.form = form
    kept = Self.kept(of: features)
    conditioner = Conditioner(
      inputFeatures: kept, contextFeatures: contextFeatures, outputFeatures: (features - kept) * form.parameterCount,
      options: options, using: &rng)
    keptSplines = kept > 0 ? Parameter(Tensor.zeros([kept, form.parameterCount])) : nil
  }

  /// The larger half, which tells the network more; all but one of two features, none of one.
  static func kept(of features: Int) -> Int { min((features + 1) / 2, features - 1) }

  /// The coupling for contexts.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    let (conditioner, form, moved) = (conditioner, form, features - kept)
    return SplineCouplingBijection(kept: kept, moved: moved, form: form, keptSplines: keptSplines?.value) { condition in
      conditioner(condition, given: context, layerContext).unflattened(-1, [moved, form.parameterCount])
    }
  }

  /// Visits the conditioner, then the splines of the kept features.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(conditioner, named: "conditioner")
    if let keptSplines { visitor.visit(keptSplines, named: "keptSplines") }
  }
}

extension SplineCoupling: FusibleLayer {
  var obstacle: String? { conditioner.kernelObstacle }

  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    let splines = SplineKernel(
      bins: form.bins, bound: form.bound, minimumBinSize: form.minimumBinSize, minimumSlope: form.minimumSlope)
    return conditioner.kernelNetwork(kept: kept, contextFeatures: contextFeatures, layerContext).map {
      .splineCoupling(
        features: features, kept: kept, splines: splines, keptSplines: keptSplines?.value, network: $0)
    }
  }
}

/// The map of a ``SplineCoupling`` for one context: all splines in one call from data to code.
struct SplineCouplingBijection: Bijection {
  let kept: Int
  let moved: Int
  let form: RationalQuadraticSpline.Form
  /// The parameters of the kept features' splines, `[kept, parameterCount]`.
  let keptSplines: Tensor?
  /// From the kept features to the parameters of the others' splines, `[*batch, moved, parameterCount]`.
  let parameters: (Tensor) -> Tensor

  var domain: Support { .real(eventRank: 1) }
  var codomain: Support { .real(eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (z, logDet) = spline(given: x.narrowed(-1, from: 0, length: kept)).forwardWithLogDet(x)
    return (z, logDet.sum(-1))
  }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let parts = z.split([kept, moved], -1)
    guard let keptSplines else {
      let (x, logDet) = spline(given: parts[0]).inverseWithLogDet(z)
      return (x, logDet.sum(-1))
    }
    let (condition, keptLogDet) = RationalQuadraticSpline(parameters: keptSplines, form: form)
      .inverseWithLogDet(parts[0])
    let (others, logDet) = RationalQuadraticSpline(parameters: parameters(condition), form: form)
      .inverseWithLogDet(parts[1])
    let batch = others.shape.droppingTrailing(1)
    let x = Tensor.concatenating([condition.broadcasted(to: batch + [kept]), others], -1)
    return (x, keptLogDet.sum(-1) + logDet.sum(-1))
  }

  /// The splines of all features.
  private func spline(given condition: Tensor) -> RationalQuadraticSpline {
    let others = parameters(condition)
    guard let keptSplines else { return RationalQuadraticSpline(parameters: others, form: form) }
    return RationalQuadraticSpline(joining: [keptSplines, others], form: form)
  }
}
