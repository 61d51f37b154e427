public import Torch

/// A linear map of every window of a signal, the same everywhere: a correlation, as the field's "convolution" is.
///
/// State names, layout and start are those of `torch.nn.Conv1d`. Copying the layer shares its parameters.
///
/// - Shapes: input `[*batch, inputChannels, length]`, output `[*batch, outputChannels, length']`, the new length being
///   `(length + 2 padding - kernel) / stride + 1`, rounded down.
/// - Complexity: 2 `inputChannels * outputChannels * kernel` operations an output place.
public struct Convolution1D: Layer {
  /// The kernels, `[outputChannels, inputChannels, size]`.
  public let weight: Parameter
  /// The shift, `[outputChannels]`, or nil.
  public let bias: Parameter?
  /// Places from one window to the next.
  public let stride: Int
  /// Zeros before and after the signal.
  public let padding: Int

  /// A layer with drawn weights.
  ///
  /// - Parameters:
  ///   - inputChannels: the channels of the input.
  ///   - outputChannels: the channels of the output.
  ///   - kernelSize: the length of a window.
  ///   - stride: places from one window to the next.
  ///   - padding: zeros before and after the signal.
  ///   - hasBias: whether there is a shift.
  ///   - rng: the source of random numbers.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, hasBias: Bool = true,
    using rng: inout RandomGenerator
  ) {
    checkWindow("Convolution1D", [inputChannels, outputChannels, kernelSize, stride], padding: padding)
    weight = Parameter(Initializer.linearDefault.tensor([outputChannels, inputChannels, kernelSize], using: &rng))
    bias = hasBias ? Linear.startBias(inputChannels * kernelSize, outputChannels, nil, &rng) : nil
    self.stride = stride
    self.padding = padding
  }

  /// The map at every window; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    precondition(
      input.rank >= 2 && input.size(-2) == weight.value.size(1),
      "Convolution1D: expected [*batch, \(weight.value.size(1)), length], got \(input.shape)")
    return input.overFlatBatch(eventRank: 2) {
      $0.convolved1D(weight.value, bias?.value, stride: stride, padding: padding)
    }
  }

  /// Visits `weight`, then `bias`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(weight, named: "weight")
    if let bias { visitor.visit(bias, named: "bias") }
  }
}
