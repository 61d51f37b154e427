public import NeuralNetworks
public import Torch

/// Convolutions with a stride of 2 and a linear layer: from images to numbers that make a code.
///
/// Events are images channel after channel, each row by row from the top; a context is joined before the linear layer.
///
/// - Shapes: input `[*batch, features]`, context `[*batch, contextFeatures]`, output `[*batch, outputFeatures]`.
public struct ConvolutionalEncoder: ConditionalLayer {
  /// The size of an image.
  public let shape: ImageShape
  /// The size of the context; 0 when there is none.
  public let contextFeatures: Int
  private let convolutions: [Convolution2D]
  private let output: Linear
  private let activation: Activation

  /// An encoder with drawn weights.
  ///
  /// - Parameters:
  ///   - shape: the size of an image.
  ///   - channels: the channels after each convolution, each of which halves height and width, rounding up.
  ///   - contextFeatures: the size of the context.
  ///   - outputFeatures: the numbers that come out.
  ///   - activation: the nonlinearity after each convolution.
  ///   - rng: the source of random weights.
  public init(
    _ shape: ImageShape, channels: [Int], contextFeatures: Int = 0, outputFeatures: Int, activation: Activation = .relu,
    using rng: inout RandomGenerator
  ) {
    self.shape = shape
    self.contextFeatures = contextFeatures
    self.activation = activation
    var convolutions: [Convolution2D] = []
    for (input, output) in zip([shape.channels] + channels, channels) {
      convolutions.append(
        Convolution2D(inputChannels: input, outputChannels: output, kernelSize: 3, stride: 2, padding: 1, using: &rng))
    }
    self.convolutions = convolutions
    let last = ConvolutionalSizes(shape, halvings: channels.count).smallest.pixels * (channels.last ?? shape.channels)
    output = Linear(inputFeatures: last + contextFeatures, outputFeatures: outputFeatures, using: &rng)
  }

  /// The numbers for images and contexts.
  public func callAsFunction(_ input: Tensor, given condition: Tensor?, _ context: LayerContext) -> Tensor {
    let image = convolutions.reduce(shape.image(input)) { activation($1($0, context)) }
    let flat = image.flatImage()
    return output(condition.map { Tensor.concatenating([flat, $0], -1) } ?? flat, context)
  }

  /// Visits the convolutions in order, then `output`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (index, layer) in convolutions.enumerated() { visitor.visit(layer, named: "convolutions.\(index)") }
    visitor.visit(output, named: "output")
  }
}
