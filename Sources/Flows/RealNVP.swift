public import Torch

/// A normalizing flow of affine couplings with a soft bound on scales (RealNVP).
///
/// Cheaper than splines and smooth everywhere; needs more couplings for shapes with gaps or sharp edges. A new flow is
/// the normal distribution with the data's means and scales.
///
///     let flow = try NormalizingFlow(RealNVP.Configuration(features: 6), using: &rng)
///
/// - Complexity: density and sample each `layers` network passes.
/// - Reference: Dinh, Sohl-Dickstein, Bengio, *Density estimation using Real NVP*, 2017.
///   https://arxiv.org/abs/1605.08803
public enum RealNVP {
  /// What makes a RealNVP flow.
  public struct Configuration: FlowConfiguration {
    /// The size of an event.
    public var features: Int
    /// The size of a context; 0 for a flow without context.
    public var contextFeatures: Int
    /// What happens to data before the couplings.
    public var preprocessing: Preprocessing
    /// The number of couplings, their networks, and the mixing between them.
    public var couplings: CouplingOptions

    /// Five couplings, unless told otherwise.
    public init(
      features: Int, contextFeatures: Int = 0, preprocessing: Preprocessing = .standardize,
      couplings: CouplingOptions = CouplingOptions()
    ) {
      self.features = features
      self.contextFeatures = contextFeatures
      self.preprocessing = preprocessing
      self.couplings = couplings
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `FlowConfigurationError` for the first that does not.
    public func validate() throws(FlowConfigurationError) {
      try validateFeatures()
      try couplings.validate()
      try validateWeightCount()
    }

    /// The number of elements of all parameters and buffers of the flow.
    public var weightCount: Double {
      weightCount(of: couplings, keeping: features / 2, parametersPerFeature: 2, ownPerFeature: 1)
    }

    /// Affine couplings with mixing between them.
    public func makeLayers(using rng: inout RandomGenerator) -> [any FlowLayer] {
      couplings.makeLayers(features: features, keeping: features / 2, using: &rng) { rng in
        AffineCoupling(features: features, contextFeatures: contextFeatures, options: couplings, using: &rng)
      }
    }
  }
}
