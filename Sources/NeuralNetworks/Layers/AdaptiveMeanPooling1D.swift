public import Torch

/// The means of stretches that cover a signal: one size of output for signals of any length.
///
/// - Shapes: input `[*batch, channels, length]`, output `[*batch, channels, outputSize]`.
public struct AdaptiveMeanPooling1D: Layer {
  /// The length of the output.
  public let outputSize: Int

  /// A layer whose output has this length.
  ///
  /// - Precondition: the size is positive.
  public init(outputSize: Int) {
    precondition(outputSize > 0, "AdaptiveMeanPooling1D: expected a positive size, got \(outputSize)")
    self.outputSize = outputSize
  }

  /// The means; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    precondition(input.rank >= 2, "AdaptiveMeanPooling1D: expected [*batch, channels, length], got \(input.shape)")
    return input.overFlatBatch(eventRank: 2) { $0.adaptiveMeanPooled1D(outputSize) }
  }

  /// There is nothing to visit.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {}
}
