public import Torch

/// A summary of an image of any size: convolutions that each halve it, means over a grid, and a linear layer.
///
/// - Shapes: observations `[*batch, channels, height, width]`, summaries `[*batch, summaryFeatures]`.
public struct ConvolutionalSummary: SummaryNetwork {
  /// What makes the network.
  public struct Configuration: SummaryNetworkConfiguration {
    /// The channels of an image.
    public var channels: Int
    /// The size of a summary.
    public var summaryFeatures: Int
    /// The channels after each convolution.
    public var hiddenChannels: [Int]
    /// Height and width of the convolutions' windows; an odd number.
    public var kernelSize: Int
    /// Pixels from one window to the next: what each convolution divides height and width by.
    public var stride: Int
    /// Height and width of the grid whose means go into the linear layer.
    public var pooledSize: Int
    /// The nonlinearity after each convolution.
    public var activation: Activation

    /// Three convolutions of 3 x 3, of stride 2, and a grid of 2 x 2, unless told otherwise.
    public init(
      channels: Int, summaryFeatures: Int, hiddenChannels: [Int] = [16, 32, 64], kernelSize: Int = 3, stride: Int = 2,
      pooledSize: Int = 2, activation: Activation = .relu
    ) {
      self.channels = channels
      self.summaryFeatures = summaryFeatures
      self.hiddenChannels = hiddenChannels
      self.kernelSize = kernelSize
      self.stride = stride
      self.pooledSize = pooledSize
      self.activation = activation
    }

    /// An image.
    public var form: ObservationForm { .image(channels: channels) }

    /// The number of elements of all parameters.
    public var weightCount: Double {
      let sizes = [channels] + hiddenChannels
      let window = Double(kernelSize) * Double(kernelSize)
      let convolutions = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + (Double($1.0) * window + 1) * Double($1.1) }
      let pooled = Double(sizes.last ?? 0) * Double(pooledSize) * Double(pooledSize)
      return convolutions + (pooled + 1) * Double(summaryFeatures)
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `SummaryNetworkConfigurationError` for the first that does not.
    public func validate() throws(SummaryNetworkConfigurationError) {
      try validateSizes()
      try SummaryNetworkLimit.check("hiddenChannels", hiddenChannels, minimum: 1)
      try SummaryNetworkLimit.check("kernelSize", kernelSize, in: 1...99)
      guard kernelSize % 2 == 1 else {
        throw SummaryNetworkConfigurationError(field: "kernelSize", expected: "an odd number", actual: "\(kernelSize)")
      }
      try SummaryNetworkLimit.check("stride", stride, in: 1...99)
      try SummaryNetworkLimit.check("pooledSize", pooledSize, in: 1...1000)
      try validateWeightCount()
    }

    /// A network with drawn weights.
    public func makeNetwork(using rng: inout RandomGenerator) -> any SummaryNetwork {
      ConvolutionalSummary(self, using: &rng)
    }
  }

  /// The convolutions, the first to act first.
  public let convolutions: [Convolution2D]
  /// The means over a grid.
  public let pooling: AdaptiveMeanPooling2D
  /// From the grid to the summary.
  public let output: Linear
  /// The nonlinearity after each convolution.
  public let activation: Activation
  /// An image.
  public let form: ObservationForm

  /// A network with drawn weights.
  ///
  /// - Precondition: the configuration is valid.
  public init(_ configuration: Configuration, using rng: inout RandomGenerator) {
    let sizes = [configuration.channels] + configuration.hiddenChannels
    var convolutions: [Convolution2D] = []
    for (input, output) in zip(sizes, sizes.dropFirst()) {
      convolutions.append(
        Convolution2D(
          inputChannels: input, outputChannels: output, kernelSize: configuration.kernelSize,
          stride: configuration.stride, padding: configuration.kernelSize / 2, using: &rng))
    }
    self.convolutions = convolutions
    let size = configuration.pooledSize
    pooling = AdaptiveMeanPooling2D(outputSize: size)
    output = Linear(
      inputFeatures: (sizes.last ?? 0) * size * size, outputFeatures: configuration.summaryFeatures, using: &rng)
    activation = configuration.activation
    form = configuration.form
  }

  /// The size of a summary.
  public var summaryFeatures: Int { output.outputFeatures }

  /// The summaries of images.
  public func callAsFunction(_ observations: Observations, _ context: LayerContext) -> Tensor {
    form.check(observations, "ConvolutionalSummary")
    let features = convolutions.reduce(observations.values) { activation($1($0, context)) }
    return output(pooling(features, context).flattened(from: -3))
  }

  /// Visits the convolutions in order, then `output`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (index, layer) in convolutions.enumerated() { visitor.visit(layer, named: "convolutions.\(index)") }
    visitor.visit(output, named: "output")
  }
}
