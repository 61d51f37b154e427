import Foundation
public import Torch

/// The Kullback-Leibler divergence KL(p || q) from a sample of each, without densities: where rows of p lie closer to each
/// other than to rows of q, p is denser than q.
///
///     let divergence = try NearestNeighbourKullbackLeibler().estimate(fromP, fromQ)      // nats
///
/// With n rows x_i of p and m rows of q in d dimensions, r_i the distance of x_i to its k-th nearest other row of p and s_i to
/// its k-th nearest row of q, the estimate is d / n sum_i log(s_i / r_i) + log(m / (n - 1)). It converges to the divergence
/// for any k; more neighbours trade variance for bias. Both distances have the same k, so that their logarithms' biases
/// cancel. In many dimensions it is too small when the divergence is large.
///
/// - Reference: Wang, Kulkarni, Verdú, *Divergence estimation for multidimensional densities via k-nearest-neighbor
///   distances*, 2009, equation 5 for one neighbour, and its form for k of them.
public struct NearestNeighbourKullbackLeibler: Hashable, Sendable, Codable {
  /// Which neighbour's distance counts.
  public var neighbours: Int

  /// An estimator.
  ///
  /// - Parameter neighbours: which neighbour's distance counts.
  /// - Precondition: `neighbours` is positive.
  public init(neighbours: Int = 5) {
    precondition(neighbours >= 1, "NearestNeighbourKullbackLeibler: expected at least one neighbour, got \(neighbours)")
    self.neighbours = neighbours
  }

  /// The divergence KL(p || q), in nats.
  ///
  /// - Parameters:
  ///   - p: rows drawn from p, `[rows, features]` or `[rows]`.
  ///   - q: rows drawn from q, of the same type and features.
  /// - Returns: the estimate; its standard error is that of the mean over rows of p, and leaves out the bias.
  /// - Precondition: the shapes and types agree.
  /// - Throws: `SampleComparisonError` when there are too few rows, numbers that are not finite, or so many rows at one
  ///   place that a distance is 0: data with repeated values have no density.
  /// - Complexity: O(rows of p * (rows of p + rows of q) * features) time, O(rows) memory.
  public func estimate(_ p: Tensor, _ q: Tensor) throws(SampleComparisonError) -> Estimate {
    let samples = try ComparedSamples(p, q, minimum: neighbours)
    guard samples.count > neighbours else {
      throw .tooFewRows(sample: "the first sample", count: samples.count, needed: neighbours + 1)
    }
    let own = try distances(
      NearestRows.find(neighbours, of: samples.x, among: samples.x, leavingOutOwn: true), "itself")
    let other = try distances(NearestRows.find(neighbours, of: samples.x, among: samples.y), "the second sample")
    let (n, m, d) = (Double(samples.count), Double(samples.otherCount), Double(samples.x.size(1)))
    // The distances are squared: half of their logarithm.
    let terms = (other.log() - own.log()) * (d / 2) + log(m / (n - 1))
    return Estimate(meanOf: terms.doubles())
  }

  private func distances(
    _ found: (squaredDistances: Tensor, positions: Tensor), _ sample: String
  ) throws(SampleComparisonError) -> Tensor {
    let last = found.squaredDistances[.all, .at(neighbours - 1)].to(.float64)
    let isZero = last .== 0.0
    guard !isZero.any() else {
      throw .coincidentRows(sample: sample, row: isZero.nonzero()[0, 0].integerItem(), neighbours: neighbours)
    }
    return last
  }
}
