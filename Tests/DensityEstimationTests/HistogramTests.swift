import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct HistogramTests {
  private struct References: Decodable {
    struct Binned: Decodable { let edges, density: [Double] }
    struct Column: Decodable {
      let x: [Double]
      let rules: [String: Binned]
    }
    struct Weighted: Decodable { let x, weights, edges, density: [Double] }
    struct Grid: Decodable {
      let x, edges: [[Double]]
      let density: [Double]
    }
    let columns: [String: Column]
    let weighted: Weighted
    let grid: Grid
  }

  private func fit(_ bins: HistogramEstimator.Bins, _ x: Tensor, weights: Tensor? = nil) throws -> Histogram {
    var rng = RandomGenerator(seed: 1)
    return try HistogramEstimator(bins: bins).fit(x, weights: weights, using: &rng)
  }

  private static let rules: [String: HistogramEstimator.Bins] = [
    "freedmanDiaconis": .freedmanDiaconis, "scott": .scott, "sturges": .sturges, "knuth": .knuth,
  ]

  @Test(arguments: ["eruptions", "galaxies", "skewed"], rules.keys.sorted())
  func agreesWithNumPy(_ name: String, _ rule: String) throws {
    let column = try #require(try reference("histograms", as: References.self).columns[name])
    let expected = try #require(column.rules[rule])
    let histogram = try fit(try #require(Self.rules[rule]), Tensor(column.x))
    expectClose(histogram.edges[0], expected.edges, tolerance: 1e-13)
    let middles = zip(expected.edges, expected.edges.dropFirst()).map { ($0 + $1) / 2 }
    expectClose(histogram.logProb(Tensor(middles)).exp().doubles(), expected.density, tolerance: 1e-12)
  }

  /// The numbers of classes of R's nclass.Sturges, nclass.scott and nclass.FD.
  @Test func agreesWithR() throws {
    let columns = try reference("histograms", as: References.self).columns
    for (name, counts) in [("eruptions", [10, 6, 5]), ("galaxies", [8, 7, 16])] {
      let x = Tensor(try #require(columns[name]).x)
      let rules: [HistogramEstimator.Bins] = [.sturges, .scott, .freedmanDiaconis]
      #expect(try rules.map { try fit($0, x).binCounts[0] } == counts)
    }
  }

  @Test func weightsAndGridsAgreeWithNumPy() throws {
    let references = try reference("histograms", as: References.self)
    let row = references.weighted
    let weighted = try fit(.fixed(count: 7), Tensor(row.x), weights: Tensor(row.weights))
    let middles = zip(row.edges, row.edges.dropFirst()).map { ($0 + $1) / 2 }
    expectClose(weighted.logProb(Tensor(middles)).exp().doubles(), row.density, tolerance: 1e-12)
    let grid = try fit(.fixed(count: 4), Tensor(rows: references.grid.x))
    let axes = grid.edges.map { edges in zip(edges, edges.dropFirst()).map { ($0 + $1) / 2 } }
    let points = axes[0].flatMap { a in axes[1].flatMap { b in axes[2].map { [a, b, $0] } } }
    expectClose(grid.logProb(Tensor(rows: points)).exp().doubles(), references.grid.density, tolerance: 1e-12)
    for (edges, expected) in zip(grid.edges, references.grid.edges) { expectClose(edges, expected, tolerance: 1e-13) }
  }

  @Test func keepsItsPromises() throws {
    var rng = RandomGenerator(seed: 2)
    let x = Tensor.normal([400], dtype: .float64, using: &rng)
    let pairs = Tensor.stacking([x, x.squared() + Tensor.normal([400], dtype: .float64, using: &rng)], 1)
    for histogram in try [fit(.knuth, x), fit(.fixed(count: 6), pairs)] {
      checkDistribution(histogram)
      checkEntropy(histogram, entropy: histogram.entropy)
      #expect(histogram.masses.doubles().reduce(0, +) == 1)
      #expect(histogram.masses.doubles().shuffled(using: &rng).reduce(0, +) == 1)
    }
  }

  /// Draws fall into each cell as often as its mass says: Pearson's statistic, as a standard normal score; chance exceeds
  /// 5.2 with probability about 1e-7.
  @Test func drawsFollowTheMasses() throws {
    var rng = RandomGenerator(seed: 3)
    let x = Tensor.normal([300, 2], dtype: .float64, using: &rng)
    let histogram = try fit(.fixed(count: 4), x)
    let draws = histogram.sample([40_000], using: &rng)
    let again = try HistogramEstimator(bins: .given(edges: histogram.edges)).fit(draws, using: &rng)
    #expect(again.cells.isEqual(to: histogram.cells))
    let score = chiSquareScore(
      observed: (again.masses * 40_000.0).doubles(), expected: (histogram.masses * 40_000.0).doubles())
    #expect(abs(score) < 5.2)
  }

  /// Many more cells than rows are counted by sorting.
  @Test func aSparseGridIsAGrid() throws {
    var rng = RandomGenerator(seed: 8)
    let x = Tensor.normal([90, 4], dtype: .float64, using: &rng)
    let grid = try fit(.fixed(count: 30), x)
    let expected = Set(
      zip(0..., x.doubles()).map { ($0 % 4, $1) }.map { column, value in
        min(29, grid.edges[column].lastIndex { $0 <= value } ?? 0)
      }.chunked(by: 4))
    #expect(Set(grid.cells.scalars(as: Int.self).chunked(by: 4)) == expected && expected.count > 80)
    #expect(grid.logProb(x).isFinite().all() && grid.masses.doubles().reduce(0, +) == 1)
  }

  @Test func marginalsAreHistogramsOfColumns() throws {
    var rng = RandomGenerator(seed: 4)
    let x = Tensor.normal([200, 3], dtype: .float64, using: &rng)
    let grid = try fit(.fixed(count: 5), x)
    for column in 0..<3 {
      let alone = try fit(.fixed(count: 5), x[.all, .at(column)])
      expectClose(grid.marginal(column).masses, alone.marginal(0).masses, tolerance: 1e-15)
      expectClose(alone.cdf(alone.quantile(Tensor([0.2, 0.7]))).doubles(), [0.2, 0.7], tolerance: 1e-14)
    }
    expectClose(grid.mean.doubles(), (0..<3).map { grid.marginal($0).mean.item() }, tolerance: 1e-13)
  }

  @Test func theLastBinIsClosedAndOthersAreNot() throws {
    let histogram = try fit(.given(edges: [[0, 1, 2]]), Tensor([0, 0.5, 1, 2.0]))
    #expect(histogram.masses.doubles() == [0.5, 0.5])
    #expect(
      histogram.logProb(Tensor([2.0])).item() == log(0.5)
        && histogram.logProb(Tensor([Double(2).nextUp])).item() == -.infinity)
    // As in the source: bins of a width from the least value on; the last one may reach beyond the greatest.
    let spaced = try fit(.spaced(width: 0.75), Tensor([1, 1.2, 2.4, 3.1]))
    #expect(spaced.edges[0] == [1, 1.75, 2.5, 3.25] && spaced.masses.doubles() == [0.5, 0.25, 0.25])
    #expect(try fit(.spaced(width: 0.5), Tensor([1, 2.0])).edges[0] == [1, 1.5, 2])
  }

  @Test func aWeightIsARepetition() throws {
    let x = [0.3, 1.7, 2.2, 2.9, 5.1, 7.7, 8.1]
    let counts = [2, 1, 4, 1, 3, 1, 2]
    let repeated = zip(x, counts).flatMap { [Double](repeating: $0, count: $1) }
    for (name, rule) in Self.rules {
      let weighted = try fit(rule, Tensor(x), weights: Tensor(counts.map(Double.init)))
      let expected = try fit(rule, Tensor(repeated))
      #expect(weighted.edges == expected.edges && weighted.masses.isEqual(to: expected.masses), "\(name)")
    }
    let dropped = try fit(.scott, Tensor(x + [1e9]), weights: Tensor([Double](repeating: 1, count: 7) + [0]))
    #expect(try dropped.edges == fit(.scott, Tensor(x)).edges)
  }

  @Test func equalQuartilesStillGiveBins() throws {
    let x = [Double](repeating: 0, count: 80) + (1...20).map(Double.init)
    let histogram = try fit(.freedmanDiaconis, Tensor(x))
    #expect(try histogram.edges == fit(.scott, Tensor(x)).edges && histogram.binCounts[0] > 1)
  }

  @Test func scalesWithTheData() throws {
    var rng = RandomGenerator(seed: 5)
    let x = Tensor.normal([300], dtype: .float64, using: &rng)
    for rule in Self.rules.values {
      let (small, large) = (try fit(rule, x), try fit(rule, x * 1e6 + 1e7))
      #expect(small.binCounts == large.binCounts)
      expectClose(large.logProb(x * 1e6 + 1e7) + log(1e6), small.logProb(x), tolerance: 1e-6)
      let narrow = try fit(rule, x.to(.float32))
      expectClose(narrow.logProb(x.to(.float32).to(.float64)), small.logProb(x), tolerance: 1e-3)
    }
  }

  @Test func unfitDataAreRefusedWithAdvice() throws {
    var rng = RandomGenerator(seed: 6)
    let wide = Tensor.normal([100, 10], dtype: .float64, using: &rng)
    let error = #expect(throws: DensityEstimationError.self) { try fit(.fixed(count: 20), wide) }
    #expect(error?.description.contains("20^10 = 1.02e+13 cells is above maximumCells, 16777216") == true)
    #expect(error?.description.contains("density tree") == true)
    #expect(throws: DensityEstimationError.constantColumn(column: 0)) { try fit(.scott, Tensor([2.0, 2, 2])) }
    #expect(throws: DensityEstimationError.tooFewRows(available: 1, needed: 2)) { try fit(.scott, Tensor([2.0])) }
    #expect(throws: DensityEstimationError.notFinite(row: 1, column: 0)) { try fit(.scott, Tensor([2.0, .nan, 1])) }
    let outlier = #expect(throws: DensityEstimationError.self) {
      try fit(.freedmanDiaconis, Tensor((0..<100).map(Double.init) + [1e12]))
    }
    #expect(outlier?.description.contains("outliers") == true)
    let outside = #expect(throws: DensityEstimationError.self) { try fit(.given(edges: [[0, 1]]), Tensor([0.5, 3])) }
    #expect(outside?.description.contains("3.0, lies outside the given edges") == true)
    let shares = #expect(throws: DensityEstimationError.self) {
      try fit(.scott, Tensor([1.0, 2, 3]), weights: Tensor([0.3, 0.3, 0.4]))
    }
    #expect(shares?.description.contains("multiply weights that sum to 1 by the number of rows") == true)
    #expect(throws: DensityEstimationError.self) { try fit(.scott, Tensor([1.0, 2]), weights: Tensor([1.0, -1])) }
    #expect(throws: DensityEstimationError.self) { try fit(.scott, Tensor([1.0, 2]), weights: Tensor([1.0])) }
    for bins: HistogramEstimator.Bins in [.fixed(count: 0), .spaced(width: -1), .given(edges: [[1, 1]])] {
      #expect(throws: DensityEstimationError.self) { try fit(bins, Tensor([1.0, 2])) }
    }
    #expect(throws: DensityEstimationError.self) { try fit(.fixed(count: 1000), Tensor([1.0, Double(1).nextUp])) }
  }

  @Test func aConstantColumnHasABinOfAWidth() throws {
    let histogram = try fit(.spaced(width: 0.5), Tensor([2.0, 2]))
    #expect(histogram.edges == [[2, 2.5]] && abs(histogram.logProb(Tensor([2.0])).item() - log(2)) < 1e-15)
  }

  @Test func tensorsAreTheHistogram() throws {
    var rng = RandomGenerator(seed: 7)
    let x = Tensor.normal([100, 2], dtype: .float64, using: &rng)
    for histogram in try [fit(.scott, x), fit(.scott, x[.all, .at(0)])] {
      let again = try Histogram(tensors: histogram.tensors)
      #expect(again.eventShape == histogram.eventShape && again.edges == histogram.edges)
      #expect(again.masses.isEqual(to: histogram.masses) && again.cells.isEqual(to: histogram.cells))
      for (name, bad) in [
        ("bins", Tensor([0, 3])), ("bins", Tensor([Int.max, 3])), ("edges", Tensor([1.0, 2])),
        ("edges", -(try #require(histogram.tensors["edges"]))), ("code", Tensor([5, 4])), ("code", Tensor([-1])),
        ("mass", Tensor([1.0])), ("mass", histogram.masses * 2.0), ("mass", histogram.masses * Double.nan),
      ] {
        var tensors = histogram.tensors
        tensors[name] = bad
        #expect(throws: DensityEstimationError.self, "\(name)") { try Histogram(tensors: tensors) }
        tensors[name] = nil
        #expect(throws: DensityEstimationError.self, "\(name)") { try Histogram(tensors: tensors) }
      }
    }
  }

  @Test func settingsAreReadAsTheyAreWritten() throws {
    let estimator = HistogramEstimator(bins: .fixed(count: 7))
    let text = String(decoding: try JSONEncoder().encode(estimator), as: UTF8.self)
    #expect(text.contains(#""bins":{"fixed":{"count":7}}"#))
    #expect(try JSONDecoder().decode(HistogramEstimator.self, from: Data(text.utf8)) == estimator)
  }
}

/// Pearson's statistic of counts as a standard normal score (Wilson and Hilferty).
func chiSquareScore(observed: [Double], expected: [Double]) -> Double {
  let statistic = zip(observed, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 }
  let freedom = Double(observed.count - 1)
  let spread = 2 / (9 * freedom)
  return (pow(statistic / freedom, 1.0 / 3) - (1 - spread)) / spread.squareRoot()
}

extension Array {
  fileprivate func chunked(by size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<($0 + size)]) }
  }
}
