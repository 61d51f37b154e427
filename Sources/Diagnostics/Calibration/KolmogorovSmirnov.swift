import Foundation
public import Probability

/// The test of Kolmogorov and Smirnov: the largest distance between two distribution functions.
///
/// P-values are from the limit law with Stephens' correction: from 100 numbers on right to some per cent, with 20 numbers
/// too large by a factor of 1.05 at 0.001 and of 1.7 at 1e-6, which rejects less.
///
/// - Reference: Stephens, *Use of the Kolmogorov-Smirnov, Cramer-von Mises and related statistics without extensive tables*,
///   1970; Marsaglia, Tsang, Wang, *Evaluating Kolmogorov's distribution*, 2003.
public enum KolmogorovSmirnov {
  /// Holds numbers against the uniform distribution on [0, 1].
  ///
  /// Give it values that would be uniform and continuous under the hypothesis, one for each observation, such as values of
  /// a distribution function; not a grid of a curve that was made of them. Ranks are discrete: see
  /// ``RankStatistics``.
  ///
  /// - Parameter values: independent numbers.
  /// - Returns: the distance as the statistic, and its p-value.
  /// - Precondition: there is at least one number, and none is NaN.
  /// - Complexity: sorts the values.
  public static func test(uniform values: [Double]) -> TwoSampleTestResult {
    precondition(
      !values.isEmpty && !values.contains(where: \.isNaN), "KolmogorovSmirnov: expected numbers, got none or NaN")
    let sorted = values.sorted()
    let count = Double(sorted.count)
    var distance = 0.0
    for (index, value) in sorted.enumerated() {
      let place = min(max(value, 0), 1)
      distance = max(distance, place - Double(index) / count, Double(index + 1) / count - place)
    }
    return TwoSampleTestResult(statistic: distance, pValue: pValue(distance: distance, count: count))
  }

  /// Holds two samples of numbers against each other.
  ///
  /// - Parameters:
  ///   - first: independent numbers.
  ///   - second: independent numbers.
  /// - Returns: the distance as the statistic, and its p-value, which is conservative when numbers repeat.
  /// - Precondition: both have numbers, and none is NaN.
  /// - Complexity: sorts both.
  public static func test(_ first: [Double], _ second: [Double]) -> TwoSampleTestResult {
    precondition(
      !first.isEmpty && !second.isEmpty && !(first + second).contains(where: \.isNaN),
      "KolmogorovSmirnov: expected two samples of numbers")
    let distance = weightedDistance(
      first.map { ($0, 1 / Double(first.count)) }, second.map { ($0, 1 / Double(second.count)) })
    let (n, m) = (Double(first.count), Double(second.count))
    return TwoSampleTestResult(statistic: distance, pValue: pValue(distance: distance, count: n * m / (n + m)))
  }

  /// The distance from the uniform distribution that numbers of it exceed with a probability.
  ///
  /// - Parameters:
  ///   - count: how many numbers.
  ///   - probability: of a larger distance, between 0 and 1.
  /// - Returns: the distance, at most 1.
  public static func limit(uniform count: Int, probability: Double) -> Double {
    distance(pValue: probability, count: Double(count))
  }

  /// The distance that two samples of one distribution exceed with a probability, at most.
  ///
  /// - Parameters:
  ///   - first: how many numbers the one has.
  ///   - second: how many the other has.
  ///   - probability: of a larger distance, between 0 and 1.
  /// - Returns: the distance, at most 1.
  public static func limit(_ first: Int, _ second: Int, probability: Double) -> Double {
    distance(pValue: probability, count: Double(first) * Double(second) / Double(first + second))
  }

  /// The largest distance between the distribution functions of two weighted samples whose weights sum to 1.
  static func weightedDistance(_ first: [(Double, Double)], _ second: [(Double, Double)]) -> Double {
    let all = (first.map { ($0.0, $0.1) } + second.map { ($0.0, -$0.1) }).sorted { $0.0 < $1.0 }
    var (difference, distance) = (0.0, 0.0)
    for (index, (value, weight)) in all.enumerated() {
      difference += weight
      let isLastOfItsValue = index + 1 == all.count || all[index + 1].0 > value
      if isLastOfItsValue { distance = max(distance, abs(difference)) }
    }
    return distance
  }

  /// The probability of a distance at least as large between `count` uniform numbers and their law.
  static func pValue(distance: Double, count: Double) -> Double {
    survival((count.squareRoot() + 0.12 + 0.11 / count.squareRoot()) * distance)
  }

  /// The distance that has a p-value.
  static func distance(pValue: Double, count: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if self.pValue(distance: middle, count: count) > pValue { low = middle } else { high = middle }
    }
    return high
  }

  /// One minus Kolmogorov's limit law, by the one of its two series that converges fast.
  private static func survival(_ t: Double) -> Double {
    guard t > 0 else { return 1 }
    if t < 1.18 {
      let terms = (1...20).map { k in exp(-pow(Double(2 * k - 1) * Double.pi / t, 2) / 8) }
      return max(0, 1 - (2 * Double.pi).squareRoot() / t * terms.reduce(0, +))
    }
    let terms = (1...20).map { k in (k % 2 == 1 ? 2.0 : -2.0) * exp(-2 * Double(k * k) * t * t) }
    return min(1, max(0, terms.reduce(0, +)))
  }
}
