public import NeuralNetworks
public import Torch

/// A linear layer, then convolutions of images whose pixels are repeated before each: from codes to images.
///
/// - Shapes: input `[*batch, inputFeatures]`, context `[*batch, contextFeatures]`, output `[*batch, outputs * features]`,
///   the first number of all features first.
/// - Reference: Odena, Dumoulin, Olah, *Deconvolution and checkerboard artifacts*, 2016.
public struct ConvolutionalDecoder: ConditionalLayer {
  /// The size of an image.
  public let shape: ImageShape
  /// The size of the context; 0 when there is none.
  public let contextFeatures: Int
  private let input: Linear
  private let convolutions: [Convolution2D]
  private let sizes: ConvolutionalSizes
  private let activation: Activation

  /// A decoder with drawn weights.
  ///
  /// - Parameters:
  ///   - shape: the size of an image.
  ///   - channels: the channels before each convolution, each of which doubles height and width.
  ///   - inputFeatures: the size of a code.
  ///   - contextFeatures: the size of the context.
  ///   - outputsPerNumber: the numbers that come out for each of an image.
  ///   - activation: the nonlinearity before each convolution.
  ///   - rng: the source of random weights.
  /// - Precondition: there is at least one convolution.
  public init(
    _ shape: ImageShape, channels: [Int], inputFeatures: Int, contextFeatures: Int = 0, outputsPerNumber: Int = 1,
    activation: Activation = .relu, using rng: inout RandomGenerator
  ) {
    precondition(!channels.isEmpty, "ConvolutionalDecoder: expected at least one convolution")
    self.shape = shape
    self.contextFeatures = contextFeatures
    self.activation = activation
    sizes = ConvolutionalSizes(shape, halvings: channels.count)
    input = Linear(
      inputFeatures: inputFeatures + contextFeatures, outputFeatures: channels[0] * sizes.smallest.pixels, using: &rng)
    var convolutions: [Convolution2D] = []
    let outputs = channels.dropFirst() + [shape.channels * outputsPerNumber]
    for (input, output) in zip(channels, outputs) {
      convolutions.append(
        Convolution2D(inputChannels: input, outputChannels: output, kernelSize: 3, padding: 1, using: &rng))
    }
    self.convolutions = convolutions
  }

  /// The images of codes and contexts.
  public func callAsFunction(_ input: Tensor, given condition: Tensor?, _ context: LayerContext) -> Tensor {
    let joined = condition.map { Tensor.concatenating([input, $0], -1) } ?? input
    let smallest = sizes.smallest
    var image = self.input(joined, context).unflattened(-1, [-1, smallest.height, smallest.width])
    for (index, layer) in convolutions.enumerated() {
      let size = sizes.steps[convolutions.count - 1 - index]
      image = layer(activation(image).doubled(height: size.height, width: size.width), context)
    }
    return image.flatImage()
  }

  /// Visits `input`, then the convolutions in order.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(input, named: "input")
    for (index, layer) in convolutions.enumerated() { visitor.visit(layer, named: "convolutions.\(index)") }
  }
}

extension Tensor {
  /// An image with each pixel as a square of four, without the rows and columns beyond a size.
  fileprivate func doubled(height: Int, width: Int) -> Tensor {
    repeatingEach(2, -1).repeatingEach(2, -2).narrowed(-2, from: 0, length: height).narrowed(-1, from: 0, length: width)
  }
}
