public import Torch

/// A pre-activation residual block: `h + gate * layers[1](dropout(f(layers[0](f(h)))))`.
///
/// The gate is `sigmoid(gate(condition))`, or 1 when there is no second tensor. The second layer starts within ±0.001, so
/// that a new block changes little.
///
/// - Shapes: input and output `[*batch, features]`, context `[*batch, contextFeatures]`.
/// - Reference: He, Zhang, Ren, Sun, *Identity Mappings in Deep Residual Networks*, 2016.
///   https://arxiv.org/abs/1603.05027
public struct ResidualBlock: ConditionalLayer {
  /// The two linear layers, `[features, features]` each.
  public let layers: [Linear]
  /// From the second tensor to the gate before its sigmoid, or nil when there is none.
  public let gate: Linear?
  /// The nonlinearity before each linear layer.
  public let activation: Activation
  /// Dropout between the linear layers.
  public let dropout: Dropout

  /// A block with drawn weights.
  public init(
    features: Int, contextFeatures: Int = 0, activation: Activation = .relu, dropout: Double = 0,
    using rng: inout RandomGenerator
  ) {
    let small = Initializer.uniform(from: -1e-3, to: 1e-3)
    layers = [
      Linear(inputFeatures: features, outputFeatures: features, using: &rng),
      Linear(inputFeatures: features, outputFeatures: features, weight: small, bias: small, using: &rng),
    ]
    gate =
      contextFeatures > 0 ? Linear(inputFeatures: contextFeatures, outputFeatures: features, using: &rng) : nil
    self.activation = activation
    self.dropout = Dropout(probability: dropout)
  }

  /// The size of the second tensor's last dimension; 0 when there is none.
  public var contextFeatures: Int { gate?.inputFeatures ?? 0 }

  /// The output for an input and the second tensor.
  public func callAsFunction(_ input: Tensor, given condition: Tensor?, _ context: LayerContext) -> Tensor {
    precondition((condition == nil) == (gate == nil), "ResidualBlock: a context goes with contextFeatures > 0")
    let inner = layers[1](dropout(activation(layers[0](activation(input))), context))
    guard let gate, let condition else { return input + inner }
    return input + inner * gate(condition).sigmoid()
  }

  /// Visits the two layers, then the gate.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (index, layer) in layers.enumerated() { visitor.visit(layer, named: "layers.\(index)") }
    if let gate { visitor.visit(gate, named: "gate") }
  }
}
