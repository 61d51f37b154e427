import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// The fused passes of a mixture against the tensor formula, on shapes that leave remainders of every kind.
@Suite(.serialized) struct MixtureKernelTests {
  /// A mixture with correlations, or without.
  static func mixture(_ components: Int, _ features: Int, _ structure: CovarianceStructure, seed: UInt64 = 1) throws
    -> GaussianMixture
  {
    var rng = RandomGenerator(seed: seed)
    let means = Tensor.normal([components, features], dtype: .float64, using: &rng) * 2.0
    let root = Tensor.normal([components, features, features], dtype: .float64, using: &rng) * 0.4
    let matrices = root.matmul(root.transposed()) + Tensor.identity(features, dtype: .float64) * 0.3
    let covariances =
      switch structure {
      case .full: matrices
      case .tied: matrices[.at(0)]
      case .diagonal: matrices.diagonal()
      case .spherical: matrices.diagonal().mean(1)
      }
    let weights = Tensor.uniform([components], dtype: .float64, using: &rng) + 0.1
    return try GaussianMixture(weights: weights, means: means, covariances: covariances, structure: structure)
  }

  static let shapes: [(rows: Int, features: Int, components: Int)] = [
    (1, 1, 1), (300, 2, 3), (257, 3, 2), (129, 4, 5), (513, 5, 1), (40, 9, 4), (130, 11, 2), (7, 17, 3),
  ]

  private func using(_ set: InstructionSet, _ body: () throws -> Void) rethrows {
    let before = InstructionSet.current
    set.use()
    defer { before.use() }
    try body()
  }

