import Foundation
import Testing
import Torch
import _TestSupport

@testable import Probability

/// Discrepancies against the formulas as they are written, pair by pair, and against closed forms.
@Suite struct MaximumMeanDiscrepancyTests {
  static let kernels: [DiscrepancyKernel] = [
    .squaredExponential(bandwidth: .fixed(1.5)), .inverseMultiquadric(bandwidth: .fixed(2)),
    .laplace(bandwidth: .fixed(0.7)), .energy, .squaredExponential(bandwidth: .fixed(1)).multiScale(),
    .inverseMultiquadric(bandwidth: .fixed(1)).multiScale([0.5, 3]),
  ]

  /// The kernel as it is written.
  static func value(_ kernel: DiscrepancyKernel, _ a: [Double], _ b: [Double]) -> Double {
    let r = zip(a, b).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
    guard let bandwidths = kernel.bandwidths, kernel.family != .energy else { return -r }
    return bandwidths.map { s in
      switch kernel.family {
      case .squaredExponential: exp(-r * r / (2 * s * s))
      case .inverseMultiquadric: 1 / (1 + r * r / (s * s))
      default: exp(-r / s)
      }
    }.reduce(0, +)
  }

  static func rows(_ tensor: Tensor) -> [[Double]] { tensor.unbound().map { $0.doubles() } }

  /// The source's three sums: MMD^2 = 1 / (M (M - 1)) sum_{i != i'} k(X_i, X_i') + 1 / (N (N - 1)) sum k(X*_i, X*_i')
  /// - 2 / (M N) sum k(X_i, X*_i'); the biased one counts i = i' and divides by squares.
  static func squared(_ kernel: DiscrepancyKernel, _ x: [[Double]], _ y: [[Double]], isBiased: Bool) -> Double {
    func inside(_ rows: [[Double]]) -> Double {
      var sum = 0.0
      for i in rows.indices {
        for j in rows.indices where isBiased || i != j { sum += value(kernel, rows[i], rows[j]) }
      }
      return sum / Double(rows.count * (isBiased ? rows.count : rows.count - 1))
    }
    let across = x.flatMap { a in y.map { value(kernel, a, $0) } }.reduce(0, +)
    return inside(x) + inside(y) - 2 * across / Double(x.count * y.count)
  }

