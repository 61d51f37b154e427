public import NeuralNetworks
public import Torch

/// What gives a coupling of images its parameters: 3x3, 1x1 and 3x3 convolutions with a nonlinearity between, or one 3x3
/// convolution. The context is added to all pixels of the first hidden image. It starts at zero.
///
/// - Reference: Kingma, Dhariwal, *Glow: Generative Flow with Invertible 1x1 Convolutions*, 2018, section 3.3 and
///   appendix B. https://arxiv.org/abs/1807.03039
///   // Differs from Glow: no ActNorm inside the network, whose own start keeps the spread of activations.
public struct ConvolutionalConditioner: Module {
  private let hidden: [Convolution2D]
  private let context: Linear?
  private let output: Convolution2D
  private let activation: Activation

  /// A conditioner whose last layer is zero.
  ///
  /// - Parameters:
  ///   - inputChannels: the channels of the kept image.
  ///   - contextFeatures: the size of the context; may be 0.
  ///   - hiddenChannels: the channels of the two hidden images; nil for none.
  ///   - outputChannels: the number of parameters of each pixel.
  ///   - activation: the nonlinearity.
  ///   - rng: the source of random weights.
  public init(
    inputChannels: Int, contextFeatures: Int, hiddenChannels: Int?, outputChannels: Int, activation: Activation = .relu,
    using rng: inout RandomGenerator
  ) {
    let last = hiddenChannels ?? inputChannels
    hidden =
      hiddenChannels.map {
        [
          Convolution2D(inputChannels: inputChannels, outputChannels: $0, kernelSize: 3, padding: 1, using: &rng),
          Convolution2D(inputChannels: $0, outputChannels: $0, kernelSize: 1, using: &rng),
        ]
      } ?? []
    output = Convolution2D(inputChannels: last, outputChannels: outputChannels, kernelSize: 3, padding: 1, using: &rng)
    for parameter in [output.weight, output.bias] { parameter.map { $0.assign(.zeros(like: $0.value)) } }
    context =
      contextFeatures > 0
      ? Linear(
        inputFeatures: contextFeatures, outputFeatures: hiddenChannels ?? outputChannels, hasBias: false,
        weight: hiddenChannels == nil ? .zeros : .linearDefault, using: &rng) : nil
    self.activation = activation
  }

  /// The parameters, `[*batch, outputChannels, height, width]`, for kept images and contexts `[*batch, contextFeatures]`.
  public func callAsFunction(_ kept: Tensor, given condition: Tensor?, _ layerContext: LayerContext) -> Tensor {
    let added = context.flatMap { layer in condition.map { layer($0).unsqueezed(-1).unsqueezed(-1) } }
    func adding(_ image: Tensor) -> Tensor { added.map { image + $0 } ?? image }
    guard let first = hidden.first else { return adding(output(kept, layerContext)) }
    var image = activation(adding(first(kept, layerContext)))
    for layer in hidden.dropFirst() { image = activation(layer(image, layerContext)) }
    return output(image, layerContext)
  }

  /// Visits the hidden layers, the context's, and the last.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (index, layer) in hidden.enumerated() { visitor.visit(layer, named: "hidden.\(index)") }
    if let context { visitor.visit(context, named: "context") }
    visitor.visit(output, named: "output")
  }

  /// The number of elements of all parameters.
  static func weightCount(
    inputChannels: Double, contextFeatures: Double, hiddenChannels: Double?, outputChannels: Double
  )
    -> Double
  {
    guard let hiddenChannels else {
      return (9 * inputChannels + 1) * outputChannels + contextFeatures * outputChannels
    }
    return (9 * inputChannels + 1) * hiddenChannels + (hiddenChannels + 1) * hiddenChannels
      + contextFeatures * hiddenChannels + (9 * hiddenChannels + 1) * outputChannels
  }
}
