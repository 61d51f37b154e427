public import NeuralNetworks
public import Torch

/// A normalizing flow of images: levels of invertible 1x1 convolutions and convolutional couplings, between which half of
/// the numbers become code.
///
///     let configuration = Glow.Configuration(features: 784, contextFeatures: 10)    // 28 x 28, given a class
///     let flow = try NormalizingFlow(configuration, using: &rng)
///
/// Events are images channel after channel, each row by row from the top. Discrete pixels need noise first (`Dequantization`,
/// or ``VariationalDequantization``). The numbers that leave a level are shifted and scaled given those that stay.
///
/// - Complexity: density and sample each `levels * steps` network passes, those of a level on a quarter of the pixels of the
///   level before.
/// - Reference: Kingma, Dhariwal, *Glow: Generative Flow with Invertible 1x1 Convolutions*, 2018.
///   https://arxiv.org/abs/1807.03039
///   // Differs from Glow: 1x1 convolutions start as random permutations instead of rotations, scales are bounded as in
///   // RealNVP, and the last level's code has no prior of its own, since the couplings can express it.
public enum Glow {
  /// What makes a Glow flow.
  public struct Configuration: FlowConfiguration {
    /// The size of an event: `channels * height * width`.
    public var features: Int
    /// The size of a context, such as the number of classes for one-hot classes; 0 for a flow without context.
    public var contextFeatures: Int
    /// What happens to data before the levels.
    public var preprocessing: Preprocessing
    /// Numbers of one pixel.
    public var channels: Int
    /// Rows of pixels; 0 for what `width` leaves, or a square.
    public var height: Int
    /// Columns of pixels; 0 for what `height` leaves, or a square.
    public var width: Int
    /// The number of levels, each of which halves height and width.
    public var levels: Int
    /// The number of couplings of channels in each level.
    public var steps: Int
    /// The number of couplings of checkerboards in each level, before height and width are halved.
    public var checkerboards: Int
    /// The channels of the two hidden images of each network.
    public var hiddenChannels: Int
    /// The nonlinearity of the networks.
    public var activation: Activation

    /// Two levels of eight steps for square grey images, unless told otherwise.
    public init(
      features: Int, contextFeatures: Int = 0, preprocessing: Preprocessing = .logit, channels: Int = 1,
      height: Int = 0, width: Int = 0, levels: Int = 2, steps: Int = 8, checkerboards: Int = 0,
      hiddenChannels: Int = 64, activation: Activation = .relu
    ) {
      self.features = features
      self.contextFeatures = contextFeatures
      self.preprocessing = preprocessing
      self.channels = channels
      self.height = height
      self.width = width
      self.levels = levels
      self.steps = steps
      self.checkerboards = checkerboards
      self.hiddenChannels = hiddenChannels
      self.activation = activation
    }

    /// The size of an image; nil when no image of `channels`, `height` and `width` has so many features.
    public var shape: ImageShape? {
      ImageShape(features: features, channels: channels, height: height, width: width)
    }

    /// Whether the values make sense.
    ///
    /// - Throws: `FlowConfigurationError` for the first that does not.
    public func validate() throws(FlowConfigurationError) {
      try validateFeatures()
      try checkRange("channels", channels, in: 1...Limit.features)
      guard let shape else {
        throw .outOfRange(
          field: "height", expected: "a height and a width that make \(features) numbers with \(channels) a pixel",
          actual: "\(height) and \(width)")
      }
      try checkRange("levels", levels, in: 1...Limit.depth)
      guard levels < 20, shape.height % (1 << levels) == 0, shape.width % (1 << levels) == 0 else {
        throw .outOfRange(
          field: "levels", expected: "a number of times that \(shape.height) x \(shape.width) pixels can be halved",
          actual: "\(levels)")
      }
      try checkRange("steps", steps, in: 1...Limit.layers)
      try checkRange("checkerboards", checkerboards, in: 0...Limit.layers)
      try checkRange("hiddenChannels", hiddenChannels, in: 1...Limit.hiddenFeatures)
      try validateWeightCount()
    }

    /// The number of elements of all parameters and buffers of the flow.
    public var weightCount: Double {
      let context = Double(contextFeatures)
      var sum = preprocessing.weightCount(features: Double(features)) + 2 * context
      var channels = Double(channels)
      func coupling(keeping kept: Double?, hidden: Double? = Double(hiddenChannels)) -> Double {
        ConvolutionalCoupling.weightCount(
          channels: channels, keepingChannels: kept, contextFeatures: context, hiddenChannels: hidden)
      }
      for level in 1...max(1, min(levels, Limit.depth)) {
        sum += Double(checkerboards) * (2 * channels + coupling(keeping: nil))
        channels *= 4
        sum += Double(steps) * (channels * channels + 3 * channels + coupling(keeping: channels / 2))
        sum += Double(steps - 1) * channels
        guard level < levels else { break }
        sum += coupling(keeping: channels / 2, hidden: nil)
        channels /= 2
      }
      return sum
    }

    /// The levels.
    public func makeLayers(using rng: inout RandomGenerator) -> [any FlowLayer] {
      guard let shape else { preconditionFailure("Glow: expected a configuration that was validated") }
      return level(1, shape, &rng)
    }

    /// The layers of a level and of those after it.
    private func level(_ number: Int, _ shape: ImageShape, _ rng: inout RandomGenerator) -> [any FlowLayer] {
      var layers: [any FlowLayer] = []
      for index in 0..<checkerboards {
        layers.append(PixelwiseLayers(shape, [ActivationNormalization(features: shape.channels)]))
        layers.append(coupling(shape, keeping: .checkerboard(even: index % 2 == 0), &rng))
      }
      layers.append(SqueezeLayer(shape))
      let squeezed = shape.squeezed
      let half = squeezed.with(channels: squeezed.channels / 2)
      var orders = BalancedOrders(features: squeezed.channels, keeping: half.channels)
      for index in 0..<steps {
        var mixing: [any FlowLayer] = [ActivationNormalization(features: squeezed.channels)]
        if index > 0 { mixing.append(PermutationLayer(order: orders.next(using: &rng))) }
        mixing.append(LowerUpperLayer(features: squeezed.channels))
        layers.append(PixelwiseLayers(squeezed, mixing))
        layers.append(coupling(squeezed, keeping: .channels(half.channels), &rng))
      }
      guard number < levels else { return layers }
      layers.append(
        ConvolutionalCoupling(
          squeezed, keeping: .channels(half.channels), contextFeatures: contextFeatures, hiddenChannels: nil,
          using: &rng))
      layers.append(LeadingLayers(half.features, level(number + 1, half, &rng)))
      return layers
    }

    private func coupling(
      _ shape: ImageShape, keeping kept: ConvolutionalCoupling.Kept, _ rng: inout RandomGenerator
    ) -> any FlowLayer {
      ConvolutionalCoupling(
        shape, keeping: kept, contextFeatures: contextFeatures, hiddenChannels: hiddenChannels, activation: activation,
        using: &rng)
    }
  }
}
