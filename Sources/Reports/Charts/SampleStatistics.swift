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

  /// The inverse of the standard normal distribution function.
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
