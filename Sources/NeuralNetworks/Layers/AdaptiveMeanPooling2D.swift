public import Torch

/// The means of a grid of rectangles that cover an image: one size of output for images of any size.
///
/// - Shapes: input `[*batch, channels, height, width]`, output `[*batch, channels, outputSize, outputSize]`.
public struct AdaptiveMeanPooling2D: Layer {
  /// Height and width of the output.
  public let outputSize: Int

  /// A layer whose output has this height and width.
  ///
  /// - Precondition: the size is positive.
  public init(outputSize: Int) {
    precondition(outputSize > 0, "AdaptiveMeanPooling2D: expected a positive size, got \(outputSize)")
    self.outputSize = outputSize
  }

  /// The means; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    precondition(
      input.rank >= 3, "AdaptiveMeanPooling2D: expected [*batch, channels, height, width], got \(input.shape)")
    return input.overFlatBatch(eventRank: 3) { $0.adaptiveMeanPooled2D([outputSize, outputSize]) }
  }

  /// There is nothing to visit.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {}
}
