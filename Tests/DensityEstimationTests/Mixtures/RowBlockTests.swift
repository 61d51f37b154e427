import DensityEstimation
import Probability
import Testing
import Torch
import _TestSupport

/// EM over rows that are read in blocks.
@Suite struct RowBlockTests {
  @Test(arguments: [DType.float32, .float64], [false, true]) func blocksGiveTheFitInMemory(_ type: DType, hasHoles: Bool)
    throws
  {
    var x = clouds(700, seed: 1)
    var rng = RandomGenerator(seed: 2)
    if hasHoles { x = x.masked(Tensor.uniform(x.shape, dtype: .float64, using: &rng) .< 0.05, with: Double.nan) }
    let weights = Tensor.uniform([700], dtype: .float64, using: &rng) + 0.5
    let data = x.to(type)
    var estimator = GaussianMixtureEstimator(components: 3)
    (estimator.starts, estimator.maximumIterations, estimator.tolerance) = (1, 20, 0)
    var (first, second) = (RandomGenerator(seed: 3), RandomGenerator(seed: 3))
    let streamed = try estimator.fit(RowBlocks(data, weights: weights, blockSize: 128), using: &first)
    let inMemory = try estimator.fit(RowBlocks(data, weights: weights, blockSize: 700), using: &second)
    let tolerance = type == .float32 && !hasHoles ? 1e-4 : 1e-8
    #expect(streamed.report.rows == inMemory.report.rows)
    #expect(streamed.report.missingCells == inMemory.report.missingCells)
    // Rows are drawn in another order, so compare what EM makes of one start.
    let start = inMemory.mixture
    let whole = try estimator.fit(data, weights: weights, from: start)
    let blocks = try estimator.fit(RowBlocks(data, weights: weights, blockSize: 128), from: start)
    expectClose(blocks.mixture.means, whole.mixture.means, tolerance: tolerance)
    expectClose(blocks.mixture.covariances, whole.mixture.covariances, tolerance: tolerance)
    expectClose([blocks.report.logLikelihood], [whole.report.logLikelihood], tolerance: tolerance)
  }

  @Test func startsSeeSomeOfManyRows() throws {
    let x = clouds(30_000, seed: 4).to(.float32)
    var estimator = GaussianMixtureEstimator(components: 3)
    (estimator.starts, estimator.maximumIterations, estimator.tolerance) = (1, 3, 1e-3)
    var passes = 0
    var most = 0
    let blocks = RowBlocks(features: 3) { body in
      passes += 1
      for start in stride(from: 0, to: 30_000, by: 4096) {
        let block = x.narrowed(0, from: start, length: min(4096, 30_000 - start))
        most = max(most, block.size(0))
        try body(block, nil)
      }
    }
    var rng = RandomGenerator(seed: 5)
    let (mixture, report) = try estimator.fit(blocks, using: &rng)
    #expect(report.rows == 30_000 && most == 4096)
    // One pass to look, one for each log-likelihood reported.
    #expect(passes == 1 + report.logLikelihoods.count)
    expectClose(mixture.weights.sorted(descending: true).values.doubles(), [0.5, 0.3, 0.2], tolerance: 0.03)
    expectClose([report.logLikelihood], [mixture.logProb(x).to(.float64).sum().item()], tolerance: 1e-5)
  }

  @Test func whatReadingThrowsComesThrough() {
    struct Broken: Error {}
    var rng = RandomGenerator(seed: 6)
    let broken = RowBlocks(features: 2) { _ in throw Broken() }
    #expect(throws: Broken.self) { try GaussianMixtureEstimator(components: 1).fit(broken, using: &rng) }
    let narrow = RowBlocks(features: 2) { body in try body(Tensor.zeros([5, 3]), nil) }
    #expect(throws: DensityEstimationError.self) {
      try GaussianMixtureEstimator(components: 1).fit(narrow, using: &rng)
    }
    var search = GaussianMixtureEstimator(components: 1...2)
    search.criterion = .heldOut
    #expect(throws: DensityEstimationError.self) { try search.fit(RowBlocks(clouds(20, seed: 7)), using: &rng) }
  }
}
