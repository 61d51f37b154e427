import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// What holds for the rules that choose bandwidths.
@Suite struct KernelDensityBandwidthTests {
  typealias Bandwidth = KernelDensityEstimator.Bandwidth

  static let rules: [Bandwidth] = [
    .scott, .silverman, .normalReference, .improvedSheatherJones, .sheatherJones(), .sheatherJonesPlugIn(),
    .unbiasedCrossValidation(), .biasedCrossValidation(), .leaveOneOutLikelihood,
  ]

  /// Two bumps and a tail, no two values the same.
  private func numbers(_ count: Int, seed: UInt64 = 1) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    let x = Tensor.normal([count], dtype: .float64, using: &rng)
    return select(Tensor.uniform([count], dtype: .float64, using: &rng) .< 0.4, x * 0.5 - 2, x.squared() * 0.3 + x)
  }

  private func rows(_ count: Int) -> Tensor {
    let (a, b) = (numbers(count), numbers(count, seed: 2))
    return Tensor.stacking([a, b * 0.3 + a], -1)
  }

  /// Movement, stretching and reflection of the data do the same to the bandwidth.
  @Test(arguments: rules) func bandwidthsFollowTheData(_ rule: Bandwidth) throws {
    let x = numbers(150)
    let h = try KernelDensityEstimator(bandwidth: rule).fit(x).bandwidths[0]
    for (scale, offset) in [(1000.0, 0.0), (1e-5, 3.0), (-2.5, 100)] {
      let moved = try KernelDensityEstimator(bandwidth: rule).fit(x * scale + offset).bandwidths[0]
      #expect(abs(moved / (abs(scale) * h) - 1) < 2e-6, "\(rule): \(h), times \(scale): \(moved)")
    }
  }

  /// The bandwidth that follows the correlation moves with every linear map; the log-density by its determinant (D11).
  @Test func fullBandwidthsFollowLinearMaps() throws {
    let (x, map) = (rows(200), Tensor(rows: [[30.0, 0.2], [-4, 0.01]]))
    let y = x[.range(0..<20)] * 1.1 + 0.05
    for rule in [Bandwidth.scott, .leaveOneOutLikelihood] {
      let estimator = KernelDensityEstimator(bandwidth: rule)
      let (plain, moved) = (try estimator.fit(x), try estimator.fit(x.matmul(map) + 7))
      if rule == .scott {
        expectClose(
          moved.bandwidthMatrix, map.transposed().matmul(plain.bandwidthMatrix).matmul(map), tolerance: 1e-9)
      }
      let shift = map.signLogDeterminant().logAbsolute
      if rule == .scott { expectClose(moved.logProb(y.matmul(map) + 7), plain.logProb(y) - shift, tolerance: 1e-9) }
    }
    // The default follows the units of each column: scikit-learn's "scott" and "silverman" do not.
    let units = Tensor([1000.0, 1e-3])
    for shape in [KernelDensityEstimator.Shape.diagonal, .full] {
      let estimator = KernelDensityEstimator(shape: shape)
      let (plain, moved) = (try estimator.fit(x), try estimator.fit(x * units))
      expectClose(moved.bandwidths, zip(plain.bandwidths, [1000, 1e-3]).map { $0 * $1 }, tolerance: 1e-12)
      expectClose(moved.logProb(y * units), plain.logProb(y), tolerance: 1e-9)
    }
  }

  @Test(arguments: rules) func weightsAreRepetition(_ rule: Bandwidth) throws {
    let (x, y) = (numbers(60), Tensor.linear(from: -4, to: 5, count: 40, dtype: .float64))
    // Some rows twice, some not at all; many repeated rows have no bandwidth by some rules.
    let counts = (0..<60).map { $0 % 20 == 7 ? 2 : $0 % 3 == 0 ? 0 : 1 }
    let weights = counts.map(Double.init)
    let repeated = Tensor(counts.indices.flatMap { [Int](repeating: $0, count: counts[$0]) })
    let estimator = KernelDensityEstimator(bandwidth: rule)
    let weighted = try estimator.fit(x, weights: Tensor(weights))
    let copied = try estimator.fit(x.selecting(repeated))
    #expect(weighted.rows.size(0) == counts.count { $0 > 0 }, "rows without weight are left out")
    #expect(abs(weighted.bandwidths[0] / copied.bandwidths[0] - 1) < 1e-6, "\(rule)")
    expectClose(weighted.logProb(y), copied.logProb(y), tolerance: 1e-5, "\(rule)")
    guard case .scott = rule else { return }
    // All rows three times: the bandwidth shrinks.
    let heavier = try estimator.fit(x, weights: Tensor(weights.map { $0 * 3 }))
    #expect(abs(heavier.bandwidths[0] / weighted.bandwidths[0] - pow(3, -0.2)) < 0.02)
  }

  /// With a bandwidth that is given, the scale of weights does not matter, and three columns are as one.
  @Test func weightsAreRepetitionInRows() throws {
    let (x, weights) = (rows(50), (0..<50).map { Double($0 % 4) })
    let repeated = Tensor((0..<50).flatMap { [Int](repeating: $0, count: $0 % 4) })
    for estimator in [
      KernelDensityEstimator(kernel: .epanechnikov, bandwidth: .silverman, sensitivity: 0.5),
      KernelDensityEstimator(bandwidth: .fixed(0.4)), KernelDensityEstimator(bandwidth: .improvedSheatherJones),
    ] {
      let (weighted, copied) = (
        try estimator.fit(x, weights: Tensor(weights)), try estimator.fit(x.selecting(repeated))
      )
      expectClose(weighted.logProb(x), copied.logProb(x), tolerance: 1e-6)
    }
    let fixed = KernelDensityEstimator(bandwidth: .fixed(0.4))
    let shares = Tensor(weights.map { $0 * 1e-6 })
    expectClose(try fixed.fit(x, weights: shares).logProb(x), try fixed.fit(x, weights: Tensor(weights)).logProb(x))
  }

  /// The best bandwidth for normal data is 1.0592 n^(-1/5): the defect D9 makes it 2.5 times smaller.
  @Test func theImprovedRuleFindsTheBestBandwidthOfNormalData() throws {
    var rng = RandomGenerator(seed: 5)
    for scale in [1.0, 250] {
      let ratios = try (0..<6).map { _ in
        let x = Tensor.normal([10_000], dtype: .float64, using: &rng) * scale + 3
        let h = try KernelDensityEstimator(bandwidth: .improvedSheatherJones).fit(x).bandwidths[0]
        return h / (1.05922 * pow(10_000, -0.2) * scale)
      }
      #expect(ratios.allSatisfy { abs($0 - 1) < 0.1 }, "\(ratios)")
    }
  }

  /// Rules without a normal reference see two far bumps; rules of thumb smooth them over (KDEpy #101, #199).
  @Test func rulesWithoutAReferenceSeeBumps() throws {
    var rng = RandomGenerator(seed: 6)
    let x = Tensor.normal([800], dtype: .float64, using: &rng)
    let bumps = Tensor.concatenating([x[.range(0..<400)], x[.range(400..<800)] + 30])
    let best = 1.05922 * pow(400, -0.2)
    for rule in [Bandwidth.improvedSheatherJones, .sheatherJones(), .unbiasedCrossValidation(), .leaveOneOutLikelihood]
    {
      let h = try KernelDensityEstimator(bandwidth: rule).fit(bumps).bandwidths[0]
      #expect(h > 0.5 * best && h < 1.5 * best, "\(rule): \(h) instead of \(best)")
    }
    #expect(try KernelDensityEstimator().fit(bumps).bandwidths[0] > 5 * best)
  }

  /// Silverman's rule looks at the quartiles: one far value does not widen it (SciPy's "silverman" does not).
  @Test func anOutlierDoesNotWidenSilvermansRule() throws {
    let x = numbers(200)
    let outlier = Tensor.concatenating([x, Tensor([1e4])])
    let (plain, robust) = (try KernelDensityEstimator().fit(x), try KernelDensityEstimator().fit(outlier))
    #expect(robust.bandwidths[0] < 1.2 * plain.bandwidths[0])
    #expect(
      try KernelDensityEstimator(bandwidth: .scott).fit(outlier).bandwidths[0] > 50 * plain.bandwidths[0])
    // Where more than half are the same, the quartiles say nothing.
    let ties = Tensor([0.0, 0, 0, 0, 0, 0, 1, 2, -1, 0])
    #expect(try KernelDensityEstimator().fit(ties).bandwidths[0] > 0.1)
  }

  /// Kernels get bandwidths with which they smooth as much as the Gaussian (Marron and Nolan, 1988, table 1).
  @Test func bandwidthsOfKernelsAreEquivalent() throws {
    let x = numbers(100)
    let gaussian = try KernelDensityEstimator().fit(x).bandwidths[0]
    let canonical: [SmoothingKernel: Double] = [
      .gaussian: 0.7764, .uniform: 1.3510, .epanechnikov: 1.7188, .biweight: 2.0362, .triweight: 2.3122,
    ]
    for (kernel, delta) in canonical {
      let h = try KernelDensityEstimator(kernel: kernel).fit(x).bandwidths[0]
      #expect(abs(h / gaussian / (delta / 0.7764) - 1) < 1e-4, "\(kernel)")
    }
  }

  @Test func shapesShareWhatTheySay() throws {
    let x = rows(300)
    func fit(_ shape: KernelDensityEstimator.Shape) throws -> KernelDensity {
      try KernelDensityEstimator(bandwidth: .scott, shape: shape).fit(x)
    }
    let (scalar, diagonal, full) = (try fit(.scalar), try fit(.diagonal), try fit(.full))
    expectClose(diagonal.bandwidths, full.bandwidths, tolerance: 1e-12)
    #expect(diagonal.bandwidthMatrix[0, 1].item() == 0 && full.bandwidthMatrix[0, 1].item() > 0)
    #expect(scalar.bandwidths[0] == scalar.bandwidths[1])
    #expect(abs(scalar.bandwidths[0] - (full.bandwidths[0] * full.bandwidths[1]).squareRoot()) < 1e-12)
    let fixed = try KernelDensityEstimator(bandwidth: .fixed([0.1, 2])).fit(x)
    expectClose(fixed.bandwidths, [0.1, 2])
  }

  /// Bumps of rows in sparse places are wider, of which the geometric mean stays.
  @Test func adaptiveBumpsAreWiderWhereRowsAreFew() throws {
    let x = Tensor.concatenating([numbers(200), Tensor([9.0])])
    let pilot = try KernelDensityEstimator().fit(x)
    let density = try KernelDensityEstimator(sensitivity: 0.5).fit(x)
    let scales = try #require(density.scales)
    #expect(abs(scales.log().mean().item()) < 1e-12)
    expectClose(scales.log() * -2, pilot.logProb(x) - pilot.logProb(x).mean(), tolerance: 1e-12)
    #expect(scales.argMax(0).integerItem() == 200)
  }

  private func message(_ body: () throws -> KernelDensity) -> String {
    do {
      _ = try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func dataWithoutABandwidthAreRefusedWithAdvice() throws {
    let ties = Tensor((0..<200).map { Double($0 % 4) })
    for rule in [Bandwidth.improvedSheatherJones, .unbiasedCrossValidation(), .leaveOneOutLikelihood] {
      #expect(message { try KernelDensityEstimator(bandwidth: rule).fit(ties) }.contains("dequantize"), "\(rule)")
    }
    let constant = Tensor([2.0, 2, 2, 2])
    for rule in Self.rules {
      #expect(throws: DensityEstimationError.constantColumn(column: 0), "\(rule)") {
        try KernelDensityEstimator(bandwidth: rule).fit(constant)
      }
    }
    #expect(throws: DensityEstimationError.tooFewRows(available: 1, needed: 2)) {
      try KernelDensityEstimator().fit(Tensor([2.0]))
    }
    #expect(throws: DensityEstimationError.tooFewRows(available: 0, needed: 1)) {
      try KernelDensityEstimator(bandwidth: .fixed(1)).fit(Tensor.zeros([0], dtype: .float64))
    }
    #expect(throws: DensityEstimationError.notFinite(row: 1, column: 1)) {
      try KernelDensityEstimator().fit(Tensor(rows: [[0, 1], [2, Double.nan], [3, 4]]))
    }
    #expect(
      message { try KernelDensityEstimator().fit(Tensor([1.0, 2, 3]), weights: Tensor([0.2, 0.3, 0.5])) }
        .contains("multiply weights that sum to 1 by the number of rows"))
    #expect(
      message { try KernelDensityEstimator().fit(Tensor([1.0, 2]), weights: Tensor([1.0, -1])) }.contains(
        "it must be 0 or more"))
  }

  /// scipy #10205, #21685: a singular covariance, and fewer rows than columns.
  @Test func singularDataAreRefusedOrSmoothedColumnByColumn() throws {
    let x = numbers(30)
    let line = Tensor.stacking([x, x * 2 + 1], -1)
    #expect(message { try KernelDensityEstimator().fit(line) }.contains("set the shape to diagonal"))
    let few = Tensor(rows: [[1.0, 2, 3, 4, 5], [2, 1, 4, 3, 6], [0, 3, 3, 1, 2]])
    #expect(message { try KernelDensityEstimator().fit(few) }.contains("set the shape to diagonal"))
    for rows in [line, few] {
      #expect(try KernelDensityEstimator(shape: .diagonal).fit(rows).logProb(rows).isFinite().all())
    }
    // One row has a density when the bandwidth is given.
    let one = try KernelDensityEstimator(bandwidth: .fixed(2)).fit(Tensor(rows: [[1.0, 1]]))
    #expect(abs(one.logProb(Tensor([1.0, 3])).item() + log(2 * Double.pi * 4) + 0.5) < 1e-12)
  }

  @Test func settingsOutOfRangeAreRefused() {
    let x = Tensor(rows: [[0.1, 2], [0.5, 1], [0.7, 1.5]])
    typealias Estimator = KernelDensityEstimator
    let wrong: [(Estimator, String)] = [
      (Estimator(bandwidth: .fixed([1, 2, 3])), "bandwidth"), (Estimator(bandwidth: .fixed(-1)), "bandwidth"),
      (Estimator(bandwidth: .fixed(.nan)), "bandwidth"),
      (Estimator(bandwidth: .covariance([[1, 2], [2, 1]])), "bandwidth"),
      (Estimator(bandwidth: .covariance([[1]])), "bandwidth"), (Estimator(sensitivity: -0.1), "sensitivity"),
      (Estimator(sensitivity: .nan), "sensitivity"), (Estimator(bounds: [.init(lower: 0)]), "shape"),
      (Estimator(shape: .diagonal, bounds: [.init(lower: 2, upper: 1)]), "bounds"),
      (Estimator(shape: .diagonal, bounds: [.init(), .init(), .init()]), "bounds"),
      (Estimator(shape: .diagonal, bounds: [.init(lower: 0.2), .init()]), "row 1 has 0.1 in column 1"),
      (Estimator(evaluation: .tree(relativeTolerance: -1)), "tree"), (Estimator(evaluation: .fft(step: 0)), "step"),
      (Estimator(sensitivity: 0.5, evaluation: .fft()), "fft"),
      (Estimator(bandwidth: .fixed(1e-9), evaluation: .fft()), "too large"),
    ]
    for (estimator, word) in wrong {
      #expect(message { try estimator.fit(x) }.contains(word), "\(estimator)")
    }
    let wide = Tensor(rows: [[0.1, 2, 3], [0.5, 1, 0]])
    #expect(message { try Estimator(bandwidth: .fixed(1), evaluation: .fft()).fit(wide) }.contains("exact or tree"))
  }
}
