public import Torch

/// An affine map of the last dimension: `x * transpose(weight) + bias`.
///
/// Copying the layer shares its parameters. State names are PyTorch's: `weight`, `bias`.
///
/// - Shapes: input `[*batch, inputFeatures]`, output `[*batch, outputFeatures]`.
/// - Complexity: 2 `inputFeatures * outputFeatures` operations an item.
public struct Linear: Layer {
  /// The matrix, `[outputFeatures, inputFeatures]`.
  public let weight: Parameter
  /// The shift, `[outputFeatures]`, or nil.
  public let bias: Parameter?

  /// A layer with drawn weights.
  ///
  /// - Parameters:
  ///   - inputFeatures: the size of the input's last dimension.
  ///   - outputFeatures: the size of the output's last dimension.
  ///   - hasBias: whether there is a shift.
  ///   - weight: how the matrix starts.
  ///   - bias: how the shift starts; nil is PyTorch's start, uniform on ±1 / √inputFeatures.
  ///   - rng: the source of random numbers.
  public init(
    inputFeatures: Int, outputFeatures: Int, hasBias: Bool = true, weight: Initializer = .linearDefault,
    bias: Initializer? = nil, using rng: inout RandomGenerator
  ) {
    precondition(
      inputFeatures >= 0 && outputFeatures > 0,
      "Linear: expected sizes of at least 0 and 1, got \(inputFeatures) and \(outputFeatures)")
    self.weight = Parameter(weight.tensor([outputFeatures, inputFeatures], using: &rng))
    self.bias = hasBias ? Linear.startBias(inputFeatures, outputFeatures, bias, &rng) : nil
  }

  static func startBias(
    _ inputFeatures: Int, _ outputFeatures: Int, _ initializer: Initializer?, _ rng: inout RandomGenerator
  ) -> Parameter {
    let bound = 1 / Double(Swift.max(inputFeatures, 1)).squareRoot()
    return Parameter((initializer ?? .uniform(from: -bound, to: bound)).tensor([outputFeatures], using: &rng))
  }

  /// The size of the input's last dimension.
  public var inputFeatures: Int { weight.value.size(1) }

  /// The size of the output's last dimension.
  public var outputFeatures: Int { weight.value.size(0) }

  /// The affine map; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor { self(input) }

  /// The affine map.
  public func callAsFunction(_ input: Tensor) -> Tensor { input.linear(weight.value, bias?.value) }

  /// Visits `weight`, then `bias`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(weight, named: "weight")
    if let bias { visitor.visit(bias, named: "bias") }
  }
}
