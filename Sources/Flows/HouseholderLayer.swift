public import NeuralNetworks
public import Probability
public import Torch

/// A learned rotation or reflection: a product of Householder reflections.
///
/// With as many reflections as features it can be any orthogonal matrix of one sign of determinant.
///
/// - Complexity: the matrix once a call, reflections * features^2 operations, then features^2 an event.
/// - Reference: Tomczak, Welling, *Improving Variational Auto-Encoders using Householder Flow*, 2016.
///   https://arxiv.org/abs/1611.09630
public struct HouseholderLayer: FlowLayer {
  /// The normals of the mirrors, `[reflections, features]`; their lengths do not matter.
  public let normals: Parameter

  /// A product of reflections in mirrors drawn at random.
  ///
  /// - Precondition: there is at least one feature and one reflection.
  public init(features: Int, reflections: Int, using rng: inout RandomGenerator) {
    precondition(
      features > 0 && reflections > 0,
      "HouseholderLayer: expected features and reflections, got \(features) and \(reflections)")
    normals = Parameter(.normal([reflections, features], using: &rng))
  }

  /// The rotation; it does not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    let normals = normals.value
    let lengths = normals.squared().sum(-1, keepingDimensions: true)
    let identity = Tensor.identity(normals.size(-1), dtype: normals.dtype, device: normals.device)
    let matrix = (0..<normals.size(0)).reduce(identity) { matrix, index in
      let normal = normals.narrowed(0, from: index, length: 1)
      return matrix - (normal.transposed() * 2 / lengths[.at(index)]).matmul(normal.matmul(matrix))
    }
    return Orthogonal(matrix: matrix)
  }

  /// A normal of length 0.
  public var defect: String? {
    (normals.value.squared().sum(-1) .> 0).all() ? nil : "normals: one is 0 or not finite"
  }

  /// Visits `normals`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(normals, named: "normals") }
}
