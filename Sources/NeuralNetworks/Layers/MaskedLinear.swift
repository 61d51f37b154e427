public import Torch

/// An affine map in which chosen connections do not exist: `x * transpose(weight * mask) + bias`.
///
/// Masks make networks autoregressive. A masked weight has no effect and a gradient of exactly 0. Copying the layer
/// shares its parameters. State names: `weight`, `bias`; the mask is no state, since it belongs to what the layer is.
///
/// - Shapes: input `[*batch, inputFeatures]`, output `[*batch, outputFeatures]`.
/// - Reference: Germain, Gregor, Murray, Larochelle, *MADE: Masked Autoencoder for Distribution Estimation*, 2015.
///   https://arxiv.org/abs/1502.03509
public struct MaskedLinear: Layer {
  /// The matrix before masking, `[outputFeatures, inputFeatures]`.
  public let weight: Parameter
  /// The shift, `[outputFeatures]`, or nil.
  public let bias: Parameter?
  /// 1 where a connection exists, 0 elsewhere, `[outputFeatures, inputFeatures]`.
  public let mask: Tensor

  /// A layer with drawn weights.
  ///
  /// - Parameters:
  ///   - mask: which connections exist: truth values, or 1 and 0, of shape `[outputFeatures, inputFeatures]`.
  ///   - hasBias: whether there is a shift.
  ///   - weight: how the matrix starts.
  ///   - bias: how the shift starts; nil is PyTorch's start, uniform on ±1 / √inputFeatures.
  ///   - rng: the source of random numbers.
  public init(
    mask: Tensor, hasBias: Bool = true, weight: Initializer = .linearDefault, bias: Initializer? = nil,
    using rng: inout RandomGenerator
  ) {
    precondition(mask.rank == 2, "MaskedLinear: expected a mask [output, input], got shape \(mask.shape)")
    self.weight = Parameter(weight.tensor(mask.shape, using: &rng))
    self.bias = hasBias ? Linear.startBias(mask.size(1), mask.size(0), bias, &rng) : nil
    self.mask = mask.to(.float32)
  }

  /// The affine map; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor { self(input) }

  /// The affine map.
  public func callAsFunction(_ input: Tensor) -> Tensor { input.linear(maskedWeight, bias?.value) }

  /// The matrix with 0 where there is no connection.
  public var maskedWeight: Tensor { weight.value * mask.to(weight.value.dtype, weight.value.device) }

  /// Visits `weight`, then `bias`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(weight, named: "weight")
    if let bias { visitor.visit(bias, named: "bias") }
  }
}
