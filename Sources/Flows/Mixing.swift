public import NeuralNetworks
public import Probability
public import Torch

/// What mixes features between the couplings of a flow, so that each is transformed.
public enum Mixing: String, Hashable, Sendable, Codable, CaseIterable {
  /// A random rotation or reflection, drawn once.
  case orthogonal
  /// Random orders of the features, drawn once so that soon every feature has helped to transform every other.
  case permutation
  /// The reversed order of the features: couplings transform the halves in turn.
  case reversal
}

/// A fixed rotation or reflection of the features.
public struct RotationLayer: FlowLayer {
  /// The orthogonal matrix, `[features, features]`.
  public let matrix: Buffer

  /// A matrix drawn uniformly from all orthogonal ones.
  public init(features: Int, using rng: inout RandomGenerator) {
    matrix = Buffer(Orthogonal.random(features, dtype: .float64, using: &rng).matrix.to(.float32))
  }

  /// The rotation; it does not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection { rotation }

  private var rotation: Orthogonal {
    // 32-bit numbers read as 64-bit ones are orthogonal to 32-bit rounding only.
    matrix.value.dtype == .float64
      ? Orthogonal(refining: matrix.value) : Orthogonal(matrix: matrix.value)
  }

  /// A matrix that is not orthogonal to 32-bit rounding, or not finite.
  public var defect: String? {
    let wide = matrix.value.to(.float64)
    let gram = wide.transposed().matmul(wide)
    let error = (gram - Tensor.identity(gram.size(0), dtype: .float64, device: gram.device)).absolute().max().item()
    return error <= 1e-4 ? nil : "matrix is not orthogonal"
  }

  /// Visits `matrix`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(matrix, named: "matrix") }
}

/// A fixed order of the features.
public struct PermutationLayer: FlowLayer {
  /// The index in `x` of each feature of `z`, `[features]`.
  public let order: Buffer

  /// A layer with a given order: the feature `order[i]` comes to place `i`.
  public init(order: [Int]) { self.order = Buffer(Tensor(order)) }

  /// The permutation; it does not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    Permutation(order: order.value)
  }

  /// An order that leaves features out.
  public var defect: String? {
    let indices = order.value.scalars(as: Int.self)
    return indices.sorted() == Array(indices.indices) ? nil : "order is not a permutation"
  }

  /// Visits `order`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(order, named: "order") }
}

extension PermutationLayer: FusibleLayer {
  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    .permutation(order: order.value)
  }
}

extension RotationLayer: FusibleLayer {
  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    .rotation(matrix: rotation.matrix)
  }
}
