import Foundation

/// A band that the distribution function of uniform numbers stays inside, at all points at once, with a given probability.
///
/// Bands of single points are too narrow for a curve: a calibrated model leaves them somewhere in a fifth of all runs.
/// Here the level of the single points is chosen so that the whole curve is right; its probability is computed exactly, by
/// going from point to point through the binomial counts.
///
/// - Complexity: O(points * count) for each of some twenty trial levels.
/// - Reference: Säilynoja, Bürkner, Vehtari, *Graphical test for discrete uniformity and its applications in
///   goodness-of-fit evaluation and multiple sample comparison*, 2022, equations 2 and 9.
public struct UniformBand: Hashable, Sendable {
  /// Where the band is given, rising, inside (0, 1).
  public let points: [Double]
  /// The least shares of numbers up to each point.
  public let lower: [Double]
  /// The greatest shares of numbers up to each point.
  public let upper: [Double]
  /// The level of a single point's interval, nearer to 1 than that of the whole band.
  public let pointwiseLevel: Double

  /// A band for a number of uniform numbers.
  ///
  /// - Parameters:
  ///   - count: how many numbers.
  ///   - level: the probability with which all points are inside; at least this, since counts are whole.
  ///   - points: how many points, evenly between 0 and 1.
  /// - Precondition: counts are positive, and the level is between 0 and 1.
  public init(count: Int, level: Double = 0.95, points: Int = 100) {
    precondition(
      count > 0 && points > 0 && level > 0 && level < 1,
      "UniformBand: expected positive counts and a level between 0 and 1, got \(count), \(points), \(level)")
    let places = (1...points).map { Double($0) / Double(points + 1) }
    // The least miss probability of a single point that keeps the whole curve inside often enough.
    var (low, high) = (0.0, 1 - level)
    var best = Self.intervals(count, places, miss: low)
    for _ in 0..<30 {
      let miss = (low + high) / 2
      let trial = Self.intervals(count, places, miss: miss)
      if Self.probabilityInside(count, places, trial) >= level {
        (low, best) = (miss, trial)
      } else {
        high = miss
      }
    }
    self.points = places
    lower = best.map { Double($0.lowerBound) / Double(count) }
    upper = best.map { Double($0.upperBound) / Double(count) }
    pointwiseLevel = 1 - low
  }

  /// Whether the distribution function of numbers stays inside.
  ///
  /// - Parameter values: as many numbers as the band is for.
  /// - Returns: whether it does at all points.
  public func contains(_ values: [Double]) -> Bool {
    let sorted = values.sorted()
    var count = 0
    for (index, point) in points.enumerated() {
      while count < sorted.count, sorted[count] <= point { count += 1 }
      let share = Double(count) / Double(sorted.count)
      if share < lower[index] - 1e-12 || share > upper[index] + 1e-12 { return false }
    }
    return true
  }

  /// The counts up to each point between the quantiles of their binomial law, `miss` / 2 outside on each side.
  private static func intervals(_ count: Int, _ places: [Double], miss: Double) -> [ClosedRange<Int>] {
    places.map { place in
      let masses = binomialMasses(count, place, from: 0, to: count)
      var (lower, below) = (0, masses[0])
      while lower < count, below <= miss / 2 {
        lower += 1
        below += masses[lower]
      }
      var (upper, above) = (count, masses[count])
      while upper > lower, above <= miss / 2 {
        upper -= 1
        above += masses[upper]
      }
      return lower...upper
    }
  }

  /// The probability that all counts are inside: between neighbouring points the count grows by a binomial number of those
  /// that are left.
  private static func probabilityInside(_ count: Int, _ places: [Double], _ intervals: [ClosedRange<Int>]) -> Double {
    var (before, reached) = (0.0, [0: 1.0])
    for (place, interval) in zip(places, intervals) {
      let share = (place - before) / (1 - before)
      var next = [Double](repeating: 0, count: interval.count)
      for (start, probability) in reached where probability > 1e-18 && start <= interval.upperBound {
        let first = max(start, interval.lowerBound)
        let masses = binomialMasses(count - start, share, from: first - start, to: interval.upperBound - start)
        for (offset, mass) in masses.enumerated() { next[first - interval.lowerBound + offset] += probability * mass }
      }
      reached = Dictionary(uniqueKeysWithValues: zip(interval, next))
      before = place
    }
    return reached.values.reduce(0, +)
  }

  private static func binomialMasses(_ count: Int, _ share: Double, from first: Int, to last: Int) -> [Double] {
    guard first <= last else { return [] }
    func logMass(_ k: Int) -> Double {
      lgamma(Double(count + 1)) - lgamma(Double(k + 1)) - lgamma(Double(count - k + 1)) + Double(k) * log(share)
        + Double(count - k) * log1p(-share)
    }
    // Neighbours by their ratio, from the largest mass of the range outwards.
    let peak = min(max(Int(Double(count + 1) * share), first), last)
    var masses = [Double](repeating: 0, count: last - first + 1)
    masses[peak - first] = exp(logMass(peak))
    let odds = share / (1 - share)
    for k in stride(from: peak + 1, through: last, by: 1) {
      masses[k - first] = masses[k - first - 1] * Double(count - k + 1) / Double(k) * odds
    }
    for k in stride(from: peak - 1, through: first, by: -1) {
      masses[k - first] = masses[k - first + 1] * Double(k + 1) / Double(count - k) / odds
    }
    return masses
  }
}
