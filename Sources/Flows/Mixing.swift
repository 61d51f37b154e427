public import NeuralNetworks
public import Probability
public import Torch

/// What mixes features between the couplings of a flow, so that each is transformed.
public enum Mixing: String, Hashable, Sendable, Codable, CaseIterable {
  /// A random rotation or reflection, drawn once.
  case orthogonal
  /// A random order of the features, drawn once; two neighbouring couplings together transform every feature.
  case permutation
  /// The reversed order of the features: couplings transform the halves in turn.
  case reversal

  /// The layer after the coupling of an index.
  func layer(features: Int, after index: Int, using rng: inout RandomGenerator) -> any FlowLayer {
    switch self {
    case .orthogonal: RotationLayer(features: features, using: &rng)
    case .permutation:
      index.isMultiple(of: 2)
        ? PermutationLayer(features: features, swapping: features / 2, using: &rng)
        : PermutationLayer(order: Array(0..<features).shuffled(using: &rng))
    case .reversal: PermutationLayer(order: (0..<features).reversed())
    }
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
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
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

  /// A random order that brings the first features behind all others that can take their place.
  ///
  /// - Parameters:
  ///   - features: the number of features.
  ///   - count: how many leading features are to leave the lead; at most half.
  ///   - rng: the source of random numbers.
  public init(features: Int, swapping count: Int, using rng: inout RandomGenerator) {
    let others = Array(count..<features).shuffled(using: &rng)
    let rest = (Array(0..<count) + others.dropFirst(count)).shuffled(using: &rng)
    self.init(order: Array(others.prefix(count)) + rest)
  }

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
