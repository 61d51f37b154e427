import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@testable import DensityEstimation

/// One kernel and form.
struct KernelCase: Sendable, CustomTestStringConvertible {
  let kernel: SmoothingKernel
  let form: KernelForm
  var testDescription: String { "\(kernel.rawValue) \(form.rawValue)" }

  static let all = SmoothingKernel.allCases.flatMap { kernel in
    KernelForm.allCases.map { KernelCase(kernel: kernel, form: $0) }
  }
}

/// Sums over all rows, by tree and by grid, against the formula.
@Suite(.serialized) struct KernelDensityEvaluationTests {
  typealias Evaluation = KernelDensityEstimator.Evaluation

  private func using(_ set: InstructionSet, _ body: () throws -> Void) rethrows {
    let before = InstructionSet.current
    set.use()
    defer { before.use() }
    try body()
  }

  private func rows(_ count: Int, _ features: Int, seed: UInt64) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    return Tensor.normal([count, features], dtype: .float64, using: &rng)
  }

  /// The log-densities differ by no more than a relative error of the density, or of the number itself.
  private func expectNear(_ a: Tensor, _ b: Tensor, _ error: Double, _ comment: String = "") {
    for (a, b) in zip(a.doubles(), b.doubles()) where !(a == b || abs(a - b) <= error * max(1, abs(b))) {
      Issue.record("\(comment): \(a), expected \(b)")
      return
    }
  }

  @Test(arguments: KernelCase.all, InstructionSet.available) func sumsAreThoseOfTheFormula(
    _ row: KernelCase, _ set: InstructionSet
  ) throws {
    try using(set) {
      for (count, features, sensitivity) in [(1, 1, 0.0), (67, 2, 0), (130, 3, 0.5), (300, 1, 0.5), (64, 5, 0)] {
        let x = rows(count, features, seed: UInt64(count))
        let bandwidth = KernelDensityEstimator.Bandwidth.fixed(row.kernel.isCompact ? 1.7 : 0.3)
        let density = try KernelDensityEstimator(
          kernel: row.kernel, form: row.form, bandwidth: bandwidth, sensitivity: sensitivity, evaluation: .exact
        ).fit(x, weights: Tensor.linear(from: 1, to: 3, count: count, dtype: .float64))
        let y = Tensor.concatenating([rows(21, features, seed: 9) * 2, x[.slice(to: 5)]])
        let formula = density.formulaLogProb(y)
        expectNear(density.logProb(y), formula, 1e-12, "64-bit")
        let narrow = y.to(.float32)
        expectNear(density.logProb(narrow), density.formulaLogProb(narrow.to(.float64)), 2e-6, "32-bit")
        let tree = try KernelDensity(
          tensors: density.tensors,
          estimator: {
            var other = density.estimator
            other.evaluation = .tree(relativeTolerance: 0)
            return other
          }())
        expectNear(tree.logProb(y), formula, 1e-12, "tree")
      }
    }
  }

  /// The tree's error stays below its tolerance, and uses some of it.
  @Test(arguments: KernelCase.all) func theTreeKeepsItsTolerance(_ row: KernelCase) throws {
    let x = rows(1500, 2, seed: 4)
    let y = Tensor.concatenating([rows(150, 2, seed: 5), rows(30, 2, seed: 6) * 5])
    let exact = try KernelDensityEstimator(
      kernel: row.kernel, form: row.form, bandwidth: .fixed(0.4), sensitivity: 0.5, evaluation: .exact
    ).fit(x).logProb(y).exp()
    var usesSome = false
    for (relative, absolute) in [(1e-2, 0.0), (1e-5, 0), (0, 1e-3), (0, 1e-7), (1e-3, 1e-6)] {
      let tree = try KernelDensityEstimator(
        kernel: row.kernel, form: row.form, bandwidth: .fixed(0.4), sensitivity: 0.5,
        evaluation: .tree(relativeTolerance: relative, absoluteTolerance: absolute)
      ).fit(x).logProb(y).exp()
      let excess = (tree - exact).absolute() - exact * (relative + 1e-12) - absolute
      #expect(excess.max().item() <= 0, "\(relative), \(absolute)")
      usesSome = usesSome || (tree - exact).absolute().max().item() > 1e-12
    }
    // Where the kernel is nearly a parabola or a constant, what is taken at once is taken exactly.
    if [.gaussian, .exponential].contains(row.kernel) { #expect(usesSome) }
  }

  /// sklearn #7492: one more row, so that a leaf is divided, changes the density by about one part in the number of rows.
  @Test func oneMoreRowChangesLittle() throws {
    let x = rows(1281, 1, seed: 7)
    let y = rows(200, 1, seed: 8)
    func logProb(_ count: Int) throws -> Tensor {
      try KernelDensityEstimator(bandwidth: .fixed(0.5), evaluation: .tree()).fit(x[.slice(to: count)]).logProb(y)
    }
    for count in [64, 128, 640, 1280] {
      let difference = try logProb(count + 1) - logProb(count)
      #expect(difference.absolute().median() < 3 / Double(count))
    }
  }

  /// sklearn #12500: weights of very different size neither hang nor lose small ones.
  @Test func weightsOfAnySizeCount() throws {
    let x = rows(2500, 2, seed: 9)
    let weights = (rows(2500, 1, seed: 10).squeezed(-1) * 8).exp()
    let y = rows(50, 2, seed: 11) * 2
    let estimator = KernelDensityEstimator(bandwidth: .fixed(0.2), evaluation: .tree(relativeTolerance: 1e-6))
    let density = try estimator.fit(x, weights: weights)
    expectNear(density.logProb(y), density.formulaLogProb(y), 1e-6)
  }

  /// scipy #6869: far from all rows the log-density is finite, and right.
  @Test(arguments: [Evaluation.exact, .tree(), .fft(), .automatic]) func logDensitiesStayFiniteFarAway(
    _ evaluation: Evaluation
  ) throws {
    let x = rows(300, 1, seed: 12).squeezed(-1)
    let largest = x.max().item()
    for kernel in [SmoothingKernel.gaussian, .exponential] {
      let density = try KernelDensityEstimator(kernel: kernel, bandwidth: .fixed(0.1), evaluation: evaluation).fit(x)
      for distance in [1e2, 1e4, 1e8, 1e100] {
        let y = Tensor([largest + distance, -distance])
        let u = distance / 0.1
        let alone = (kernel == .gaussian ? -u * u / 2 : -u)
        let logProb = density.logProb(y)
        #expect(logProb.isFinite().all())
        #expect(abs(logProb[0].item() / alone - 1) < 0.1, "\(kernel), \(distance)")
        expectNear(logProb, density.formulaLogProb(y), 1e-9)
      }
    }
    // The same with rows beyond the range of 32-bit exponentials in both directions.
    let spread = Tensor([0.0, 1e3, 1e6, -1e9])
    let density = try KernelDensityEstimator(bandwidth: .fixed(1), evaluation: .tree()).fit(spread)
    let y = Tensor([0.5, 999, 1e6 - 30, -1e9, 5e5, 1e12])
    expectNear(density.logProb(y), density.formulaLogProb(y), 1e-4)
  }

  @Test(arguments: [Evaluation.exact, .tree(), .fft()]) func edgesAreEdges(_ evaluation: Evaluation) throws {
    let x = rows(100, 2, seed: 13)
    let density = try KernelDensityEstimator(bandwidth: .fixed(0.5), evaluation: evaluation).fit(x)
    let y = Tensor(rows: [[0, 0], [.nan, 0], [.infinity, 0], [0, -.infinity], [.infinity, .nan], [1e200, 0]])
    let logProb = density.logProb(y).doubles()
    #expect(logProb[0].isFinite && logProb[1].isNaN && logProb[4].isNaN)
    #expect([2, 3, 5].allSatisfy { logProb[$0] == -.infinity })
    #expect(density.logProb(Tensor.zeros([0, 2], dtype: .float64)).shape == [0])
    let compact = try KernelDensityEstimator(kernel: .biweight, bandwidth: .fixed(0.5), evaluation: evaluation).fit(x)
    #expect(compact.logProb(Tensor([50.0, 50])).item() == -.infinity)
  }

  /// KDEpy #159, #92: a grid that encloses the data by itself, and densities at any place, on it or off.
  @Test func theGridAgreesWithAllRows() throws {
    for features in [1, 2] {
      let x = rows(800, features, seed: 14) * Tensor([3.0, 0.01][.init(0..<features)].map { $0 }) + 100
      let y = Tensor.concatenating([x[.slice(to: 300)], rows(200, features, seed: 15) * 10 + 95])
      for kernel in SmoothingKernel.allCases {
        var estimator = KernelDensityEstimator(kernel: kernel, bandwidth: .scott, evaluation: .exact)
        let exact = try estimator.fit(x).logProb(y).exp()
        estimator.evaluation = .fft(step: 0.1)
        let grid = try estimator.fit(x).logProb(y).exp()
        let error = ((grid - exact).absolute().max() / exact.max()).item()
        // Kernels with an edge or a kink are binned less exactly.
        let allowed = kernel == .gaussian ? 2e-5 : kernel == .uniform ? 5e-2 : 5e-3
        #expect(error < allowed, "\(kernel), \(features) columns: \(error)")
        if kernel == .gaussian {
          expectNear(grid.log(), exact.log(), 1e-3)
          estimator.evaluation = .fft(step: 0.05)
          let finer = try estimator.fit(x).logProb(y).exp()
          #expect(((finer - exact).absolute().max() / exact.max()).item() < error / 10, "fourth order")
        }
      }
    }
  }

  @Test func thirtyTwoBitsAgree() throws {
    let x = rows(500, 3, seed: 16) * Tensor([1.0, 100, 0.01]) + Tensor([1e3, 0, 5.0])
    let y = x[.slice(to: 50)] * 1.001
    for kernel in SmoothingKernel.allCases {
      let estimator = KernelDensityEstimator(kernel: kernel, bandwidth: .silverman)
      let (wide, narrow) = (try estimator.fit(x), try estimator.fit(x.to(.float32)))
      let logProb = narrow.logProb(y.to(.float32))
      #expect(logProb.dtype == .float32)
      let exact = wide.logProb(y.to(.float32).to(.float64))
      #expect((logProb.to(.float64).exp() - exact.exp()).absolute().max().item() < 1e-3 * exact.exp().max().item())
    }
  }

  /// Few places over many rows are cut by rows, many places by places; threads do not matter.
  @Test func piecesAreTheWhole() throws {
    let x = rows(40_000, 1, seed: 17)
    let density = try KernelDensityEstimator(bandwidth: .fixed(0.3), evaluation: .exact).fit(x)
    let y = rows(3, 1, seed: 18)
    expectNear(density.logProb(y), density.formulaLogProb(y), 1e-12)
    expectNear(density.logProb(y[0]), density.logProb(y)[0], 1e-13)
  }

  @Test func gradientsFlowThroughTheFormula() throws {
    let x = rows(40, 2, seed: 19)
    let density = try KernelDensityEstimator(bandwidth: .fixed(0.7)).fit(x)
    let y = rows(4, 2, seed: 20).requiringGradient()
    let gradient = gradients(of: density.logProb(y).sum(), withRespectTo: [y])[0]
    let step = Tensor(rows: [[1e-5, 0]])
    let difference = (density.logProb(y.detached() + step) - density.logProb(y.detached() - step)) / 2e-5
    expectClose(gradient[.all, 0], difference, tolerance: 1e-7)
  }
}

extension Tensor {
  fileprivate func median() -> Double { quantile(0.5, 0).item() }
}
