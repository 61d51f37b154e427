import Foundation
import Torch

/// What charts need to know about numbers.
enum SampleStatistics {
  /// The value below which a share of ascending numbers lies, between two of them by their distances.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard let first = sorted.first else { return .nan }
    guard sorted.count > 1 else { return first }
    let place = min(max(share, 0), 1) * Double(sorted.count - 1)
    let index = min(Int(place), sorted.count - 2)
    return sorted[index] + (sorted[index + 1] - sorted[index]) * (place - Double(index))
  }

  /// The mean and the standard deviation (dividing by one less than the count).
  static func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Double(values.count - 1)).squareRoot())
  }

  /// The greatest distance between the distribution functions of two samples (Kolmogorov and Smirnov).
  static func distance(_ first: [Double], _ second: [Double]) -> Double {
    let (first, second) = (first.sorted(), second.sorted())
    guard !first.isEmpty, !second.isEmpty else { return .nan }
    var (i, j, greatest) = (0, 0, 0.0)
    while i < first.count, j < second.count {
      let value = min(first[i], second[j])
      while i < first.count, first[i] <= value { i += 1 }
      while j < second.count, second[j] <= value { j += 1 }
      greatest = max(greatest, abs(Double(i) / Double(first.count) - Double(j) / Double(second.count)))
    }
    return greatest
  }

  /// The distance that two samples of one distribution exceed with a probability, at most; asymptotic.
  static func distanceLimit(_ first: Int, _ second: Int, probability: Double) -> Double {
    let size = Double(first * second) / Double(first + second)
    return (-log(probability / 2) / 2 / size).squareRoot()
  }

  /// The distance that a sample's distribution function stays within of the true one with a probability of 95 %.
  ///
  /// - Reference: Stephens, *EDF Statistics for Goodness of Fit and Some Comparisons*, 1974, table 1.
  static func kolmogorovBand(_ count: Int) -> Double {
    let root = Double(count).squareRoot()
    return 1.358 / (root + 0.12 + 0.11 / root)
  }

  /// The greatest distance of a sample from the uniform distribution on [0, 1].
  static func distanceFromUniform(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let count = Double(sorted.count)
    return sorted.enumerated().reduce(0) { greatest, item in
      max(greatest, Double(item.offset + 1) / count - item.element, item.element - Double(item.offset) / count)
    }
  }

  /// The standard normal distribution function, and its inverse.
  static func normalCDF(_ values: [Double]) -> [Double] { values.map { 0.5 * erfc(-$0 / 2.0.squareRoot()) } }

  static func normalQuantile(_ shares: [Double]) -> [Double] {
    shares.isEmpty ? [] : Tensor(shares).normalQuantile().doubles()
  }

  /// The correlations of columns, by pairs; 0 where one is constant. Rows with a number that is not finite are left out.
  static func correlations(_ columns: [[Double]]) -> [[Double]] {
    let rowCount = columns.first?.count ?? 0
    let rows = (0..<rowCount).filter { row in columns.allSatisfy { $0[row].isFinite } }
    let centred = columns.map { column in
      let values = rows.map { column[$0] }
      let mean = values.reduce(0, +) / Double(max(values.count, 1))
      return values.map { $0 - mean }
    }
    let norms = centred.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return columns.indices.map { i in
      columns.indices.map { j in
        let product = zip(centred[i], centred[j]).reduce(0) { $0 + $1.0 * $1.1 }
        return norms[i] > 0 && norms[j] > 0 ? product / (norms[i] * norms[j]) : 0
      }
    }
  }

  /// At most `count` of the places, evenly apart, the first and the last among them.
  static func thinned(_ places: Range<Int>, to count: Int) -> [Int] {
    guard places.count > count, count > 1 else { return Array(places) }
    return (0..<count).map { places.lowerBound + $0 * (places.count - 1) / (count - 1) }
  }
}

extension Double {
  /// Whether it is finite, and not so large that the distance of two such numbers is not.
  var isDrawable: Bool { abs(self) <= 1e300 }
}
