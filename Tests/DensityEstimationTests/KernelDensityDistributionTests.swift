import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Kernel densities as distributions: integrals, draws, distribution functions, files.
@Suite struct KernelDensityDistributionTests {
  typealias Estimator = KernelDensityEstimator

  /// Numbers between 0 and 2 with bumps at both ends.
  private func bounded(_ count: Int) -> Tensor {
    var rng = RandomGenerator(seed: 2)
    let u = Tensor.uniform([count], dtype: .float64, using: &rng)
    return select(Tensor.uniform([count], dtype: .float64, using: &rng) .< 0.5, u.squared() * 0.6, 2 - u * u.squared())
  }

  private func rows(_ count: Int) -> Tensor {
    var rng = RandomGenerator(seed: 3)
    let x = Tensor.normal([count, 2], dtype: .float64, using: &rng)
    return x.matmul(Tensor(rows: [[0.8, 0.5], [0, 0.6]]))
  }

  static let cases: [(String, Estimator, Bool)] = [
    ("numbers", Estimator(), false), ("adaptive", Estimator(kernel: .triangular, sensitivity: 0.5), false),
    ("bounded", Estimator(bounds: [.init(lower: 0, upper: 2)]), false), ("rows", Estimator(), true),
    ("radial", Estimator(kernel: .cosine), true), ("product", Estimator(kernel: .triweight, form: .product), true),
    ("half bounded", Estimator(shape: .diagonal, bounds: [.init(), .init(upper: 3)]), true),
  ]

  @Test(arguments: cases.indices) func keepsTheirPromises(_ index: Int) throws {
    let (_, estimator, isRows) = Self.cases[index]
    checkDistribution(try estimator.fit(isRows ? rows(60) : bounded(60)))
  }

  @Test(arguments: KernelCase.all) func integratesToOneAndDrawsAgree(_ row: KernelCase) throws {
    var rng = RandomGenerator(seed: 4)
    let (line, plane) = (Grid(bound: 6, cells: 12_000, dimensions: 1), Grid(bound: 6, cells: 160, dimensions: 2))
    let isTailed = row.kernel == .exponential
    for sensitivity in [0, 0.5] {
      let estimator = Estimator(
        kernel: row.kernel, form: row.form, bandwidth: .fixed(isTailed ? 0.25 : 0.6), sensitivity: sensitivity)
      let numbers = try estimator.fit(bounded(50) - 1)
      let logProb = numbers.logProb(line.points)
      #expect(abs(line.integral(logProb: logProb) - 1) < 1e-3, "one column")
      #expect(line.kolmogorovDistance(of: numbers.sample([4000], using: &rng), logProb: logProb) < 2.7)
      let density = try estimator.fit(rows(50))
      let logProb2 = density.logProb(plane.points)
      let allowed = row.kernel == .uniform ? 2e-2 : 5e-3
      #expect(abs(plane.integral(logProb: logProb2) - 1) < allowed, "two columns")
      if sensitivity == 0 {
        #expect(plane.chiSquareScore(of: density.sample([6000], using: &rng), logProb: logProb2, blocks: 20) < 5.2)
      }
    }
  }

  /// Inside bounds all of it is there, for narrow and for very wide bumps, in one column and in two.
  @Test(arguments: KernelCase.all) func integratesToOneInsideBounds(_ row: KernelCase) throws {
    var rng = RandomGenerator(seed: 5)
    let (line, plane) = (Grid(bound: 1, cells: 4000, dimensions: 1), Grid(bound: 1, cells: 120, dimensions: 2))
    let x = bounded(40) - 1
    for bandwidth in [0.2, 3] {
      let estimator = Estimator(
        kernel: row.kernel, form: row.form, bandwidth: .fixed(bandwidth), shape: .diagonal,
        bounds: [.init(lower: -1, upper: 1)])
      let numbers = try estimator.fit(x)
      let logProb = numbers.logProb(line.points)
      #expect(abs(line.integral(logProb: logProb) - 1) < 1e-3)
      #expect(numbers.logProb(Tensor([-1.0001, 1.0001])).doubles() == [-.infinity, -.infinity])
      let draws = numbers.sample([4000], using: &rng)
      #expect(line.kolmogorovDistance(of: draws, logProb: logProb) < 2.7)
      // Wide kernels without an end have too many images in two columns for a test.
      if bandwidth > 1 && !row.kernel.isCompact { continue }
      let pair = Tensor.stacking([x, x.flipped(0)], -1)
      let density = try estimator.fit(pair)
      let logProb2 = density.logProb(plane.points)
      #expect(abs(plane.integral(logProb: logProb2) - 1) < 5e-3)
      #expect(plane.chiSquareScore(of: density.sample([4000], using: &rng), logProb: logProb2, blocks: 12) < 5.2)
    }
  }

