public import Torch

/// Linear layers with a nonlinearity, and dropout when asked for, between them.
///
///     let network = MultilayerPerceptron(inputFeatures: 2, hidden: [64, 64], outputFeatures: 8, using: &rng)
///
/// A second tensor, when there is one, is joined to the input. State names: `layers.0.weight`, `layers.0.bias`, ...
///
/// - Shapes: input `[*batch, inputFeatures]`, context `[*batch, contextFeatures]`, output `[*batch, outputFeatures]`.
public struct MultilayerPerceptron: ConditionalLayer {
  /// The linear layers, the first to act first.
  public let layers: [Linear]
  /// The nonlinearity after each layer but the last.
  public let activation: Activation
  /// Dropout after each nonlinearity.
  public let dropout: Dropout
  /// The size of the second tensor's last dimension; 0 when there is none.
  public let contextFeatures: Int

  /// A network with drawn weights.
  ///
  /// - Parameters:
  ///   - inputFeatures: the size of the input's last dimension.
  ///   - contextFeatures: the size of the second tensor's last dimension.
  ///   - hidden: the sizes between; none makes one linear layer.
  ///   - outputFeatures: the size of the output's last dimension.
  ///   - activation: the nonlinearity between layers.
  ///   - dropout: the probability that a hidden element is dropped in training.
  ///   - startsAtZero: whether the last layer starts at zero, and with it the output.
  ///   - rng: the source of random numbers.
  public init(
    inputFeatures: Int, contextFeatures: Int = 0, hidden: [Int], outputFeatures: Int, activation: Activation = .relu,
    dropout: Double = 0, startsAtZero: Bool = false, using rng: inout RandomGenerator
  ) {
    let sizes = [inputFeatures + contextFeatures] + hidden + [outputFeatures]
    var layers: [Linear] = []
    for (index, (input, output)) in zip(sizes, sizes.dropFirst()).enumerated() {
      let isZero = startsAtZero && index == hidden.count
      layers.append(
        Linear(
          inputFeatures: input, outputFeatures: output, weight: isZero ? .zeros : .linearDefault,
          bias: isZero ? .zeros : nil, using: &rng))
    }
    self.layers = layers
    self.activation = activation
    self.dropout = Dropout(probability: dropout)
    self.contextFeatures = contextFeatures
  }

  /// The output for an input and the second tensor.
  public func callAsFunction(_ input: Tensor, given condition: Tensor?, _ context: LayerContext) -> Tensor {
    var result = joined(input, condition)
    for layer in layers.dropLast() { result = dropout(activation(layer(result)), context) }
    return layers.last.map { $0(result) } ?? result
  }

  /// Visits the linear layers in order.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (index, layer) in layers.enumerated() { visitor.visit(layer, named: "layers.\(index)") }
  }
}
