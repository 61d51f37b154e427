public import Torch

/// Attention and a network of two linear layers, each added to what it is given.
///
/// With itself as memory it is a layer of a transformer's encoder, numerically `torch.nn.TransformerEncoderLayer` with the
/// same state names; with another memory it is the attention block (MAB) of set transformers. It normalizes either what
/// goes into each part, which trains without a warm-up, or each sum, as the papers do.
///
/// - Shapes: input and output `[*batch, length, features]`, memory `[*batch, count, features]`, mask `[*batch, count]`.
/// - Reference: Vaswani et al., *Attention Is All You Need*, 2017, section 3.1. https://arxiv.org/abs/1706.03762
/// - Reference: Xiong et al., *On Layer Normalization in the Transformer Architecture*, 2020.
///   https://arxiv.org/abs/2002.04745
public struct TransformerEncoderLayer: Module {
  /// The attention.
  public let attention: MultiHeadAttention
  /// The network's layers, `[feedForwardFeatures, features]` and `[features, feedForwardFeatures]`.
  public let linear: [Linear]
  /// The normalizations around the attention and around the network.
  public let normalizations: [LayerNormalization]
  /// Whether what goes in is normalized, and not the sums.
  public let normalizesFirst: Bool
  /// The nonlinearity between the linear layers.
  public let activation: Activation
  /// Dropout after each part, and within it.
  public let dropout: Dropout

  /// A layer with drawn weights.
  ///
  /// - Parameters:
  ///   - features: the size of the input's last dimension.
  ///   - heads: the number of heads, which divides `features`.
  ///   - feedForwardFeatures: the hidden size of the network.
  ///   - activation: the nonlinearity of the network.
  ///   - dropout: the probability that an element is dropped in training.
  ///   - normalizesFirst: whether what goes in is normalized, and not the sums.
  ///   - rng: the source of random numbers.
  public init(
    features: Int, heads: Int, feedForwardFeatures: Int, activation: Activation = .relu, dropout: Double = 0,
    normalizesFirst: Bool = true, using rng: inout RandomGenerator
  ) {
    attention = MultiHeadAttention(features: features, heads: heads, dropout: dropout, using: &rng)
    linear = [
      Linear(inputFeatures: features, outputFeatures: feedForwardFeatures, using: &rng),
      Linear(inputFeatures: feedForwardFeatures, outputFeatures: features, using: &rng),
    ]
    normalizations = [LayerNormalization(features: features), LayerNormalization(features: features)]
    self.normalizesFirst = normalizesFirst
    self.activation = activation
    self.dropout = Dropout(probability: dropout)
  }

  /// The output for an input.
  ///
  /// - Parameters:
  ///   - input: `[*batch, length, features]`.
  ///   - memory: what the input attends to, `[*batch, count, features]`; nil for itself.
  ///   - mask: which steps of the memory count, `[*batch, count]`; nil for all.
  ///   - context: whether it trains, and its random numbers.
  /// - Returns: `[*batch, length, features]`; where the memory is the input, steps that do not count give numbers without
  ///   meaning.
  public func callAsFunction(
    _ input: Tensor, attendingTo memory: Tensor? = nil, mask: Tensor? = nil, _ context: LayerContext = .inference
  ) -> Tensor {
    if normalizesFirst {
      let query = normalizations[0](input)
      let sum = input + attended(query, memory.map { normalizations[0]($0) } ?? query, mask, context)
      return sum + network(normalizations[1](sum), context)
    }
    let sum = normalizations[0](input + attended(input, memory ?? input, mask, context))
    return normalizations[1](sum + network(sum, context))
  }

  private func attended(_ query: Tensor, _ memory: Tensor, _ mask: Tensor?, _ context: LayerContext) -> Tensor {
    dropout(attention(query, keys: memory, values: memory, mask: mask, context), context)
  }

  private func network(_ input: Tensor, _ context: LayerContext) -> Tensor {
    dropout(linear[1](dropout(activation(linear[0](input)), context)), context)
  }

  /// Visits the attention, the linear layers, then the normalizations.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(attention, named: "self_attn")
    for (index, layer) in linear.enumerated() { visitor.visit(layer, named: "linear\(index + 1)") }
    for (index, layer) in normalizations.enumerated() { visitor.visit(layer, named: "norm\(index + 1)") }
  }
}