  /// One bound, or one bounded column of two.
  @Test func integratesToOneBesideOneBound() throws {
    let line = Grid(bound: 8, cells: 8000, dimensions: 1)
    for bounds in [Estimator.Bounds(lower: 0), .init(upper: 2)] {
      let density = try Estimator(bandwidth: .fixed(0.5), bounds: [bounds]).fit(bounded(80))
      #expect(abs(line.integral(logProb: density.logProb(line.points)) - 1) < 1e-4)
    }
    let plane = Grid(bound: 8, cells: 200, dimensions: 2)
    let x = Tensor.stacking([bounded(50), bounded(50).flipped(0) - 1], -1)
    let density = try Estimator(
      kernel: .epanechnikov, shape: .diagonal, sensitivity: 0.5, bounds: [.init(lower: 0), .init()]
    ).fit(x)
    #expect(abs(plane.integral(logProb: density.logProb(plane.points)) - 1) < 5e-3)
    // Without correction a third of the mass of rows at a bound lies beyond it.
    let uncorrected = try Estimator(bandwidth: .fixed(0.5)).fit(bounded(80))
    let inside = select(line.points .< 0, -Double.infinity, uncorrected.logProb(line.points))
    #expect(line.integral(logProb: inside) < 0.9)
  }

  @Test func bandwidthsMuchWiderThanBoundsAreRefused() {
    let estimator = Estimator(bandwidth: .fixed(1e6), bounds: [.init(lower: 0, upper: 2)])
    #expect(throws: DensityEstimationError.self) { try estimator.fit(bounded(40)) }
  }

  // MARK: Distribution functions

  @Test(arguments: SmoothingKernel.allCases) func distributionFunctionsIntegrateDensities(_ kernel: SmoothingKernel)
    throws
  {
    for (sensitivity, bounds) in [(0.0, []), (0.5, []), (0.5, [Estimator.Bounds(lower: 0, upper: 2)])] {
      let density = try Estimator(
        kernel: kernel, bandwidth: .fixed(0.3), sensitivity: sensitivity, bounds: bounds
      ).fit(bounded(30), weights: Tensor.linear(from: 1, to: 2, count: 30, dtype: .float64))
      let (start, count) = (-3.0, 6000)
      let width = 8.0 / Double(count)
      let middles = Tensor.linear(from: start + width / 2, to: start + 8 - width / 2, count: count, dtype: .float64)
      let sums = (density.logProb(middles).exp() * width).cumulativeSum(0)
      let cdf = density.cdf(middles + width / 2)
      let before = density.cdf(Tensor(start)).item()
      #expect((cdf - sums - before).absolute().max().item() < 1e-3)
      #expect(((cdf[.slice(from: 1)] - cdf[.slice(to: -1)]) .>= -1e-15).all())
      let probability = Tensor([1e-6, 0.01, 0.25, 0.5, 0.75, 0.99, 1 - 1e-6])
      expectClose(density.cdf(density.quantile(probability)), probability, tolerance: 1e-12)
      #expect(density.quantile(Tensor([-0.1, 1.1, .nan])).isNaN().all())
      let ends = density.quantile(Tensor([0.0, 1])).doubles()
      if !bounds.isEmpty {
        #expect(ends == [0, 2] || kernel.isCompact && ends[0] >= 0 && ends[1] <= 2)
      } else {
        #expect(kernel.isCompact ? ends.allSatisfy(\.isFinite) : ends == [-.infinity, .infinity])
      }
    }
  }

  /// Where no kernel reaches, the quantile is the least value; the cdf's tail keeps its digits.
  @Test func distributionFunctionsHaveGapsAndTails() throws {
    let gap = try Estimator(kernel: .uniform, bandwidth: .fixed(1)).fit(Tensor([0.0, 10]))
    expectClose(gap.quantile(Tensor([0.25, 0.5, 0.75])).doubles(), [0, 1, 10], tolerance: 1e-12)
    #expect(gap.cdf(Tensor([1.0, 5, 9])).doubles() == [0.5, 0.5, 0.5])
    let normal = try Estimator(bandwidth: .fixed(1)).fit(Tensor([0.0]))
    expectClose(normal.cdf(Tensor([-30.0])).log().doubles(), [Tensor(-30.0, dtype: .float64).normalLogCDF().item()])
    #expect(normal.cdf(Tensor([Double.nan])).item().isNaN)
  }

  // MARK: Parts of the columns

