import Foundation
import Torch

/// Real numbers cut into intervals of equal mass under the standard normal distribution, so that codes of latent-variable
/// models become symbols: uniform ones under the prior, and of a normal posterior those of its mass in each interval.
///
/// - Reference: Townsend, Bird, Barber, *Practical lossless compression with latent variables using bits back coding*,
///   2019, section 2.5. https://arxiv.org/abs/1901.04866
public struct NormalBuckets: Sendable {
  /// The logarithm of the number of intervals, in bits.
  public let precision: Int
  private let edges: [Double]
  /// The median of each interval: the number that stands for it.
  public let centers: [Double]

  private static let posteriorPrecision = 30

  /// Intervals, 2^precision of them.
  ///
  /// - Precondition: the precision is from 1 to 20.
  public init(precision: Int) {
    precondition((1...20).contains(precision), "NormalBuckets: expected a precision from 1 to 20, got \(precision)")
    self.precision = precision
    let count = 1 << precision
    // Twice as many cuts give edges and medians in turn.
    let shares = (1..<(2 * count)).map { Foundation.log(Double($0) / Double(2 * count)) }
    let cuts = SpecialFunctions.normalQuantile(ofLog: Tensor(shares)).doubles()
    edges = [-Double.infinity] + stride(from: 1, to: cuts.count, by: 2).map { cuts[$0] } + [Double.infinity]
    centers = stride(from: 0, to: cuts.count, by: 2).map { cuts[$0] }
  }

  /// Pushes an interval under the standard normal distribution.
  public func pushPrior(_ bucket: Int, onto coder: inout EntropyCoder) {
    coder.push(start: bucket, frequency: 1, precision: precision)
  }

  /// Pops an interval under the standard normal distribution.
  ///
  /// - Throws: `EntropyCodingError.exhausted`.
  public func popPrior(from coder: inout EntropyCoder) throws(EntropyCodingError) -> Int {
    let bucket = coder.peek(precision: precision)
    try coder.pop(start: bucket, frequency: 1, precision: precision)
    return bucket
  }

  /// Pushes an interval under a normal distribution.
  public func push(_ bucket: Int, mean: Double, scale: Double, onto coder: inout EntropyCoder) {
    let start = firstSlot(bucket, mean, scale)
    coder.push(
      start: start, frequency: max(1, firstSlot(bucket + 1, mean, scale) - start), precision: Self.posteriorPrecision)
  }

  /// Pops an interval under a normal distribution.
  ///
  /// - Throws: `EntropyCodingError`, `notADistribution` when mean or scale is no number.
  public func pop(mean: Double, scale: Double, from coder: inout EntropyCoder) throws(EntropyCodingError) -> Int {
    guard mean.isFinite, scale > 0, scale.isFinite else { throw .notADistribution }
    let slot = coder.peek(precision: Self.posteriorPrecision)
    let bucket = lastIndex(below: centers.count) { firstSlot($0, mean, scale) <= slot }
    let start = firstSlot(bucket, mean, scale)
    try coder.pop(
      start: start, frequency: firstSlot(bucket + 1, mean, scale) - start, precision: Self.posteriorPrecision)
    return bucket
  }

  /// The first slot of an interval: one slot for each interval, the others by mass.
  private func firstSlot(_ bucket: Int, _ mean: Double, _ scale: Double) -> Int {
    let share = 0.5 * erfc((mean - edges[bucket]) / (scale * 2.0.squareRoot()))
    return Int(share * Double((1 << Self.posteriorPrecision) - centers.count)) + bucket
  }
}
