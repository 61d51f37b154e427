public import NeuralNetworks

extension Autoencoder {
  /// What makes an autoencoder.
  public struct Configuration: Codable, Hashable, Sendable {
    /// The size of a row.
    public var features: Int
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
    /// How far a reconstruction is from its row.
    public var reconstruction: ReconstructionLoss
    /// What is done to rows in training before the encoder.
    public var corruption: Corruption
    /// The weight of the squared maximum mean discrepancy of a batch's codes from as many standard normal ones; 0 for none.
    ///
    /// The kernel is the inverse multi-quadratic with five lengths around the typical distance of two standard normal codes,
    /// so that it suits every size of a code.
    public var discrepancyWeight: Double
    /// Numbers of one pixel, for images.
    public var channels: Int
    /// Rows of pixels; 0 for what `width` leaves, or a square.
    public var height: Int
    /// Columns of pixels; 0 for what `height` leaves, or a square.
    public var width: Int

    /// Four code numbers and perceptrons of 128 and 128, unless told otherwise.
    public init(
      features: Int, codeFeatures: Int = 4,
      network: CodeNetwork = .multilayerPerceptron(hiddenFeatures: [128, 128]), activation: Activation = .silu,
      dropout: Double = 0, scaling: RowScaling.Kind = .automatic, reconstruction: ReconstructionLoss = .l2,
      corruption: Corruption = .none, discrepancyWeight: Double = 0, channels: Int = 1, height: Int = 0, width: Int = 0
    ) {
      self.features = features
      self.codeFeatures = codeFeatures
      self.network = network
      self.activation = activation
      self.dropout = dropout
      self.scaling = scaling
      self.reconstruction = reconstruction
      self.corruption = corruption
      self.discrepancyWeight = discrepancyWeight
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
      try require(codeFeatures, in: 1...Limit.hiddenFeatures, "codeFeatures")
      try network.validate(image: image)
      try require(dropout >= 0 && dropout < 1, "dropout", dropout, "at least 0 and below 1")
      try reconstruction.validate(image: image)
      try corruption.validate()
      try require(
        discrepancyWeight >= 0 && discrepancyWeight.isFinite, "discrepancyWeight", discrepancyWeight,
        "0 or a positive number")
      try require(
        !reconstruction.isOfLogits || scaling == .automatic || scaling == .range, "scaling", scaling.rawValue,
        "automatic or range: binaryCrossEntropy takes rows from 0 to 1")
      try require(weightCount <= Limit.weights, "the number of weights", weightCount, "at most \(Limit.weights)")
    }

    /// The number of weights, or somewhat more.
    public var weightCount: Double {
      let code = Double(codeFeatures)
      return network.weightCount(
        features: features, contextFeatures: 0, codeFeatures: codeFeatures,
        encoderOutputs: codeFeatures, decoderOutputs: Double(features), image: image)
        + 2 * Double(features) + code * (code + 1)
    }
  }
}
