public import NeuralNetworks
public import Probability
public import Torch

/// A learned linear map, the product of a lower triangle with 1 on the diagonal and an upper triangle with a positive
/// diagonal. It starts as the identity.
///
/// - Complexity: features^2 operations an event in each direction; the log-determinant is a sum of `features` numbers.
/// - Reference: Kingma, Dhariwal, *Glow: Generative Flow with Invertible 1x1 Convolutions*, 2018, eq. 10.
///   https://arxiv.org/abs/1807.03039
public struct LowerUpperLayer: FlowLayer {
  /// The numbers below the diagonal of the lower and above the diagonal of the upper triangle, `[features, features]`.
  public let triangles: Parameter
  /// The logarithms of the upper triangle's diagonal, `[features]`.
  public let logDiagonal: Parameter

  /// The identity of a number of features.
  public init(features: Int) {
    triangles = Parameter(.zeros([features, features]))
    logDiagonal = Parameter(.zeros([features]))
  }

  /// The map; it does not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    let identity = Tensor.identity(
      logDiagonal.elementCount, dtype: triangles.value.dtype, device: triangles.value.device)
    return TriangularProduct(
      lower: triangles.value.lowerTriangle(-1) + identity,
      upper: triangles.value.upperTriangle(1) + logDiagonal.value.exp().diagonalMatrix(), logDiagonal: logDiagonal.value
    )
  }

  /// Visits `triangles`, then `logDiagonal`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(triangles, named: "triangles")
    visitor.visit(logDiagonal, named: "logDiagonal")
  }
}

/// z = lower upper x.
private struct TriangularProduct: Bijection {
  let lower, upper, logDiagonal: Tensor

  var domain: Support { .real(eventRank: 1) }
  var codomain: Support { .real(eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    (forward(x), logDiagonal.sum().broadcasted(to: x.shape.droppingTrailing(1)))
  }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    (inverse(z), (-logDiagonal.sum()).broadcasted(to: z.shape.droppingTrailing(1)))
  }

  func forward(_ x: Tensor) -> Tensor { x.linear(lower.matmul(upper)) }

  func inverse(_ z: Tensor) -> Tensor {
    let columns = z.reshaped([z.elementCount / z.size(-1), z.size(-1)]).transposed()
    return upper.solvingTriangular(lower.solvingTriangular(columns), upper: true).transposed().reshaped(z.shape)
  }
}