  @Test func marginalDensitiesAreIntegrals() throws {
    let x = rows(40)
    for estimator in [
      Estimator(bandwidth: .scott), Estimator(kernel: .biweight, form: .product, shape: .diagonal, sensitivity: 0.5),
      Estimator(shape: .diagonal, bounds: [.init(), .init(lower: -3)]),
    ] {
      let density = try estimator.fit(x)
      let marginal = try density.marginal(of: [1])
      let line = Tensor.linear(from: -8, to: 8, count: 3201, dtype: .float64)
      for value in [-0.7, 0.2, 1.1] {
        let places = Tensor.stacking([line, Tensor.full([3201], value, dtype: .float64)], -1)
        let integral = density.logProb(places).exp().sum().item() * 0.005
        #expect(abs(marginal.logProb(Tensor([value])).item() - log(integral)) < 1e-4)
      }
    }
    #expect(throws: DensityEstimationError.self) { try Estimator(kernel: .biweight).fit(x).marginal(of: [0]) }
    #expect(throws: DensityEstimationError.self) {
      try Estimator(kernel: .biweight, form: .product).fit(x).conditional(on: [0])
    }
  }

  private func columns(_ count: Int) -> Tensor {
    var rng = RandomGenerator(seed: 6)
    let x = Tensor.normal([count, 3], dtype: .float64, using: &rng)
    return x.matmul(Tensor(rows: [[1.0, 0.9, 0.1], [0, 0.5, -0.4], [0, 0, 0.6]]))
  }

  @Test func conditionalDensitiesKeepTheirPromises() throws {
    let x = columns(60)
    for (estimator, given) in [
      (Estimator(bandwidth: .scott), [0, 2]), (Estimator(bandwidth: .scott, sensitivity: 0.5), [1]),
      (Estimator(kernel: .exponential, form: .product, shape: .diagonal), [2]),
    ] {
      let conditional = try estimator.fit(x).conditional(on: given)
      checkConditional(
        conditional, on: x[.slice(to: 5)].selecting(Tensor(conditional.rest), 1) * 0.9,
        given: x[.slice(from: 10, to: 15)].selecting(Tensor(given), 1))
      // The one density for a context is the same, in another way.
      let context = Tensor(given.map { 0.3 * Double($0) - 0.2 })
      let places = x.selecting(Tensor(conditional.rest), 1)
      expectClose(
        try conditional.density(given: context).logProb(places), conditional.conditioned(on: context).logProb(places),
        tolerance: 1e-9)
      let weights = conditional.weights(given: context)
      #expect(weights.shape == [60] && abs(weights.sum().item() - 1) < 1e-12)
    }
  }

  @Test func conditionalDrawsAgree() throws {
    var rng = RandomGenerator(seed: 7)
    let grid = Grid(bound: 6, cells: 3000, dimensions: 1)
    for estimator in [
      Estimator(bandwidth: .scott), Estimator(kernel: .triangular, form: .product, shape: .diagonal, sensitivity: 0.5),
      Estimator(shape: .diagonal, bounds: [.init(lower: -2, upper: 2), .init(lower: -2, upper: 2)]),
    ] {
      let x = rows(60).clamped(from: -1.9, to: 1.9)
      let conditioned = try estimator.fit(x).conditional(on: [1]).conditioned(on: Tensor([0.8]))
      let logProb = conditioned.logProb(grid.points.unsqueezed(-1))
      #expect(abs(grid.integral(logProb: logProb) - 1) < 1e-4)
      #expect(grid.kolmogorovDistance(of: conditioned.sample([4000], using: &rng), logProb: logProb) < 2.7)
    }
  }

  @Test func contextsWithoutARowHaveNoDensity() throws {
    var rng = RandomGenerator(seed: 8)
    let density = try Estimator(kernel: .epanechnikov, form: .product, shape: .diagonal).fit(rows(30))
    let conditional = try density.conditional(on: [0])
    #expect(conditional.conditioned(on: Tensor([1e3])).logProb(Tensor([0.0])).item() == -.infinity)
    #expect(conditional.conditioned(on: Tensor([1e3])).sample([10], using: &rng).isFinite().all())
    #expect(throws: DensityEstimationError.self) { try conditional.density(given: Tensor([1e3])) }
    // Far away the nearest row of a Gaussian still counts.
    let gaussian = try Estimator(shape: .diagonal).fit(rows(30)).conditional(on: [0])
    #expect(gaussian.conditioned(on: Tensor([1e3])).logProb(Tensor([0.0])).item().isFinite)
  }

  // MARK: Files and settings

  @Test(arguments: cases.indices) func aFileGivesTheSameDensity(_ index: Int) throws {
    let (_, estimator, isRows) = Self.cases[index]
    let density = try estimator.fit(isRows ? rows(40) : bounded(40))
    let again = try KernelDensity(tensors: density.tensors, estimator: estimator)
    var rng = RandomGenerator(seed: 9)
    let y = density.sample([20], using: &rng)
    #expect(again.logProb(y).isEqual(to: density.logProb(y)) && again.eventShape == density.eventShape)
    rng = RandomGenerator(seed: 9)
    #expect(again.sample([20], using: &rng).isEqual(to: y))
  }

  @Test func hostileFilesAreRefused() throws {
    let estimator = Estimator(shape: .diagonal, sensitivity: 0.5, bounds: [.init(lower: -9), .init()])
    let tensors = try estimator.fit(rows(10)).tensors
    #expect(Set(tensors.keys) == ["rows", "weights", "bandwidth", "scales"])
    func expectRefused(_ change: (inout [String: Tensor]) -> Void, _ comment: Comment) {
      var changed = tensors
      change(&changed)
      #expect(throws: DensityEstimationError.self, comment) {
        try KernelDensity(tensors: changed, estimator: estimator)
      }
    }
    for name in tensors.keys {
      expectRefused({ $0[name] = nil }, "without \(name)")
      expectRefused({ $0[name] = Tensor.full([1, 1, 1], Double.nan) }, "NaN as \(name)")
      expectRefused({ $0[name] = $0[name].map { $0 * Double.infinity } }, "infinite \(name)")
      expectRefused({ $0[name] = $0[name].map { $0.to(.int64) } }, "integers as \(name)")
      expectRefused({ $0[name] = $0[name]?[.slice(to: 1)] }, "a part of \(name)")
      if name != "rows" { expectRefused({ $0[name] = $0[name].map { -$0 } }, "negative \(name)") }
    }
    expectRefused({ $0["rows"] = $0["rows"].map { $0 - 100 } }, "rows beyond bounds")
    expectRefused({ $0["weights"] = $0["weights"].map { $0 * 2 } }, "weights of sum 2")
    expectRefused({ $0["bandwidth"] = Tensor(rows: [[1.0, 0], [0.5, 1]]) }, "a full bandwidth beside bounds")
    expectRefused({ $0["bandwidth"] = Tensor(rows: [[1.0, 0.5], [0, 1]]) }, "an upper triangle")
    expectRefused({ $0["more"] = Tensor([1.0]) }, "another tensor")
  }

  @Test func settingsAreReadAsTheyAreWritten() throws {
    let estimators =
      Self.cases.map(\.1) + [
        Estimator(bandwidth: .sheatherJones(.r), evaluation: .tree(relativeTolerance: 1e-3, absoluteTolerance: 1e-9)),
        Estimator(bandwidth: .fixed([1, 2]), evaluation: .fft(step: 0.2)),
        Estimator(bandwidth: .covariance([[1, 0.5], [0.5, 1]]), evaluation: .exact),
      ]
    for estimator in estimators {
      let data = try JSONEncoder().encode(estimator)
      #expect(try JSONDecoder().decode(Estimator.self, from: data) == estimator)
    }
    func bandwidth(_ text: String) throws -> Estimator.Bandwidth {
      try JSONDecoder().decode(Estimator.Bandwidth.self, from: Data(text.utf8))
    }
    #expect(try bandwidth("0.5") == .fixed(0.5) && bandwidth("[1, 2]") == .fixed([1, 2]))
    #expect(try bandwidth("\"silverman\"") == .silverman && bandwidth("{\"scott\": {}}") == .scott)
    #expect(try bandwidth("{\"fixed\": {\"values\": 3}}") == .fixed(3))
    #expect(try bandwidth("{\"fixed\": 3}") == .fixed(3) && bandwidth("{\"fixed\": [3, 1]}") == .fixed([3, 1]))
    #expect(try bandwidth("{\"covariance\": [[2]]}") == .covariance([[2]]))
    #expect(throws: DecodingError.self) { try bandwidth("\"sliverman\"") }
    #expect(throws: DecodingError.self) { try bandwidth("\"fixed\"") }
    let evaluation = try JSONDecoder().decode(Estimator.Evaluation.self, from: Data("{\"tree\": {}}".utf8))
    #expect(evaluation == .tree(relativeTolerance: 1e-4, absoluteTolerance: 0))
  }

  @Test func wrongArgumentsStop() async {
    await #expect(processExitsWith: .failure) { _ = try KernelDensityEstimator().fit(.zeros([2, 2, 2])) }
    await #expect(processExitsWith: .failure) {
      let x = Tensor(rows: [[0.0, 1], [2, 0]])
      _ = try KernelDensityEstimator(bandwidth: .fixed(1)).fit(x).cdf(x)
    }
    await #expect(processExitsWith: .failure) {
      let x = Tensor(rows: [[0.0, 1], [2, 0]])
      _ = try KernelDensityEstimator(bandwidth: .fixed(1)).fit(x).conditional(on: [0, 1])
    }
  }
}
