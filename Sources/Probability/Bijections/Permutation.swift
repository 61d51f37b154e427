public import Torch

/// Another order of the features, with log-determinant 0.
///
/// - Shapes: events `[features]`.
public struct Permutation: Bijection {
  /// The index in `x` of each feature of `z`, `[features]`.
  public let order: Tensor

  /// The map that brings the feature `order[i]` to place `i`.
  ///
  /// - Parameter order: each of `0..<features` once, 64-bit integers.
  public init(order: Tensor) {
    precondition(
      order.rank == 1 && order.dtype == .int64,
      "Permutation: expected a list of int64 indices, got \(order.dtype) of shape \(order.shape)")
    self.order = order
  }

  /// All real vectors.
  public var domain: Support { .real(eventRank: 1) }
  /// All real vectors.
  public var codomain: Support { .real(eventRank: 1) }

  /// The features in the new order, and 0.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) { (forward(x), zeroLogDet(of: x)) }

  /// The features in the old order, and 0.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) { (inverse(z), zeroLogDet(of: z)) }

  /// The features in the new order.
  public func forward(_ x: Tensor) -> Tensor { x.selecting(order, -1) }

  /// The features in the old order.
  public func inverse(_ z: Tensor) -> Tensor { z.selecting(order.sorted().indices, -1) }
}
