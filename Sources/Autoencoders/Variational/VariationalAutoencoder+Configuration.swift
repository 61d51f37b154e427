public import NeuralNetworks

extension VariationalAutoencoder {
  /// What makes a variational autoencoder.
  public struct Configuration: Codable, Hashable, Sendable {
    /// The size of a row.
    public var features: Int
    /// The size of a context that both networks are given; 0 for none.
    public var contextFeatures: Int
    /// The size of a code.
    public var codeFeatures: Int
    /// The networks.
    public var network: CodeNetwork
    /// The nonlinearity of the networks.
    public var activation: Activation
    /// Dropout in the networks.
    public var dropout: Double
    /// What happens to rows before the encoder.
    public var scaling: RowScaling.Kind
    /// The distribution of a row given its code.
    public var likelihood: DecoderLikelihood
    /// What codes are before anything is known.
    public var prior: Prior
    /// The distribution of the code of a row.
    public var posterior: Posterior
    /// Codes drawn for each row in training: 1 for the evidence lower bound, more for the importance-weighted bound.
    public var trainingSamples: Int
    /// Codes drawn for each row when it is scored.
    public var scoringSamples: Int
    /// The factor of the Kullback-Leibler divergence in training, with one sample: 1 for the bound itself.
    public var beta: Double
    /// The steps in which that factor rises from 0.
    public var warmUpSteps: Int
    /// Nats that each code number has for free in training, with one sample and a standard normal prior.
    public var freeNats: Double
    /// Numbers of one pixel, for images.
    public var channels: Int
    /// Rows of pixels; 0 for what `width` leaves, or a square.
    public var height: Int
    /// Columns of pixels; 0 for what `height` leaves, or a square.
    public var width: Int

    /// The distribution of codes before anything is known.
    public enum Prior: Hashable, Sendable, Codable {
      /// The standard normal distribution.
      case standardNormal
      /// A learned mixture of normal distributions.
      case mixture(components: Int)
      /// A learned flow of spline couplings.
      case flow(layers: Int)
    }

    /// The distribution of the code of a row.
    public enum Posterior: Hashable, Sendable, Codable {
      /// Independent normal numbers.
      case gaussian
      /// A flow of affine autoregressive layers, whose networks are given numbers of the encoder.
      ///
      /// - Reference: Kingma et al., *Improved variational inference with inverse autoregressive flow*, 2016.
      case flow(layers: Int)
    }

    /// Four code numbers and perceptrons of 128 and 128, unless told otherwise.
    public init(
      features: Int, contextFeatures: Int = 0, codeFeatures: Int = 4,
      network: CodeNetwork = .multilayerPerceptron(hiddenFeatures: [128, 128]), activation: Activation = .silu,
      dropout: Double = 0, scaling: RowScaling.Kind = .automatic, likelihood: DecoderLikelihood = .columnGaussian,
      prior: Prior = .standardNormal, posterior: Posterior = .gaussian, trainingSamples: Int = 1,
      scoringSamples: Int = 500, beta: Double = 1, warmUpSteps: Int = 0, freeNats: Double = 0, channels: Int = 1,
      height: Int = 0, width: Int = 0
    ) {
      self.features = features
      self.contextFeatures = contextFeatures
      self.codeFeatures = codeFeatures
      self.network = network
      self.activation = activation
      self.dropout = dropout
      self.scaling = scaling
      self.likelihood = likelihood
      self.prior = prior
      self.posterior = posterior
      self.trainingSamples = trainingSamples
      self.scoringSamples = scoringSamples
      self.beta = beta
      self.warmUpSteps = warmUpSteps
      self.freeNats = freeNats
      self.channels = channels
      self.height = height
      self.width = width
    }

    /// The size of an image; nil when rows are none.
    public var image: ImageShape? {
      ImageShape(features: features, channels: channels, height: height, width: width)
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `AutoencoderConfigurationError` for the first that does not.
    public func validate() throws(AutoencoderConfigurationError) {
      try require(features, in: 1...Limit.features, "features")
      try require(contextFeatures, in: 0...Limit.features, "contextFeatures")
      try require(codeFeatures, in: 1...Limit.hiddenFeatures, "codeFeatures")
      try network.validate(image: image)
      try require(dropout >= 0 && dropout < 1, "dropout", dropout, "at least 0 and below 1")
      try likelihood.validate()
      try require(
        !likelihood.isDiscrete || scaling == .automatic || scaling == .range, "scaling", scaling.rawValue,
        "automatic or range: the likelihood is of levels")
      if case .mixture(let components) = prior {
        try require(components, in: 1...Limit.hiddenFeatures, "prior's components")
      }
      if case .flow(let layers) = prior { try require(layers, in: 1...Limit.depth, "prior's layers") }
      if case .flow(let layers) = posterior { try require(layers, in: 1...Limit.depth, "posterior's layers") }
      try require(trainingSamples, in: 1...10_000, "trainingSamples")
      try require(scoringSamples, in: 1...10_000_000, "scoringSamples")
      try require(beta >= 0 && beta.isFinite, "beta", beta, "0 or a positive number")
      try require(warmUpSteps, in: 0...1_000_000_000, "warmUpSteps")
      try require(freeNats >= 0 && freeNats.isFinite, "freeNats", freeNats, "0 or a positive number")
      let isPlain = trainingSamples == 1 && prior == .standardNormal && posterior == .gaussian
      try require(
        isPlain || freeNats == 0, "freeNats", freeNats,
        "0 unless there is one training sample, a standard normal prior and a gaussian posterior")
      try require(
        trainingSamples == 1 || (beta == 1 && warmUpSteps == 0), "beta", beta,
        "1, with warmUpSteps 0, for the importance-weighted bound")
      try require(weightCount <= Limit.weights, "the number of weights", weightCount, "at most \(Limit.weights)")
    }

    /// The number of weights, or somewhat more; flows of codes are not counted.
    public var weightCount: Double {
      let outputs = Double(features) * Double(likelihood.outputsPerFeature)
      var sum = network.weightCount(
        features: features, contextFeatures: contextFeatures, codeFeatures: codeFeatures,
        encoderOutputs: 4 * codeFeatures, decoderOutputs: outputs, image: image)
      if case .mixture(let components) = prior { sum += Double(components) * Double(2 * codeFeatures + 1) }
      return sum + 3 * Double(features) + 2 * Double(contextFeatures)
    }
  }
}
