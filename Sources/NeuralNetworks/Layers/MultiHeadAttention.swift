public import Torch

/// Each query takes a mean of values, weighted by how well its key fits, in several subspaces side by side.
///
/// Keys that a mask leaves out have weight exactly 0, and nothing flows back to them. A query without any key gets the
/// output's bias. State names, layout and start are those of `torch.nn.MultiheadAttention`; its mask has the opposite
/// sense. Copying the layer shares its parameters.
///
/// - Shapes: queries `[*batch, length, features]`, keys and values `[*batch, count, features]`, mask `[*batch, count]` of
///   truth values, output `[*batch, length, features]`.
/// - Complexity: 8 `length * features²` operations and a table of `heads * length * count` numbers an item.
/// - Reference: Vaswani et al., *Attention Is All You Need*, 2017, section 3.2. https://arxiv.org/abs/1706.03762
public struct MultiHeadAttention: Module {
  /// From queries, keys and values to those of the heads, one below the other: `[3 features, features]`.
  public let inputWeight: Parameter
  /// The shift of these, `[3 features]`.
  public let inputBias: Parameter
  /// From the heads' results side by side to the output.
  public let output: Linear
  /// The number of heads.
  public let heads: Int
  /// Dropout of the weights of keys.
  public let dropout: Dropout

  /// A layer with drawn weights.
  ///
  /// - Parameters:
  ///   - features: the size of queries, keys, values and output.
  ///   - heads: the number of subspaces.
  ///   - dropout: the probability that a key is left out in training.
  ///   - rng: the source of random numbers.
  /// - Precondition: `heads` divides `features`.
  public init(features: Int, heads: Int, dropout: Double = 0, using rng: inout RandomGenerator) {
    precondition(
      features > 0 && heads > 0 && features % heads == 0,
      "MultiHeadAttention: expected a number of heads that divides the features, got \(heads) and \(features)")
    inputWeight = Parameter(Initializer.xavierUniform(gain: 1).tensor([3 * features, features], using: &rng))
    inputBias = Parameter(.zeros([3 * features]))
    output = Linear(inputFeatures: features, outputFeatures: features, bias: .zeros, using: &rng)
    self.heads = heads
    self.dropout = Dropout(probability: dropout)
  }

  /// The size of queries, keys, values and output.
  public var features: Int { inputWeight.value.size(1) }

  /// The output for queries.
  ///
  /// - Parameters:
  ///   - queries: `[*batch, length, features]`.
  ///   - keys: `[*batch, count, features]`.
  ///   - values: one for each key.
  ///   - mask: which keys count, `[*batch, count]`; nil for all.
  ///   - context: whether it trains, and its random numbers.
  /// - Returns: `[*batch, length, features]`.
  public func callAsFunction(
    _ queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor? = nil, _ context: LayerContext = .inference
  ) -> Tensor {
    precondition(
      queries.rank >= 2 && queries.size(-1) == features && keys.shape == values.shape && keys.size(-1) == features
        && mask.map { $0.dtype == .bool && $0.shape == keys.shape.droppingTrailing(1) } ?? true,
      "MultiHeadAttention: expected [*batch, length, \(features)] and one value and truth value for each key, got "
        + "\(queries.shape), \(keys.shape), \(values.shape) and \(mask.map { "\($0.shape)" } ?? "no mask")")
    let weights = inputWeight.value.chunks(3, 0)
    let biases = inputBias.value.chunks(3, 0)
    let q = split(queries.linear(weights[0], biases[0]))
    let k = split(keys.linear(weights[1], biases[1]))
    let v = split(values.linear(weights[2], biases[2]))
    let scores = q.matmul(k.transposed()) * (1 / Double(features / heads).squareRoot())
    let attended = dropout(Self.shares(scores, mask?.unsqueezed(-2).unsqueezed(-2)), context).matmul(v)
    return output(attended.transposed(-3, -2).flattened(from: -2))
  }

  /// `[*batch, length, features]` to `[*batch, heads, length, features / heads]`.
  private func split(_ tensor: Tensor) -> Tensor {
    tensor.unflattened(-1, [heads, features / heads]).transposed(-3, -2)
  }

  /// The softmax over keys that count, and 0 for all others, also where none counts.
  private static func shares(_ scores: Tensor, _ mask: Tensor?) -> Tensor {
    guard let mask else { return scores.softmax(-1) }
    // A finite number: the softmax of nothing but -infinity would be NaN, forth and back.
    return scores.masked(.!mask, with: -1e30).softmax(-1).masked(.!mask, with: 0)
  }

  /// Visits the weights from the input to the output.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(inputWeight, named: "in_proj_weight")
    visitor.visit(inputBias, named: "in_proj_bias")
    visitor.visit(output, named: "out_proj")
  }
}
