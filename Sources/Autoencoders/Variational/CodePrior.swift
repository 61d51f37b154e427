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
    LearnedMixture(logits: logits.value, means: means.value, logScales: (logScales.value / 7).tanh() * 7)
  }

  /// Visits `logits`, `means`, `logScales`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(logits, named: "logits")
    visitor.visit(means, named: "means")
    visitor.visit(logScales, named: "logScales")
  }
}

/// A mixture with gradients to all of it; `GaussianMixture` has none, since it is computed by kernels.
private struct LearnedMixture: Distribution {
  let logits: Tensor
  let means: Tensor
  let logScales: Tensor

  var batchShape: Shape { [] }
  var eventShape: Shape { [means.size(1)] }
  var support: Support { .real(eventRank: 1) }

  func logProb(unchecked x: Tensor) -> Tensor {
    let components = Normal(location: means, scale: logScales.exp(), eventRank: 1)
    return (components.logProb(unchecked: x.unsqueezed(-2)) + logits.logSoftmax(-1)).logSumExp(-1)
  }

  func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let chosen = logits.softmax(-1).multinomial(sampleShape.elementCount, using: &rng)
      let noise = Tensor.normal(
        [sampleShape.elementCount, means.size(1)], dtype: means.dtype, device: means.device, using: &rng)
      return (means.selecting(chosen) + noise * logScales.exp().selecting(chosen)).reshaped(sampleShape + eventShape)
    }
  }
}
