import Probability
public import Torch

/// A normalizing flow of rational-quadratic spline couplings (NSF).
///
/// The usual first choice for tables of up to some hundred columns: sharp, with density and samples both at the price
/// of one pass. A new flow is the normal distribution with the data's means and scales.
///
///     let flow = try NormalizingFlow(NeuralSplineFlow.Configuration(features: 6), using: &rng)
///
/// - Complexity: density and sample each `layers` network passes.
/// - Reference: Durkan, Bekasov, Murray, Papamakarios, *Neural Spline Flows*, 2019. https://arxiv.org/abs/1906.04032
public enum NeuralSplineFlow {
  /// What makes a neural spline flow.
  public struct Configuration: FlowConfiguration {
    /// The size of an event.
    public var features: Int
    /// The size of a context; 0 for a flow without context.
    public var contextFeatures: Int
    /// What happens to data before the couplings.
    public var preprocessing: Preprocessing
    /// The number of couplings, their networks, and the mixing between them.
    public var couplings: CouplingOptions
    /// The pieces of each spline.
    public var bins: Int
    /// Splines act on [-bound, bound] of the standardized features.
    public var bound: Double
    /// The least width and height of a bin, as a fraction of the box.
    public var minimumBinSize: Double
    /// The least slope at a knot.
    public var minimumSlope: Double

    /// Five couplings of 8 bins on [-5, 5], unless told otherwise.
    public init(
      features: Int, contextFeatures: Int = 0, preprocessing: Preprocessing = .standardize,
      couplings: CouplingOptions = CouplingOptions(), bins: Int = 8,
      bound: Double = 5, minimumBinSize: Double = 1e-3, minimumSlope: Double = 1e-3
    ) {
      self.features = features
      self.contextFeatures = contextFeatures
      self.preprocessing = preprocessing
      self.couplings = couplings
      self.bins = bins
      self.bound = bound
      self.minimumBinSize = minimumBinSize
      self.minimumSlope = minimumSlope
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `FlowConfigurationError` for the first that does not.
    public func validate() throws(FlowConfigurationError) {
      try validateFeatures()
      try couplings.validate()
      try checkRange("bins", bins, in: 1...Limit.bins)
      try checkBound("bound", bound)
      guard minimumBinSize >= 1e-6 && minimumBinSize * Double(bins) < 1 else {
        throw .outOfRange(
          field: "minimumBinSize", expected: "at least 1e-6 and less than 1/bins", actual: "\(minimumBinSize)")
      }
      guard minimumSlope >= 1e-6 && minimumSlope < 1 else {
        throw .outOfRange(field: "minimumSlope", expected: "at least 1e-6 and less than 1", actual: "\(minimumSlope)")
      }
      try validateWeightCount()
    }

    /// The number of elements of all parameters and buffers of the flow.
    public var weightCount: Double {
      let parameters = 3 * Double(bins) - 1
      return weightCount(
        of: couplings, keeping: SplineCoupling.kept(of: features), parametersPerFeature: parameters,
        ownPerKeptFeature: parameters)
    }

    /// Spline couplings with mixing between them.
    public func makeLayers(using rng: inout RandomGenerator) -> [any FlowLayer] {
      let form = RationalQuadraticSpline.Form(
        bins: bins, bound: bound, minimumBinSize: minimumBinSize, minimumSlope: minimumSlope)
      return couplings.makeLayers(features: features, keeping: SplineCoupling.kept(of: features), using: &rng) { rng in
        SplineCoupling(
          features: features, contextFeatures: contextFeatures, form: form, options: couplings, using: &rng)
      }
    }
  }
}
