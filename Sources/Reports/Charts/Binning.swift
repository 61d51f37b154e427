import Foundation

/// The cells in which samples are counted for a chart: the same for all samples that it shows.
struct Binning {
  /// The edges, ascending; empty for values that are counted one by one.
  private(set) var edges: [Double] = []
  /// The values that are counted one by one; empty for cells.
  private(set) var values: [Double] = []
  /// Whether numbers lie beyond the edges: they are counted in the outermost cells.
  private(set) var isClipped = false

  /// Samples with at most this many different values are counted value by value.
  private static let mostValues = 25

  /// Cells for samples.
  ///
  /// The width is that of Freedman and Diaconis, 2 IQR / n^(1/3), for the first sample, within 8 to 60 cells. They cover all
  /// of the first sample and the middle 99.8 % of the others; when that is more than twelve times the middle 90 %
  /// of the first, they cover its middle 99 %.
  ///
  /// - Parameters:
  ///   - samples: the samples.
  ///   - countsValues: whether samples of few values are counted value by value.
  init(_ samples: [[Double]], countsValues: Bool = true) {
    let sorted = samples.map { $0.filter(\.isDrawable).sorted() }.filter { !$0.isEmpty }
    guard let first = sorted.first, let least = first.first, let greatest = first.last else { return }
    if countsValues, let distinct = Self.distinct(sorted), first.count >= 2 * distinct.count {
      values = distinct
      return
    }
    var (low, high) = (least, greatest)
    for other in sorted.dropFirst() {
      low = min(low, SampleStatistics.quantile(other, 0.001))
      high = max(high, SampleStatistics.quantile(other, 0.999))
    }
    func quantile(_ share: Double) -> Double { SampleStatistics.quantile(first, share) }
    let middle = quantile(0.95) - quantile(0.05)
    if middle > 0, high - low > 12 * middle { (low, high) = (quantile(0.005), quantile(0.995)) }
    if !(high > low) { (low, high) = (low - 0.5, low + 0.5) }
    isClipped = sorted.contains { ($0.first ?? low) < low || ($0.last ?? high) > high }
    let width = 2 * (quantile(0.75) - quantile(0.25)) / pow(Double(first.count), 1.0 / 3)
    let wanted = width > 0 ? (high - low) / width : 30
    let count = Int(min(max(wanted.rounded(.up), 8), 60))
    edges = (0...count).map { low + (high - low) * Double($0) / Double(count) }
  }

  /// All different values of samples, unless there are many.
  private static func distinct(_ sorted: [[Double]]) -> [Double]? {
    var seen: Set<Double> = []
    for sample in sorted {
      for value in sample {
        seen.insert(value)
        if seen.count > mostValues { return nil }
      }
    }
    return seen.sorted()
  }

  /// Whether values are counted one by one.
  var isDiscrete: Bool { !values.isEmpty }

  /// The share of a sample in each cell or at each value.
  func shares(of sample: [Double]) -> [Double] {
    let sample = sample.filter(\.isDrawable)
    var counts = [Double](repeating: 0, count: isDiscrete ? values.count : max(edges.count - 1, 0))
    guard !sample.isEmpty, !counts.isEmpty else { return counts }
    if isDiscrete {
      let places = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
      for value in sample { if let place = places[value] { counts[place] += 1 } }
    } else if let low = edges.first, let high = edges.last {
      for value in sample {
        let place = (value - low) / (high - low) * Double(counts.count)
        counts[Int(min(max(place, 0), Double(counts.count - 1)))] += 1
      }
    }
    return counts.map { $0 / Double(sample.count) }
  }

  /// The density of a sample in each cell: its share over the cell's width.
  func densities(of sample: [Double]) -> [Double] {
    zip(shares(of: sample), zip(edges, edges.dropFirst())).map { $0 / ($1.1 - $1.0) }
  }
}
