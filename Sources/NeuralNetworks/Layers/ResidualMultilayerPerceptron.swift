public import Torch

/// A linear layer, blocks that each add to what they are given, and a linear layer: deep networks that train.
///
/// Blocks are pre-activation: `h + layers[1](dropout(f(layers[0](f(h)))))`, the addition gated by a sigmoid of the second
/// tensor when there is one. The second tensor also is joined to the input. The last layer of each block starts close to
/// zero, so a new network is nearly the two outer layers. This is the network of the neural spline flow experiments.
///
/// - Shapes: input `[*batch, inputFeatures]`, context `[*batch, contextFeatures]`, output `[*batch, outputFeatures]`.
/// - Reference: He, Zhang, Ren, Sun, *Identity Mappings in Deep Residual Networks*, 2016.
///   https://arxiv.org/abs/1603.05027
/// - Reference: Durkan, Bekasov, Murray, Papamakarios, *Neural Spline Flows*, 2019. https://arxiv.org/abs/1906.04032
public struct ResidualMultilayerPerceptron: ConditionalLayer {
  /// Brings input and context to the hidden size.
  public let initial: Linear
  /// The blocks, the first to act first.
  public let blocks: [ResidualBlock]
  /// Brings the hidden size to the output's.
  public let final: Linear
  /// The size of the second tensor's last dimension; 0 when there is none.
  public let contextFeatures: Int

  /// A network with drawn weights.
  ///
  /// - Parameters:
  ///   - inputFeatures: the size of the input's last dimension.
  ///   - contextFeatures: the size of the second tensor's last dimension.
  ///   - hiddenFeatures: the size inside.
  ///   - blockCount: the number of blocks, of two linear layers each.
  ///   - outputFeatures: the size of the output's last dimension.
  ///   - activation: the nonlinearity.
  ///   - dropout: the probability that a hidden element is dropped in training.
  ///   - startsAtZero: whether the last layer starts at zero, and with it the output.
  ///   - rng: the source of random numbers.
  public init(
    inputFeatures: Int, contextFeatures: Int = 0, hiddenFeatures: Int, blockCount: Int = 2, outputFeatures: Int,
    activation: Activation = .relu, dropout: Double = 0, startsAtZero: Bool = false, using rng: inout RandomGenerator
  ) {
    precondition(blockCount >= 0, "ResidualMultilayerPerceptron: expected a count of blocks, got \(blockCount)")
    self.contextFeatures = contextFeatures
    initial = Linear(inputFeatures: inputFeatures + contextFeatures, outputFeatures: hiddenFeatures, using: &rng)
    var blocks: [ResidualBlock] = []
    for _ in 0..<blockCount {
      blocks.append(
        ResidualBlock(
          features: hiddenFeatures, contextFeatures: contextFeatures, activation: activation, dropout: dropout,
          using: &rng))
    }
    self.blocks = blocks
    final = Linear(
      inputFeatures: hiddenFeatures, outputFeatures: outputFeatures, weight: startsAtZero ? .zeros : .linearDefault,
      bias: startsAtZero ? .zeros : nil, using: &rng)
  }

  /// The output for an input and the second tensor.
  public func callAsFunction(_ input: Tensor, given condition: Tensor?, _ context: LayerContext) -> Tensor {
    let hidden = blocks.reduce(initial(joined(input, condition))) { $1($0, given: condition, context) }
    return final(hidden)
  }

  /// Visits `initial`, the blocks in order, then `final`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(initial, named: "initial")
    for (index, block) in blocks.enumerated() { visitor.visit(block, named: "blocks.\(index)") }
    visitor.visit(final, named: "final")
  }
}
