import Foundation
public import Torch

/// Means and covariances of features, gathered batch by batch in 64 bits.
///
///     var moments = FeatureMoments(features: 64)
///     for batch in batches { moments.add(extractor(batch)) }     // [rows, 64]
///
/// How the rows are cut into batches does not matter, beyond rounding.
public struct FeatureMoments {
  /// The number of features of a row.
  public let features: Int
  /// The number of rows so far.
  public private(set) var count = 0
  /// The mean, `[features]`, 64-bit.
  public private(set) var mean: Tensor
  /// The sum of products of deviations from the mean, `[features, features]`.
  private var products: Tensor

  /// No rows yet.
  public init(features: Int) {
    precondition(features > 0, "FeatureMoments: expected a positive number of features, got \(features)")
    self.features = features
    mean = Tensor.zeros([features], dtype: .float64)
    products = Tensor.zeros([features, features], dtype: .float64)
  }

  /// The moments of a table of features.
  public init(of rows: Tensor) {
    precondition(
      rows.rank == 2, "FeatureMoments: expected [rows, features], got \(rows.shape): do not flatten features")
    self.init(features: rows.size(1))
    add(rows)
  }

  /// Takes more rows in.
  ///
  /// - Parameter rows: `[rows, features]`.
  /// - Precondition: the shape is that; features that were flattened to one dimension are refused.
  /// - Complexity: O(rows * features^2).
  /// - Reference: Chan, Golub, LeVeque, *Updating formulae and a pairwise algorithm for computing sample variances*, 1979.
  public mutating func add(_ rows: Tensor) {
    precondition(
      rows.rank == 2 && rows.size(1) == features,
      "FeatureMoments: expected [rows, \(features)], got \(rows.shape): one row for each sample, not flattened")
    guard rows.size(0) > 0 else { return }
    withoutGradient {
      let wide = rows.to(.float64, Device.cpu)
      let (own, others) = (Double(count), Double(rows.size(0)))
      let center = wide.mean(0)
      let deviations = wide - center
      let step = center - mean
      products =
        products + deviations.transposed().matmul(deviations)
        + step.unsqueezed(1) * step.unsqueezed(0) * (own * others / (own + others))
      mean = mean + step * (others / (own + others))
      count += rows.size(0)
    }
  }

  /// The covariance, `[features, features]`, 64-bit, divided by the count minus 1.
  ///
  /// - Precondition: there are at least two rows.
  public var covariance: Tensor {
    precondition(count > 1, "FeatureMoments: expected at least 2 rows, got \(count)")
    return products / Double(count - 1)
  }
}

/// The Frechet distance of two sets of features: the squared Wasserstein distance of order 2 of normal distributions with
/// their means and covariances. With the features of an Inception network it is the FID.
///
/// Any features do: those of a network, the columns of a table. From N rows it is too large, by an amount that falls as
/// 1/N and depends on the model, so compare values of the same N only, or take ``extrapolated(_:_:points:using:)``.
public struct FrechetDistance: Hashable, Sendable, Codable {
  /// The distance, at least 0 (a squared length; FID is given so).
  public let value: Double
  /// The rows of each set.
  public let counts: [Int]
  /// The number of features.
  public let features: Int

  /// The distance of two sets of features.
  ///
  /// - Throws: `DistributionError.tooFewRows` for a set of no more rows than features, whose covariance is singular;
  ///   `.notPositiveSemidefinite` when features are not finite.
  /// - Precondition: both have the same number of features.
  public init(_ first: FeatureMoments, _ second: FeatureMoments) throws(DistributionError) {
    precondition(
      first.features == second.features,
      "FrechetDistance: expected the same features, got \(first.features) and \(second.features)")
    for set in [first, second] where set.count <= max(set.features, 1) {
      throw .tooFewRows(count: set.count, needed: set.features + 1)
    }
    value = try BuresWasserstein.squared(
      mean: first.mean, covariance: first.covariance, otherMean: second.mean, otherCovariance: second.covariance)
    counts = [first.count, second.count]
    features = first.features
  }

  /// A distance without the bias of a finite number of rows.
  public struct Extrapolation: Hashable, Sendable, Codable {
    /// The distance of all rows.
    public var distance: FrechetDistance
    /// The distance for infinitely many rows: the intercept of a line through distances over 1/N. Its standard error is that
    /// of the regression, and leaves out what all subsets share.
    public var limit: Estimate
    /// The bias of ``distance``: what the line says of its N.
    public var bias: Double
  }

  /// The distance for infinitely many rows, from random subsets of both sets.
  ///
  /// - Parameters:
  ///   - first: `[rows, features]`.
  ///   - second: `[rows, features]`.
  ///   - points: the number of sizes of subsets, from a tenth of the rows (more than features) up to all.
  ///   - rng: chooses the subsets.
  /// - Returns: the distance of all rows, of infinitely many, and the difference.
  /// - Throws: as ``init(_:_:)``, for the smallest subsets.
  /// - Reference: Chong and Forsyth, *Effectively unbiased FID and Inception score and where to find them*, 2020, section 3.
  public static func extrapolated(
    _ first: Tensor, _ second: Tensor, points: Int = 15, using rng: inout RandomGenerator
  ) throws(DistributionError) -> Extrapolation {
    precondition(points >= 3, "FrechetDistance: expected at least 3 sizes, got \(points)")
    let (fewest, needed) = (min(first.size(0), second.size(0)), 4 * first.size(1))
    // Subsets have more rows than twice the features, and a line needs sizes that differ.
    guard fewest >= needed else { throw .tooFewRows(count: fewest, needed: needed) }
    let whole = try FrechetDistance(FeatureMoments(of: first), FeatureMoments(of: second))
    var (inverses, values): ([Double], [Double]) = ([], [])
    for point in 0..<points {
      let share = 0.1 + 0.9 * Double(point) / Double(points - 1)
      let sets = [first, second].map { rows in
        let count = max(Int((share * Double(rows.size(0))).rounded()), min(2 * rows.size(1), rows.size(0)))
        let chosen = Tensor.permutation(rows.size(0), using: &rng).narrowed(0, from: 0, length: count)
        return FeatureMoments(of: rows.selecting(chosen.to(rows.device)))
      }
      inverses.append(sets.reduce(0) { $0 + 0.5 / Double($1.count) })
      values.append(try FrechetDistance(sets[0], sets[1]).value)
    }
    let (limit, slope) = line(inverses, values)
    let inverse = whole.counts.reduce(0) { $0 + 0.5 / Double($1) }
    return Extrapolation(distance: whole, limit: limit, bias: slope * inverse)
  }

  /// The intercept and the slope of the line of least squares.
  private static func line(_ x: [Double], _ y: [Double]) -> (intercept: Estimate, slope: Double) {
    let count = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    let spread = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / max(spread, .leastNormalMagnitude)
    let residuals = zip(x, y).reduce(0) { sum, pair in
      let gap = pair.1 - meanY - slope * (pair.0 - meanX)
      return sum + gap * gap
    }
    let variance = residuals / (count - 2) * (1 / count + meanX * meanX / max(spread, .leastNormalMagnitude))
    return (Estimate(meanY - slope * meanX, standardError: variance.squareRoot()), slope)
  }
}