  @Test(arguments: InstructionSet.available) func densitiesAndResponsibilities(_ set: InstructionSet) throws {
    try using(set) {
      var rng = RandomGenerator(seed: 2)
      for (rows, features, components) in Self.shapes {
        for structure in [CovarianceStructure.full, .diagonal] {
          let mixture = try Self.mixture(components, features, structure)
          let x = Tensor.normal([rows, features], dtype: .float64, using: &rng) * 3.0
          let joint = mixture.logJoint(x)
          expectClose(mixture.logProb(x), joint.logSumExp(-1), tolerance: 1e-11, "\(rows) \(features) \(components)")
          expectClose(mixture.responsibilities(x), joint.softmax(-1), tolerance: 1e-11)
          expectClose(mixture.logProb(x.to(.float32)), joint.logSumExp(-1), tolerance: 3e-5)
          expectClose(mixture.responsibilities(x.to(.float32)), joint.softmax(-1), tolerance: 1e-3)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available) func sumsOfAnEMStep(_ set: InstructionSet) throws {
    try using(set) {
      var rng = RandomGenerator(seed: 3)
      for (rows, features, components) in Self.shapes {
        for isDiagonal in [false, true] {
          let mixture = try Self.mixture(components, features, isDiagonal ? .diagonal : .full)
          let x = Tensor.normal([rows, features], dtype: .float64, using: &rng) * 3.0 + 10.0
          let weights = Tensor.uniform([rows], dtype: .float64, using: &rng)
          let shifted = try GaussianMixture(
            weights: mixture.weights, means: mixture.means + 10.0, covariances: mixture.covariances,
            structure: mixture.structure)
          for given in [weights, nil] {
            let expected = sums(shifted, x, given ?? Tensor.ones([rows], dtype: .float64), isDiagonal)
            expectSame(kernel(shifted).sums(x, weights: given), expected, tolerance: 1e-11)
            expectSame(kernel(shifted).sums(x.to(.float32), weights: given), expected, tolerance: 2e-4)
          }
        }
      }
    }
  }

  private func kernel(_ mixture: GaussianMixture) -> MixtureKernel {
    let isDiagonal = mixture.structure == .diagonal
    let scales = mixture.componentScales
    let whitening =
      isDiagonal
      ? scales.reciprocal()
      : scales.solvingTriangular(Tensor.identity(mixture.features, dtype: .float64).broadcasted(to: scales.shape))
    let logDeterminant = (isDiagonal ? scales : scales.diagonal()).log().sum(1)
    let constants = mixture.weights.log() - logDeterminant - 0.5 * Double(mixture.features) * log(2 * Double.pi)
    return MixtureKernel(constants: constants, means: mixture.means, whitening: whitening)
  }

  private typealias Sums = (logLikelihood: Double, counts: Tensor, deviations: Tensor, products: Tensor)

  private func sums(_ mixture: GaussianMixture, _ x: Tensor, _ weights: Tensor, _ isDiagonal: Bool) -> Sums {
    let joint = mixture.logJoint(x)
    let r = joint.softmax(-1) * weights.unsqueezed(1)
    let d = x.unsqueezed(1) - mixture.means
    let weighted = r.unsqueezed(2) * d
    let products = isDiagonal ? (weighted * d).sum(0) : Tensor.einsum("nki,nkj->kij", weighted, d)
    return ((joint.logSumExp(-1) * weights).sum().item(), r.sum(0), weighted.sum(0), products)
  }

  private func expectSame(_ actual: MixtureKernel.Sums, _ expected: Sums, tolerance: Double) {
    let scale = max(1, expected.products.absolute().max().item())
    expectClose([actual.logLikelihood], [expected.logLikelihood], tolerance: tolerance, "log-likelihood")
    expectClose(actual.counts / scale, expected.counts / scale, tolerance: tolerance, "counts")
    expectClose(actual.deviations / scale, expected.deviations / scale, tolerance: tolerance, "deviations")
    expectClose(actual.products / scale, expected.products / scale, tolerance: tolerance, "products")
  }

  @Test func resultsDoNotDependOnThreads() throws {
    var rng = RandomGenerator(seed: 4)
    let mixture = try Self.mixture(2, 2, .full)
    let x = Tensor.normal([20_000, 2], dtype: .float64, using: &rng)
    let threads = threadCount()
    defer { setThreadCount(threads) }
    setThreadCount(1)
    let (one, oneLogProb) = (kernel(mixture).sums(x, weights: nil), mixture.logProb(x))
    setThreadCount(3)
    let (three, threeLogProb) = (kernel(mixture).sums(x, weights: nil), mixture.logProb(x))
    #expect(one.logLikelihood == three.logLikelihood && one.products.isEqual(to: three.products))
    #expect(oneLogProb.isEqual(to: threeLogProb))
  }

  @Test(arguments: [DType.float32, .float64]) func rowsThatAreNotFinite(_ type: DType) throws {
    let mixture = try Self.mixture(3, 3, .full)
    var rows = [[Double]](repeating: [0, 0, 0], count: 300)
    rows[3] = [1, .nan, 2]
    rows[4] = [.infinity, 0, 0]
    rows[290] = [.nan, -.infinity, 0]
    rows[291] = [0, 0, -.infinity]
    let x = Tensor(rows: rows).to(type)
    let logProb = mixture.logProb(x).doubles()
    #expect(logProb[3].isNaN && logProb[290].isNaN && logProb[4] == -.infinity && logProb[291] == -.infinity)
    #expect(logProb.indices.allSatisfy { [3, 4, 290, 291].contains($0) || logProb[$0] == logProb[0] })
    let responsibilities = mixture.responsibilities(x)
    #expect(responsibilities[3].isNaN().all() && responsibilities[4].isNaN().all())
    #expect(abs(responsibilities[5].sum().item() - 1) < 1e-6)
    // Far away the density is 0 in the type, not NaN.
    #expect(mixture.logProb(Tensor(rows: [[1e30, 0, 0]]).to(.float32)).item() == -.infinity)
  }

  @Test func largeOffsetsCostNothing() throws {
    // 32-bit numbers near 4096 are multiples of 2^-11 there; the differences are exact.
    let mixture = try Self.mixture(2, 2, .full)
    let x = Tensor(rows: [[0.5, -0.25], [1.25, 2], [-3, 0.125]])
    let moved = try GaussianMixture(
      weights: mixture.weights, means: mixture.means + 4096.0, covariances: mixture.covariances, structure: .full)
    expectClose(moved.logProb((x + 4096.0).to(.float32)), mixture.logProb(x), tolerance: 2e-6)
  }

  // MARK: Draws

  @Test(arguments: [DType.float32, .float64], [CovarianceStructure.full, .diagonal])
  func drawsHaveTheSameBitsEverywhere(_ type: DType, _ structure: CovarianceStructure) throws {
    let mixture = try Self.mixture(3, 5, structure)
    let scales = mixture.componentScales
    let sampler = MixtureSampler(weights: Tensor([0.3, 0, 0.7]), means: mixture.means, scales: scales)
    let (reference, chosen) = sampler.sample(9000, dtype: type, seed: 7)
    #expect(!(chosen .== 1).any(), "a component of weight 0 is drawn")
    let (set, threads) = (InstructionSet.current, threadCount())
    defer {
      set.use()
      setThreadCount(threads)
    }
    for other in InstructionSet.available {
      other.use()
      for count in [1, 3] {
        setThreadCount(count)
        #expect(sampler.draws(9000, dtype: type, seed: 7).isEqual(to: reference), "\(other), \(count) threads")
      }
      let part = sampler.sample(100, dtype: type, seed: 7, first: 4090)
      #expect(part.draws.isEqual(to: reference.narrowed(0, from: 4090, length: 100)), "\(other)")
      #expect(part.components.isEqual(to: chosen.narrowed(0, from: 4090, length: 100)))
    }
  }

  /// Of each component: how often it comes, its mean and its covariance, within 7 standard errors (1e-11 each).
  @Test(arguments: [CovarianceStructure.full, .diagonal]) func drawsHaveTheirMoments(_ structure: CovarianceStructure)
    throws
  {
    let mixture = try Self.mixture(3, 3, structure)
    let sampler = MixtureSampler(weights: mixture.weights, means: mixture.means, scales: mixture.componentScales)
    let count = 60_000
    let (draws, chosen) = sampler.sample(count, dtype: .float64, seed: 8)
    for k in 0..<3 {
      let own = draws.selecting((chosen .== k).nonzero().flattened())
      let size = Double(own.size(0))
      let weight = mixture.weights.doubles()[k]
      #expect(abs(size - Double(count) * weight) < 7 * (Double(count) * weight * (1 - weight)).squareRoot())
      let covariance = mixture.covarianceMatrices[.at(k)]
      let deviation = own.mean(0) - mixture.means[.at(k)]
      #expect((deviation.absolute() / (covariance.diagonal() / size).squareRoot()).max().item() < 7)
      let centred = own - mixture.means[.at(k)]
      let error = (centred.transposed().matmul(centred) / size - covariance).absolute()
      let spread = covariance.diagonal().unsqueezed(0) * covariance.diagonal().unsqueezed(1) + covariance.squared()
      #expect((error / (spread / size).squareRoot()).max().item() < 7)
    }
  }
}
