public import NeuralNetworks
public import Probability
public import Torch

/// A coupling whose transformed features go through rational-quadratic splines.
///
/// - Complexity: one network pass in each direction.
/// - Reference: Durkan, Bekasov, Murray, Papamakarios, *Neural Spline Flows*, 2019. https://arxiv.org/abs/1906.04032
public struct SplineCoupling: FlowLayer {
  /// The number of features.
  public let features: Int
  /// The pieces, box and least sizes of the splines.
  public let form: RationalQuadraticSpline.Form
  private let conditioner: Conditioner
  private var kept: Int { features / 2 }

  /// A coupling that keeps the first half of the features; it starts as the identity.
  ///
  /// - Precondition: `features > 0` and `contextFeatures >= 0`.
  public init(
    features: Int, contextFeatures: Int, form: RationalQuadraticSpline.Form, options: CouplingOptions,
    using rng: inout RandomGenerator
  ) {
    self.features = features
    self.form = form
    conditioner = Conditioner(
      inputFeatures: features / 2, contextFeatures: contextFeatures,
      outputFeatures: (features - features / 2) * form.parameterCount, options: options, using: &rng)
  }

  /// The coupling for contexts.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    let (conditioner, form, moved) = (conditioner, form, features - kept)
    return Coupling(features: features, kept: kept) { condition in
      let parameters = conditioner(condition, given: context, layerContext)
      return RationalQuadraticSpline(
        parameters: parameters.unflattened(-1, [moved, form.parameterCount]), form: form)
    }
  }

  /// Visits the conditioner.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(conditioner, named: "conditioner")
  }
}
