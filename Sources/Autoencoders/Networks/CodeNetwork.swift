import NeuralNetworks
import Torch

/// The kind and size of the two networks between rows and codes: an encoder, and a decoder that mirrors it.
public enum CodeNetwork: Hashable, Sendable, Codable {
  /// Linear layers of these sizes, from rows to codes; the decoder has them in reverse.
  case multilayerPerceptron(hiddenFeatures: [Int])
  /// Residual blocks of two layers each.
  case residual(hiddenFeatures: Int, blocks: Int)
  /// Convolutions that halve height and width, of these channels; the decoder doubles them by repeating pixels before each
  /// convolution, which leaves no checkerboard, as transposed convolutions do.
  ///
  /// - Reference: Odena, Dumoulin, Olah, *Deconvolution and checkerboard artifacts*, 2016.
  case convolutional(channels: [Int])

  /// What both networks are told beside their sizes.
  struct Options {
    var image: ImageShape?
    var activation: Activation
    var dropout: Double
  }

  /// A network from rows to numbers that make a code.
  func makeEncoder(
    inputFeatures: Int, contextFeatures: Int, outputFeatures: Int, _ options: Options, using rng: inout RandomGenerator
  ) -> any ConditionalLayer {
    switch self {
    case .multilayerPerceptron(let sizes):
      return MultilayerPerceptron(
        inputFeatures: inputFeatures, contextFeatures: contextFeatures, hidden: sizes, outputFeatures: outputFeatures,
        activation: options.activation, dropout: options.dropout, using: &rng)
    case .residual(let size, let blocks):
      return ResidualMultilayerPerceptron(
        inputFeatures: inputFeatures, contextFeatures: contextFeatures, hiddenFeatures: size, blockCount: blocks,
        outputFeatures: outputFeatures, activation: options.activation, dropout: options.dropout, using: &rng)
    case .convolutional(let channels):
      guard let image = options.image else { preconditionFailure("CodeNetwork: expected the size of an image") }
      return ConvolutionalEncoder(
        image, channels: channels, contextFeatures: contextFeatures, outputFeatures: outputFeatures,
        activation: options.activation, using: &rng)
    }
  }

  /// A network from codes to `outputsPerFeature` numbers for each number of a row: `[*batch, outputs * features]`, the
  /// first number of all features first.
  func makeDecoder(
    codeFeatures: Int, contextFeatures: Int, features: Int, outputsPerFeature: Int, _ options: Options,
    using rng: inout RandomGenerator
  ) -> any ConditionalLayer {
    switch self {
    case .multilayerPerceptron(let sizes):
      return MultilayerPerceptron(
        inputFeatures: codeFeatures, contextFeatures: contextFeatures, hidden: sizes.reversed(),
        outputFeatures: features * outputsPerFeature, activation: options.activation, dropout: options.dropout,
        using: &rng)
    case .residual(let size, let blocks):
      return ResidualMultilayerPerceptron(
        inputFeatures: codeFeatures, contextFeatures: contextFeatures, hiddenFeatures: size, blockCount: blocks,
        outputFeatures: features * outputsPerFeature, activation: options.activation, dropout: options.dropout,
        using: &rng)
    case .convolutional(let channels):
      guard let image = options.image else { preconditionFailure("CodeNetwork: expected the size of an image") }
      return ConvolutionalDecoder(
        image, channels: channels.reversed(), inputFeatures: codeFeatures, contextFeatures: contextFeatures,
        outputsPerNumber: outputsPerFeature, activation: options.activation, using: &rng)
    }
  }

  /// Whether the sizes are within the limits, and fit an image.
  func validate(image: ImageShape?) throws(AutoencoderConfigurationError) {
    switch self {
    case .multilayerPerceptron(let sizes):
      try require(sizes.count, in: 0...Limit.depth, "the number of hidden layers")
      for size in sizes { try require(size, in: 1...Limit.hiddenFeatures, "a hidden size") }
    case .residual(let size, let blocks):
      try require(size, in: 1...Limit.hiddenFeatures, "the hidden size")
      try require(blocks, in: 1...Limit.depth, "the number of blocks")
    case .convolutional(let channels):
      guard let image else {
        throw .outOfRange(
          field: "height", expected: "a height and a width whose product the columns are", actual: "another")
      }
      try require(channels.count, in: 1...20, "the number of convolutions")
      for count in channels { try require(count, in: 1...Limit.hiddenFeatures, "the channels of a convolution") }
      let factor = 1 << (channels.count - 1)
      try require(
        image.height >= factor && image.width >= factor, "the number of convolutions", channels.count,
        "so few that \(image.height) x \(image.width) pixels can be halved by all of them")
    }
  }

  /// The number of weights of both networks, or somewhat more.
  func weightCount(
    features: Int, contextFeatures: Int, codeFeatures: Int, encoderOutputs: Int, decoderOutputs: Double,
    image: ImageShape?
  ) -> Double {
    let (features, context, code) = (Double(features), Double(contextFeatures), Double(codeFeatures))
    let outputs = Double(encoderOutputs)
    func chain(_ sizes: [Double]) -> Double { zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 } }
    switch self {
    case .multilayerPerceptron(let sizes):
      let hidden = sizes.map(Double.init)
      return chain([features + context] + hidden + [outputs])
        + chain([code + context] + hidden.reversed() + [decoderOutputs])
    case .residual(let size, let blocks):
      let (hidden, count) = (Double(size), Double(blocks))
      let block = 2 * (hidden + 1) * hidden + (context > 0 ? (context + 1) * hidden : 0)
      return chain([features + context, hidden, outputs]) + chain([code + context, hidden, decoderOutputs])
        + 2 * count * block
    case .convolutional(let channels):
      guard let image else { return .infinity }
      let last =
        Double(channels.last ?? 1) * Double(ConvolutionalSizes(image, halvings: channels.count).smallest.pixels)
      let sizes = [Double(image.channels)] + channels.map(Double.init)
      let kernels = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + (9 * $1.0 + 1) * ($1.1 + 1) }
      return kernels * 2 + 9 * (sizes[1] + 1) * decoderOutputs / Double(image.pixels) * 2
        + chain([last + context, outputs]) + chain([code + context, last])
    }
  }
}
