public import Torch

/// A linear map of every window of an image, the same everywhere: a correlation, as the field's "convolution" is.
///
/// State names, layout and start are those of `torch.nn.Conv2d`. Copying the layer shares its parameters.
///
/// - Shapes: input `[*batch, inputChannels, height, width]`, output `[*batch, outputChannels, height', width']`, each new
///   size being `(size + 2 padding - kernel) / stride + 1`, rounded down.
/// - Complexity: 2 `inputChannels * outputChannels * kernel²` operations an output pixel.
public struct Convolution2D: Layer {
  /// The kernels, `[outputChannels, inputChannels, height, width]`.
  public let weight: Parameter
  /// The shift, `[outputChannels]`, or nil.
  public let bias: Parameter?
  /// Pixels from one window to the next.
  public let stride: Int
  /// Zeros around the image, on each side.
  public let padding: Int

  /// A layer with drawn weights.
  ///
  /// - Parameters:
  ///   - inputChannels: the channels of the input.
  ///   - outputChannels: the channels of the output.
  ///   - kernelSize: height and width of a window.
  ///   - stride: pixels from one window to the next.
  ///   - padding: zeros around the image, on each side.
  ///   - hasBias: whether there is a shift.
  ///   - rng: the source of random numbers.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, hasBias: Bool = true,
    using rng: inout RandomGenerator
  ) {
    checkWindow("Convolution2D", [inputChannels, outputChannels, kernelSize, stride], padding: padding)
    weight = Parameter(
      Initializer.linearDefault.tensor([outputChannels, inputChannels, kernelSize, kernelSize], using: &rng))
    bias = hasBias ? Linear.startBias(inputChannels * kernelSize * kernelSize, outputChannels, nil, &rng) : nil
    self.stride = stride
    self.padding = padding
  }

  /// The map at every window; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    precondition(
      input.rank >= 3 && input.size(-3) == weight.value.size(1),
      "Convolution2D: expected [*batch, \(weight.value.size(1)), height, width], got \(input.shape)")
    return input.overFlatBatch(eventRank: 3) {
      $0.convolved2D(weight.value, bias?.value, stride: [stride, stride], padding: [padding, padding])
    }
  }

  /// Visits `weight`, then `bias`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(weight, named: "weight")
    if let bias { visitor.visit(bias, named: "bias") }
  }
}

/// Stops at sizes of a convolution that are not positive, or a negative padding.
func checkWindow(_ layer: String, _ sizes: [Int], padding: Int) {
  precondition(
    sizes.allSatisfy { $0 > 0 } && padding >= 0,
    "\(layer): expected positive channels, kernel size and stride and a padding of at least 0, got \(sizes), \(padding)"
  )
}

extension Tensor {
  /// Calls the closure with all batch dimensions as one, and gives its result the batch dimensions back.
  ///
  /// - Parameter eventRank: the number of trailing dimensions that are not of the batch.
  func overFlatBatch(eventRank: Int, _ body: (Tensor) -> Tensor) -> Tensor {
    let batch = shape.droppingTrailing(eventRank)
    if batch.rank == 1 { return body(self) }
    let result = body(reshaped([batch.elementCount] + shape.trailing(eventRank)))
    return result.reshaped(batch + result.shape.trailing(result.rank - 1))
  }
}
