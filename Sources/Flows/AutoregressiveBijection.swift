import NeuralNetworks
import Probability
import Torch

/// The map of an ``AutoregressiveLayer`` for one context.
struct AutoregressiveBijection: Bijection {
  let transform: FeatureTransform
  let network: MaskedMultilayerPerceptron
  /// The structure of features as they are numbered outside; the network's is sorted.
  let structure: AutoregressiveStructure
  let context: Tensor?
  let layerContext: LayerContext

  var domain: Support { .real(eventRank: 1) }
  var codomain: Support { .real(eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (z, logDet) = maps(of: x).forwardWithLogDet(x)
    return (z, logDet.sum(-1))
  }

  func forward(_ x: Tensor) -> Tensor { maps(of: x).forward(x) }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let (x, logDet) = solved(z) { $0.inverseWithLogDet($1) }
    return (x, logDet.sum(-1))
  }

  func inverse(_ z: Tensor) -> Tensor { solved(z) { ($0.inverse($1), $1) }.x }

  /// The maps of all features of data.
  private func maps(of x: Tensor) -> any Bijection {
    let (batch, context) = broadcast(x)
    let sorted = arranged(x.broadcasted(to: batch + [structure.features]), by: structure.order)
    let parameters = network(sorted, given: context, layerContext)
      .unflattened(-1, [structure.features, transform.parameterCount])
    return transform.bijection(arranged(parameters, by: inverseOrder, -2))
  }

  /// Data of a code, level by level; with something else for each feature.
  private func solved(
    _ z: Tensor, _ invert: (any Bijection, Tensor) -> (Tensor, Tensor)
  ) -> (x: Tensor, other: Tensor) {
    let (batch, context) = broadcast(z)
    let sorted = arranged(z.broadcasted(to: batch + [structure.features]), by: structure.order)
    var evaluation = LevelEvaluation(of: network, given: context, batch: batch, layerContext)
    var parts: [(x: Tensor, other: Tensor)] = []
    var start = 0
    for level in 0..<structure.levelCount {
      let count = structure.levels.count { $0 == level }
      let parameters = evaluation.next(after: parts.last?.x).unflattened(-1, [count, transform.parameterCount])
      parts.append(invert(transform.bijection(parameters), sorted.narrowed(-1, from: start, length: count)))
      start += count
    }
    return (
      arranged(.concatenating(parts.map(\.x), -1), by: inverseOrder),
      arranged(.concatenating(parts.map(\.other), -1), by: inverseOrder)
    )
  }

  /// The common batch of events and contexts, and the contexts in it.
  private func broadcast(_ x: Tensor) -> (batch: Shape, context: Tensor?) {
    let own = x.shape.droppingTrailing(1)
    guard let context else { return (own, nil) }
    guard let batch = Shape.broadcasting(own, context.shape.droppingTrailing(1)) else {
      preconditionFailure(
        "AutoregressiveLayer: expected features and contexts of one batch, got \(x.shape) and \(context.shape)")
    }
    return (batch, context.broadcasted(to: batch + context.shape.trailing(1)))
  }

  private var inverseOrder: [Int] {
    var result = structure.order
    for (place, feature) in structure.order.enumerated() { result[feature] = place }
    return result
  }

  private func arranged(_ x: Tensor, by order: [Int], _ dimension: Int = -1) -> Tensor {
    order == Array(order.indices) ? x : x.selecting(Tensor(order).to(x.device), dimension)
  }
}
