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
  /// Learned rotations or reflections, of as many mirrors as there are features.
  case householder
  /// Random orders, each followed by a learned linear map.
  case lu
  /// Nothing: each step sees the features in the same places.
  case unmixed = "none"
}

extension Mixing {
  /// Layers with mixing between each two; a single feature needs none.
  ///
  /// - Parameters:
  ///   - count: the number of layers.
  ///   - features: the number of features.
  ///   - kept: how many leading features a layer looks at, for the choice of orders.
  ///   - rng: the source of random numbers.
  ///   - layer: makes a layer.
  /// - Returns: the layers in order.
  func interleaved(
    _ count: Int, features: Int, keeping kept: Int, using rng: inout RandomGenerator,
    layer: (inout RandomGenerator) -> any FlowLayer
  ) -> [any FlowLayer] {
    var result: [any FlowLayer] = []
    var orders = BalancedOrders(features: features, keeping: kept)
    for index in 0..<count {
      result.append(layer(&rng))
      guard features > 1 && index + 1 < count else { continue }
      switch self {
      case .orthogonal: result.append(RotationLayer(features: features, using: &rng))
      case .permutation: result.append(PermutationLayer(order: orders.next(using: &rng)))
      case .reversal: result.append(PermutationLayer(order: (0..<features).reversed()))
      case .householder: result.append(HouseholderLayer(features: features, reflections: features, using: &rng))
      case .lu:
        result.append(PermutationLayer(order: orders.next(using: &rng)))
        result.append(LowerUpperLayer(features: features))
      case .unmixed: break
      }
    }
    return result
  }
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
