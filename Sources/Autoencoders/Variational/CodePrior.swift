public import NeuralNetworks
public import Probability
public import Torch

/// What codes are before anything is known, q(Z): a distribution that may be learned with the networks.
public protocol CodePrior: Module {
  /// The distribution of codes, `[codeFeatures]`.
  var distribution: any Distribution { get }
}

/// A standard normal prior.
public struct StandardNormalPrior: CodePrior {
  private let like: Buffer
  private let codeFeatures: Int

  /// A prior of codes of a size.
  public init(codeFeatures: Int) {
    self.codeFeatures = codeFeatures
    like = Buffer(Tensor.zeros([0]))
  }

  /// The standard normal distribution.
  public var distribution: any Distribution {
    StandardNormal([codeFeatures], dtype: like.value.dtype, device: like.value.device)
  }

  /// Visits a buffer without elements, which knows the type and device.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(like, named: "like") }
}

/// A mixture of normal distributions with diagonal covariances, all of it learned.
public struct MixturePrior: CodePrior {
  private let logits: Parameter
  private let means: Parameter
  private let logScales: Parameter

  /// A mixture whose means are drawn from the standard normal distribution.
  ///
  /// - Precondition: there is at least one component.
  public init(codeFeatures: Int, components: Int, using rng: inout RandomGenerator) {
    precondition(components > 0, "MixturePrior: expected at least one component, got \(components)")
    logits = Parameter(Tensor.zeros([components]))
    means = Parameter(Tensor.normal([components, codeFeatures], using: &rng))
    logScales = Parameter(Tensor.zeros([components, codeFeatures]))
  }

  /// The mixture as it is now.
  public var distribution: any Distribution {
    HomogeneousMixture(
      weights: logits.value.softmax(-1),
      Normal(location: means.value, scale: ((logScales.value / 7).tanh() * 7).exp(), eventRank: 1))
  }

  /// Visits `logits`, `means`, `logScales`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(logits, named: "logits")
    visitor.visit(means, named: "means")
    visitor.visit(logScales, named: "logScales")
  }
}
