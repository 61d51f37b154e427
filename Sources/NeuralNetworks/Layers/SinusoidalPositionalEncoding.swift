import Foundation
public import Torch

/// Adds to each step of a series sines and cosines of its position, of wavelengths from 2π to 20000π.
///
/// Feature 2i gets `sin(position / 10000^(2i / features))`, feature 2i + 1 the cosine.
///
/// - Shapes: input and output `[*batch, length, features]`.
/// - Reference: Vaswani et al., *Attention Is All You Need*, 2017, section 3.5. https://arxiv.org/abs/1706.03762
public struct SinusoidalPositionalEncoding: Layer {
  /// The encoding of any number of features.
  public init() {}

  /// The input with its positions added; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor {
    precondition(
      input.rank >= 2, "SinusoidalPositionalEncoding: expected [*batch, length, features], got \(input.shape)")
    return input + Self.table(length: input.size(-2), features: input.size(-1)).to(input.dtype, input.device)
  }

  /// The numbers that are added, `[length, features]`, in 64 bits.
  public static func table(length: Int, features: Int) -> Tensor {
    let index = Tensor.range(features, dtype: .float64)
    let frequency = ((index * 0.5).floor() * (-2 * log(10_000.0) / Double(features))).exp()
    let angle = Tensor.range(length, dtype: .float64).unsqueezed(1) * frequency
    return select(index.remainder(2) .== 0, angle.sin(), angle.cos())
  }

  /// There is nothing to visit.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {}
}
