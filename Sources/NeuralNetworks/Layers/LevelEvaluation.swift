public import Torch

/// Computes the outputs of a masked network level by level, as the inputs of each level become known: each unit once.
///
///     var evaluation = LevelEvaluation(of: network, given: condition, batch: [100], .inference)
///     var outputs = evaluation.next()                   // of the features of level 0
///     while … { outputs = evaluation.next(after: x) }   // x: the features of the level before, [*batch, count]
///
/// - Complexity: all levels together cost one pass of the network, and one copy of the known units a level.
public struct LevelEvaluation {
  private let network: MaskedMultilayerPerceptron
  private let layerContext: LayerContext
  /// Masked weights by what they see, `[output, input]`, without the context's columns.
  private let weights: [Tensor]
  /// What a layer adds to the products: its bias and what the context gives, `[output]` or `[*batch, output]`.
  private let offsets: [Tensor]
  /// The units of each layer that are known, inputs first, `[*batch, count]`.
  private var known: [Tensor]
  private var level = 0

  /// Starts before the first level.
  ///
  /// - Parameters:
  ///   - network: the network.
  ///   - condition: its context, of the batch's shape; nil for a network without.
  ///   - batch: the shape of the batch.
  ///   - layerContext: whether layers train, and their random numbers.
  public init(
    of network: MaskedMultilayerPerceptron, given condition: Tensor?, batch: Shape, _ layerContext: LayerContext
  ) {
    self.network = network
    self.layerContext = layerContext
    let features = network.structure.features
    let full = network.layers.map(\.maskedWeight)
    var weights = full
    weights[0] = full[0].narrowed(-1, from: 0, length: features)
    var offsets = network.layers.map { $0.bias?.value ?? .zeros([$0.weight.value.size(0)], dtype: full[0].dtype) }
    if let condition {
      offsets[0] = condition.linear(full[0].narrowed(-1, from: features, length: network.contextFeatures), offsets[0])
    }
    (self.weights, self.offsets) = (weights, offsets)
    known = network.layers.map { _ in Tensor.zeros(batch + [0], dtype: full[0].dtype, device: full[0].device) }
  }

  /// Goes on by one level.
  ///
  /// - Parameter inputs: the features of the level before, `[*batch, count]`; nil before the first level.
  /// - Returns: the outputs of the level's features, `[*batch, count * groupSize]`.
  public mutating func next(after inputs: Tensor? = nil) -> Tensor {
    if let inputs { known[0] = .concatenating([known[0], inputs], -1) }
    for layer in weights.indices.dropLast() {
      guard let sums = newUnits(of: layer) else { continue }
      known[layer + 1] = .concatenating(
        [known[layer + 1], network.dropout(network.activation(sums), layerContext)], -1)
    }
    let outputs = newUnits(of: weights.count - 1)
    level += 1
    return outputs ?? known[0].narrowed(-1, from: 0, length: 0)
  }

  /// What the units of a layer that can be computed from this level on are given; nil when there are none.
  private func newUnits(of layer: Int) -> Tensor? {
    let levels = network.unitLevels[layer]
    let start = levels.count { $0 < level }
    let count = levels.count { $0 == level }
    guard count > 0 else { return nil }
    let seen = known[layer]
    let weight = weights[layer].narrowed(0, from: start, length: count).narrowed(-1, from: 0, length: seen.size(-1))
    return seen.matmul(weight.transposed()) + offsets[layer].narrowed(-1, from: start, length: count)
  }
}
