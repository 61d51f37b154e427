import Torch

/// One column of a pair plot: its axis and its cells.
struct PairAxis {
  let index: Int
  let name: String
  let edges: [Double]
  /// The values of a column of few; empty for others.
  let values: [Double]
  /// How far points of a column of few values are moved at most, so that they do not hide one another.
  let spread: Double

  private static let usualCellCount = 20

  /// 20 cells over the middle 99.6 % of data and samples, or one for each value of a column of few values.
  init(_ index: Int, _ columns: PairColumns) {
    self.index = index
    name = columns.names[index]
    let pair = [columns.data[index], columns.samples[index]]
    values = Binning(pair).values
    if values.count > 1 {
      let middles = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
      edges = [2 * values[0] - middles[0]] + middles + [2 * values[values.count - 1] - middles[middles.count - 1]]
      spread = 0.35 * (zip(values, values.dropFirst()).map { $1 - $0 }.min() ?? 0)
      return
    }
    let ends = pair.map { $0.filter(\.isDrawable).sorted() }.filter { !$0.isEmpty }
    let low = ends.map { SampleStatistics.quantile($0, 0.002) }.min() ?? 0
    let high = ends.map { SampleStatistics.quantile($0, 0.998) }.max() ?? 1
    let (start, end) = high > low ? (low, high) : (low - 0.5, low + 0.5)
    edges = (0...Self.usualCellCount).map { start + (end - start) * Double($0) / Double(Self.usualCellCount) }
    spread = 0
  }

  private var hasFewValues: Bool { (1...6).contains(values.count) }

  var cellCount: Int { edges.count - 1 }

  func cell(of value: Double) -> Int? {
    guard value >= edges[0], value <= edges[cellCount] else { return nil }
    return min(edges.partitioningIndex { $0 > value } - 1, cellCount - 1)
  }

  func densities(of column: [Double]) -> [Double] {
    var counts = [Double](repeating: 0, count: cellCount)
    for value in column { if let cell = cell(of: value) { counts[cell] += 1 } }
    let total = max(counts.reduce(0, +), 1)
    return counts.indices.map { counts[$0] / total / (edges[$0 + 1] - edges[$0]) }
  }

  /// Where the point of a value is drawn: beside it by chance when the column has few values.
  func place(of value: Double, using rng: inout RandomGenerator) -> Double {
    spread > 0 ? value + Double.random(in: -spread...spread, using: &rng) : value
  }

  /// The axis; only those at the rim have numbers and a name.
  func channel(isNamed: Bool) -> VegaLiteChannel {
    VegaLiteChannel(
      nil, title: isNamed ? name : "", scale: .between(edges[0]...edges[cellCount]),
      axis: VegaLiteAxis(
        labels: isNamed, ticks: isNamed, grid: false, tickCount: 3, values: hasFewValues ? values : nil,
        format: hasFewValues ? TickFormat.ofEach(values) : TickFormat.of(edges[0]...edges[cellCount]), titleLimit: 150))
  }
}

extension [Double] {
  /// The first place of an ascending list at which a condition holds from there on.
  fileprivate func partitioningIndex(where holds: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
