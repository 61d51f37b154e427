import Foundation
public import Torch

/// The sliced Wasserstein distance: the mean over directions of W_p^p of the samples' projections on a line.
///
/// It needs no more than sorting whatever the dimension, and its estimate from few directions is unbiased. In D dimensions
/// it is smaller than W_p by about the root of D.
///
/// - Reference: Bonneel, Rabin, Peyre, Pfister, *Sliced and Radon Wasserstein barycenters of measures*, 2015, definition 7.
public struct SlicedWasserstein: Hashable, Sendable {
  /// p.
  public var order: Double
  /// The number of random directions.
  public var projections: Int

  /// Directions projected at a time: bounds the memory.
  private static let chunkSize = 32

  /// A distance.
  ///
  /// - Precondition: the order is 1 or above, and there is a direction.
  public init(order: Double = 2, projections: Int = 100) {
    Wasserstein.checkOrder(order)
    precondition(projections > 0, "SlicedWasserstein: expected a positive number of projections, got \(projections)")
    self.order = order
    self.projections = projections
  }

  /// Random directions of length 1, `[projections, features]`, 64-bit.
  public func directions(features: Int, using rng: inout RandomGenerator) -> Tensor {
    let normal = Tensor.normal([projections, features], dtype: .float64, using: &rng)
    return normal / normal.norm(1, keepingDimensions: true)
  }

  /// The estimate of SW_p^p, through which gradients flow to both samples.
  ///
  /// - Parameters:
  ///   - x: `[count, features]`.
  ///   - y: `[other count, features]`.
  ///   - rng: gives the directions.
  /// - Returns: a tensor of one element.
  public func power(_ x: Tensor, _ y: Tensor, using rng: inout RandomGenerator) -> Tensor {
    powers(x, y, using: &rng).mean()
  }

  /// SW_p: the root of order p of the mean over directions, with its standard error over directions by the delta method.
  ///
  /// The error says how well the mean over all directions is known, not how well the samples stand for distributions.
  public func estimate(_ x: Tensor, _ y: Tensor, using rng: inout RandomGenerator) -> Estimate {
    let each = withoutGradient { powers(x.to(.float64), y.to(.float64), using: &rng).doubles() }
    let mean = Estimate(meanOf: each)
    let root = Foundation.pow(mean.value, 1 / order)
    // In one dimension, and for equal samples, all directions give the same.
    let slope = mean.value > 0 ? root / (order * mean.value) : 0
    return Estimate(root, standardError: slope == 0 ? 0 : mean.standardError * slope)
  }

  /// W_p^p of the projections on each direction, `[projections]`.
  private func powers(_ x: Tensor, _ y: Tensor, using rng: inout RandomGenerator) -> Tensor {
    precondition(
      x.rank == 2 && y.rank == 2 && x.size(1) == y.size(1) && x.size(0) > 0 && y.size(0) > 0 && x.size(1) > 0
        && x.dtype == y.dtype,
      "SlicedWasserstein: expected [count, features] twice, got \(x.shape) and \(y.shape)")
    let pairs = QuantilePairs(.equal(x.size(0)), .equal(y.size(0)))
    let directions = directions(features: x.size(1), using: &rng).to(x.dtype, x.device)
    let each = directions.split(size: Self.chunkSize).map { part in
      pairs.meanPower(
        part.matmul(x.transposed()).sorted(-1).values, part.matmul(y.transposed()).sorted(-1).values, order)
    }
    return Tensor.concatenating(each)
  }
}