  static func normals(_ shape: Shape, seed: UInt64, dtype: DType = .float64) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    return Tensor.normal(shape, dtype: dtype, using: &rng)
  }

  @Test(arguments: kernels) func theThreeSumsAreTheSources(_ kernel: DiscrepancyKernel) throws {
    let (x, y) = (Self.normals([13, 3], seed: 1), Self.normals([21, 3], seed: 2) + 0.5)
    for (estimator, isBiased) in [(MaximumMeanDiscrepancy.Estimator.unbiased, false), (.biased, true)] {
      let mmd = MaximumMeanDiscrepancy(kernel: kernel, estimator: estimator)
      let exact = Self.squared(kernel, Self.rows(x), Self.rows(y), isBiased: isBiased)
      expectClose([try mmd.estimate(x, y).squared.value], [exact], tolerance: 1e-13)
      expectClose([mmd.loss(x, y).item()], [exact], tolerance: 1e-13)
      let narrow = (x.to(.float32), y.to(.float32))
      expectClose([try mmd.estimate(narrow.0, narrow.1).squared.value], [exact], tolerance: 1e-6)
      #expect(mmd.loss(narrow.0, narrow.1).dtype == .float32)
    }
  }

  @Test func blocksAndPairsAreTheirFormulas() throws {
    let kernel = DiscrepancyKernel.laplace(bandwidth: .fixed(1))
    let (x, y) = (Self.normals([13, 2], seed: 3), Self.normals([9, 2], seed: 4))
    let (a, b) = (Self.rows(x), Self.rows(y))
    let blocks = (0..<3).map {
      Self.squared(kernel, Array(a[$0 * 3..<$0 * 3 + 3]), Array(b[$0 * 3..<$0 * 3 + 3]), isBiased: false)
    }
    let block = MaximumMeanDiscrepancy(kernel: kernel, estimator: .block(size: 3))
    let found = try block.estimate(x, y).squared
    expectClose([found.value], [Estimate(meanOf: blocks).value], tolerance: 1e-13)
    expectClose([found.standardError], [Estimate(meanOf: blocks).standardError], tolerance: 1e-13)
    expectClose([block.loss(x, y).item()], [found.value], tolerance: 1e-13)
    func k(_ p: [Double], _ q: [Double]) -> Double { Self.value(kernel, p, q) }
    let pairs = stride(from: 0, to: 8, by: 2).map {
      k(a[$0], a[$0 + 1]) + k(b[$0], b[$0 + 1]) - k(a[$0], b[$0 + 1]) - k(a[$0 + 1], b[$0])
    }
    let linear = MaximumMeanDiscrepancy(kernel: kernel, estimator: .linear)
    expectClose([try linear.estimate(x, y).squared.value], [Estimate(meanOf: pairs).value], tolerance: 1e-13)
    expectClose([linear.loss(x, y).item()], [Estimate(meanOf: pairs).value], tolerance: 1e-13)
  }

  /// E exp(-|X - Y|^2 / (2 s^2)) for X - Y normal of variance v in each of d coordinates and mean m in each.
  private func meanKernel(_ s: Double, variance v: Double, mean m: Double, _ d: Int) -> Double {
    pow(s * s / (s * s + v), Double(d) / 2) * exp(-Double(d) * m * m / (2 * (s * s + v)))
  }

  @Test func normalsHaveTheirClosedForm() throws {
    let (d, s, shift, scale) = (3, 1.7, 0.6, 1.4)
    let exact =
      meanKernel(s, variance: 2, mean: 0, d) + meanKernel(s, variance: 2 * scale * scale, mean: 0, d)
      - 2 * meanKernel(s, variance: 1 + scale * scale, mean: shift, d)
    let (x, y) = (Self.normals([500, d], seed: 5), Self.normals([400, d], seed: 6) * scale + shift)
    let estimators: [MaximumMeanDiscrepancy.Estimator] = [.unbiased, .block(size: 20), .linear]
    for estimator in estimators {
      let mmd = MaximumMeanDiscrepancy(kernel: .squaredExponential(bandwidth: .fixed(s)), estimator: estimator)
      let found = try mmd.estimate(x, y).squared
      // Chance exceeds 5 standard errors with probability 6e-7.
      #expect(abs(found.value - exact) < 5 * found.standardError, "\(estimator): \(found), expected \(exact)")
      #expect(found.standardError < exact)
    }
  }

  /// With the diagonal in the sums and n (n - 1) below them the mean would be 1/19 + 1/29, some 60 standard errors.
  @Test func theUnbiasedEstimateHasMean0AndItsVarianceWhenNothingDiffers() throws {
    let mmd = MaximumMeanDiscrepancy(kernel: .squaredExponential(bandwidth: .fixed(1)))
    var rng = RandomGenerator(seed: 7)
    var (values, variances): ([Double], [Double]) = ([], [])
    for _ in 0..<1000 {
      let x = Tensor.normal([20, 2], dtype: .float64, using: &rng)
      let found = try mmd.estimate(x, Tensor.normal([30, 2], dtype: .float64, using: &rng)).squared
      values.append(found.value)
      variances.append(found.standardError * found.standardError)
    }
    let mean = Estimate(meanOf: values)
    #expect(abs(mean.value) < 5 * mean.standardError, "mean \(mean)")
    let variance = 1000 * mean.standardError * mean.standardError
    let stated = variances.reduce(0, +) / 1000
    // The variance of 1000 numbers is known to about 6 %; the stated one errs upward, where nothing differs by a half.
    #expect((0.9..<1.8).contains(stated / variance), "variance \(variance), stated \(stated)")
  }

  @Test func theVarianceIsRightWhereDistributionsDiffer() throws {
    let mmd = MaximumMeanDiscrepancy(kernel: .squaredExponential(bandwidth: .fixed(1)))
    var rng = RandomGenerator(seed: 8)
    let found = try (0..<400).map { _ in
      try mmd.estimate(
        Tensor.normal([40, 1], dtype: .float64, using: &rng),
        Tensor.normal([25, 1], dtype: .float64, using: &rng) + 1.0
      ).squared
    }
    let variance = 400 * pow(Estimate(meanOf: found.map(\.value)).standardError, 2)
    let stated = found.map { $0.standardError * $0.standardError }.reduce(0, +) / 400
    #expect((0.7..<1.4).contains(stated / variance), "variance \(variance), stated \(stated)")
  }

  @Test(arguments: kernels) func gradientsAreThoseOfTheFormula(_ kernel: DiscrepancyKernel) {
    // Two rows coincide: distances have no gradient there.
    let x = Tensor.concatenating([Self.normals([12, 3], seed: 9), Self.normals([1, 3], seed: 10)])
    let y = Tensor.concatenating([Self.normals([16, 3], seed: 11) + 0.4, Self.normals([1, 3], seed: 10)])
    let estimators: [MaximumMeanDiscrepancy.Estimator] = [.unbiased, .biased, .block(size: 5), .linear]
    for estimator in estimators {
      let mmd = MaximumMeanDiscrepancy(kernel: kernel, estimator: estimator)
      let leaves = [x.requiringGradient(), y.requiringGradient()]
      let fused = gradients(of: mmd.loss(leaves[0], leaves[1]), withRespectTo: leaves)
      let composed = withHigherDerivatives { gradients(of: mmd.loss(leaves[0], leaves[1]), withRespectTo: leaves) }
      for (a, b) in zip(fused, composed) { expectClose(a, b, tolerance: 1e-12, "\(estimator)") }
      let step = 1e-5
      for (row, column) in [(0, 1), (3, 2)] {
        let moved = [step, -step].map { difference in
          let change = Tensor.zeros(like: x).doubles().enumerated().map {
            $0.offset == row * 3 + column ? difference : 0
          }
          return mmd.loss(x + Tensor(change, shape: x.shape), y).item()
        }
        expectClose([fused[0][.at(row), .at(column)].item()], [(moved[0] - moved[1]) / (2 * step)], tolerance: 1e-8)
      }
      // One gradient alone.
      let alone = gradients(of: mmd.loss(x, leaves[1]), withRespectTo: [leaves[1]])[0]
      expectClose(alone, fused[1], tolerance: 1e-14)
    }
  }

  @Test func theMedianBandwidthIsReported() throws {
    let (x, y) = (Self.normals([30, 2], seed: 12), Self.normals([25, 2], seed: 13) + 1.0)
    let pooled = Tensor.concatenating([x, y])
    let matrix = pooled.distances(to: pooled).doubles()
    let distances: [Double] = (0..<55).flatMap { i in matrix[i * 55..<i * 55 + i] }.sorted()
    let middle: Double = (distances[distances.count / 2] + distances[(distances.count - 1) / 2]) / 2
    let used = try MaximumMeanDiscrepancy(kernel: .squaredExponential().multiScale([0.5, 2])).estimate(x, y)
    expectClose(used.kernel.bandwidths ?? [], [middle / 2, middle * 2], tolerance: 1e-6)
    // In other units the bandwidth follows and the discrepancy stays.
    let scaled = try MaximumMeanDiscrepancy().estimate(x * 1000, y * 1000)
    let plain = try MaximumMeanDiscrepancy().estimate(x, y)
    expectClose([scaled.squared.value], [plain.squared.value], tolerance: 1e-12)
    #expect(DiscrepancyKernel.squaredExponential().bandwidths == nil)
    let same = Tensor.zeros([4, 2])
    #expect(try MaximumMeanDiscrepancy().estimate(same, same).squared.value == 0)
    #expect(try MaximumMeanDiscrepancy().estimate(same, same).kernel.bandwidths == [1])
  }

  @Test func kernelsSurviveFiles() throws {
    let mmd = MaximumMeanDiscrepancy(kernel: .laplace(bandwidth: .fixed(2)).multiScale(), estimator: .block(size: 7))
    let data = try JSONEncoder().encode(mmd)
    #expect(try JSONDecoder().decode(MaximumMeanDiscrepancy.self, from: data) == mmd)
    let text = String(decoding: try JSONEncoder().encode(mmd.kernel), as: UTF8.self)
    let bad = text.replacingOccurrences(of: "\"multiples\":[", with: "\"multiples\":[-1,")
    #expect(bad != text)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(DiscrepancyKernel.self, from: Data(bad.utf8)) }
  }

  @Test func theWitnessIsTheDifferenceOfMeanKernels() throws {
    let (x, y) = (Self.normals([15, 2], seed: 14), Self.normals([11, 2], seed: 15) + 1.0)
    let mmd = MaximumMeanDiscrepancy(kernel: .squaredExponential(bandwidth: .fixed(1)), estimator: .biased)
    let witness = try mmd.witness(x, y)
    let points = Self.normals([7, 2], seed: 16)
    func meanKernel(_ sample: Tensor, _ point: [Double]) -> Double {
      Self.rows(sample).map { Self.value(mmd.kernel, $0, point) }.reduce(0, +) / Double(sample.size(0))
    }
    let exact: [Double] = Self.rows(points).map { meanKernel(x, $0) - meanKernel(y, $0) }
    expectClose(witness(points).doubles(), exact, tolerance: 1e-13)
    // Its means over the samples differ by the squared discrepancy.
    let difference = witness(x).mean().item() - witness(y).mean().item()
    expectClose([difference], [try mmd.estimate(x, y).squared.value], tolerance: 1e-13)
    let map = witness.map(horizontal: -2...3, vertical: 0...1, resolution: 3)
    #expect(map.horizontal == [-2, 0.5, 3] && map.vertical == [0, 0.5, 1])
    expectClose(map.values[1], witness(Tensor(rows: [[-2.0, 0.5], [0.5, 0.5], [3, 0.5]])).doubles(), tolerance: 0)
    #expect(witness.map().values.count == 64 && witness.map().values[0].count == 64)
  }

  @Test func samplesThatCannotBeComparedSayWhy() {
    let good = Self.normals([5, 2], seed: 17)
    #expect(throws: SampleComparisonError.tooFewRows(sample: "the first sample", count: 1, needed: 2)) {
      try MaximumMeanDiscrepancy().estimate(good[.range(0..<1)], good)
    }
    let bad = Tensor(rows: [[0.0, 1], [2, .infinity]])
    #expect(throws: SampleComparisonError.notFinite(sample: "the second sample", row: 1, column: 1)) {
      try MaximumMeanDiscrepancy().estimate(good, bad)
    }
    #expect(MaximumMeanDiscrepancy().loss(good, bad).item().isNaN)
    let message = SampleComparisonError.notFinite(sample: "the second sample", row: 1, column: 1).description
    #expect(message.contains("row 1, column 1"))
  }
}
