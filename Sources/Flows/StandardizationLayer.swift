public import NeuralNetworks
public import Probability
public import Torch

/// The mean and scale of data, kept inside the model, so that the model takes data in their own units.
///
/// It starts as the identity. Fitting replaces what was there: fitting twice never standardizes twice.
public struct StandardizationLayer: PreprocessingLayer {
  /// The mean of the data, `[features]`.
  public let mean: Buffer
  /// The standard deviation of the data, `[features]`.
  public let scale: Buffer

  /// The identity of a number of features.
  public init(features: Int) {
    mean = Buffer(Tensor.zeros([features]))
    scale = Buffer(Tensor.ones([features]))
  }

  /// Takes mean and standard deviation from data; a constant feature keeps the scale 1.
  ///
  /// - Parameter data: `[count, features]`.
  /// - Precondition: there is at least one row, of `features` columns.
  public func fit(to data: Tensor) {
    precondition(
      data.rank == 2 && data.size(0) > 0 && data.size(1) == mean.value.elementCount,
      "StandardizationLayer.fit: expected [count, \(mean.value.elementCount)], got \(data.shape)")
    withoutGradient {
      let wide = data.to(.float64)
      let center = wide.mean(0)
      let spread = wide.standardDeviation(0, correction: 0)
      // Rounding leaves a constant column a spread of a few units in the last place.
      let isConstant = spread .<= center.absolute() * (8 * data.dtype.ulpOfOne)
      mean.assign(center)
      scale.assign(select(isConstant, 1, spread))
    }
  }

  /// The standardization; it does not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    Standardization(mean: mean.value, scale: scale.value)
  }

  /// A mean that is not finite, or a scale that is not finite and positive.
  public var defect: String? {
    guard mean.value.isFinite().all() else { return "mean is not finite" }
    return scale.value.isFinite().all() && (scale.value .> 0).all() ? nil : "scale is not positive and finite"
  }

  /// Visits `mean`, then `scale`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(mean, named: "mean")
    visitor.visit(scale, named: "scale")
  }
}

extension StandardizationLayer: FusibleLayer {
  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    .standardization(mean: mean.value, scale: scale.value)
  }
}
