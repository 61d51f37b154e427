public import Probability

/// How often credible regions hold the truth: for each observation, the least level at which its region does.
///
/// The levels are uniform on [0, 1] when regions of level a hold the truth with probability a. They come from values of a
/// distribution function, from ranks of densities (highest-density regions), or from distances to random points (TARP).
///
/// The test takes the levels themselves. Holding the curve, a grid of monotone numbers, against another grid has hardly any
/// power, whatever the number of observations.
///
/// - Reference: Lemos et al., *Sampling-Based Accuracy Testing of Posterior Estimators for General Inference*, 2023.
public struct ExpectedCoverage: Hashable, Sendable {
  /// The least level at which the region of each observation holds the truth.
  public let levels: [Double]

  /// Levels of observations.
  ///
  /// - Precondition: there are levels, all from 0 to 1.
  public init(levels: [Double]) {
    precondition(
      !levels.isEmpty && levels.allSatisfy { (0...1).contains($0) }, "ExpectedCoverage: expected levels from 0 to 1")
    self.levels = levels
  }

  /// The share of observations whose region of a nominal level holds the truth.
  ///
  /// - Parameter level: from 0 to 1.
  /// - Returns: from 0 to 1; the level itself for calibrated regions.
  public func coverage(at level: Double) -> Double {
    Double(levels.count { $0 <= level }) / Double(levels.count)
  }

  /// The curve of coverage over the nominal levels 0, 1/steps, ..., 1, whatever the levels that were seen.
  ///
  /// - Parameter steps: the number of steps.
  /// - Returns: nominal levels with their coverage, from (0, 0) or above to (1, 1).
  public func curve(steps: Int = 100) -> [(level: Double, coverage: Double)] {
    precondition(steps > 0, "ExpectedCoverage: expected a positive number of steps, got \(steps)")
    let sorted = levels.sorted()
    var count = 0
    return (0...steps).map { step in
      let level = Double(step) / Double(steps)
      while count < sorted.count, sorted[count] <= level { count += 1 }
      return (level, Double(count) / Double(sorted.count))
    }
  }

  /// Twice the mean of coverage minus level over levels from 1/2 to 1: negative for regions that are too small, positive for
  /// those that are too large, 0 for calibrated ones; from -1.5 to 0.5.
  public var areaToCurve: Double {
    // The integral of (1[level <= a] - a) over a from 1/2 to 1 is 1 - max(level, 1/2) - 3/8.
    let each = levels.map { 1 - max($0, 0.5) - 0.375 }
    return 4 * each.reduce(0, +) / Double(levels.count)
  }

  /// Whether the levels are uniform, by the test of Kolmogorov and Smirnov on the levels themselves.
  public var uniformityTest: TwoSampleTestResult { KolmogorovSmirnov.test(uniform: levels) }
}
