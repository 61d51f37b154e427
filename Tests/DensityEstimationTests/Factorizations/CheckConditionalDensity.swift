import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Checks what every conditional density promises, at rows of given values: the density integrates (or the masses sum) to
/// 1, the distribution function is its integral, the quantile the inverse, rows side by side are each row alone, NaN is
/// kept, and stored tensors make it again.
///
/// - Parameters:
///   - density: the density.
///   - rows: `[count, given]`, at least 3.
///   - bound: a number that values of a continuous column exceed with probability below 1e-9.
///   - cells: the cells of the grid on which the density is summed.
///   - tolerance: the greatest error of these sums.
///   - sourceLocation: where a failure is shown.
/// - Throws: what making the density again throws.
func checkConditionalDensity<Density: StoredConditionalDensity>(
  _ density: Density, at rows: Tensor, bound: Double = 10, cells: Int = 4000, tolerance: Double = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let check = ConditionalDensityCheck(
    density: density, rows: rows, bound: bound, cells: cells, tolerance: tolerance, sourceLocation: sourceLocation)
  try check.checkNormalization()
  try check.checkBatches()
  try check.checkStorage()
}

private struct ConditionalDensityCheck<Density: StoredConditionalDensity> {
  let density: Density
  let rows: Tensor
  let bound: Double
  let cells: Int
  let tolerance: Double
  let sourceLocation: SourceLocation

  func distribution(_ rows: Tensor) throws -> any CumulativeDistribution {
    try #require(density.conditioned(on: rows) as? any CumulativeDistribution, sourceLocation: sourceLocation)
  }

  func expect(_ actual: Tensor, _ expected: Tensor, _ what: String, tolerance: Double = 1e-9) {
    expectClose(
      actual, expected, tolerance: tolerance, "\(Density.family), \(what):", sourceLocation: sourceLocation)
  }

  /// Sums of masses, or of the density over a fine grid, against 1 and against the distribution function.
  func checkNormalization() throws {
    let distribution = try distribution(rows)
    let count = rows.size(0)
    if density.target.isDiscrete {
      let values = Tensor(density.target.values).unsqueezed(1)
      let masses = distribution.logProb(values).exp()
      expect(masses.sum(0), Tensor.ones([count], dtype: .float64), "sum of masses")
      expect(distribution.cdf(values), masses.cumulativeSum(0), "distribution function")
      let middles = masses.cumulativeSum(0) - masses * 0.5
      let expected = select(masses .> 0, values, 0.0)
      expect(select(masses .> 0, distribution.quantile(middles), 0.0), expected, "quantile")
      #expect(distribution.logProb(values + 0.25).exp().max().item() == 0, sourceLocation: sourceLocation)
      return
    }
    let width = 2 * bound / Double(cells)
    let edges = Tensor.linear(from: -bound, to: bound, count: cells + 1, dtype: .float64).unsqueezed(1)
    let middles = edges[.slice(to: -1)] + width / 2
    let masses = distribution.logProb(middles).exp() * width
    let cdf = distribution.cdf(edges)
    expect(
      cdf[-1] - cdf[0], Tensor.ones([count], dtype: .float64), "range of the distribution function", tolerance: 1e-8)
    expect(masses.cumulativeSum(0), cdf[.slice(from: 1)], "distribution function", tolerance: tolerance)
    let levels = Tensor([1e-6, 0.01, 0.3, 0.5, 0.9, 0.999]).unsqueezed(1)
    let quantiles = distribution.quantile(levels)
    expect(distribution.cdf(quantiles), levels.broadcasted(to: [6, count]), "quantile")
    #expect(distribution.quantile(Tensor([-0.1, 1.5]).unsqueezed(1)).isNaN().all(), sourceLocation: sourceLocation)
  }

  func checkBatches() throws {
    var rng = RandomGenerator(seed: 31)
    let distribution = try distribution(rows)
    let count = rows.size(0)
    #expect(distribution.batchShape == [count] && distribution.eventShape == [], sourceLocation: sourceLocation)
    let x = distribution.sample([5], using: &rng)
    #expect(x.shape == [5, count], sourceLocation: sourceLocation)
    let logProb = distribution.logProb(x)
    #expect(logProb.isFinite().all(), sourceLocation: sourceLocation)
    for row in 0..<count {
      let alone = try self.distribution(rows[.at(row)])
      #expect(alone.batchShape == [], sourceLocation: sourceLocation)
      expect(alone.logProb(x[.all, .at(row)]), logProb[.all, .at(row)], "log-density alone")
      expect(alone.cdf(x[.all, .at(row)]), distribution.cdf(x)[.all, .at(row)], "distribution function alone")
    }
    let deep = try self.distribution(rows.unsqueezed(0))
    expect(deep.logProb(x.unsqueezed(1)).squeezed(1), logProb, "two batch dimensions")
    let table = distribution.logProb(x[0].unsqueezed(1))
    expect(table.diagonal(), logProb[0], "all pairs")
    #expect(distribution.logProb(x[0] * Double.nan).isNaN().all(), sourceLocation: sourceLocation)
    #expect(distribution.cdf(x[0] * Double.nan).isNaN().all(), sourceLocation: sourceLocation)
    #expect(density.support.contains(x).all(), sourceLocation: sourceLocation)
  }

  func checkStorage() throws {
    var rng = RandomGenerator(seed: 32)
    let tensors = density.tensors
    for (name, tensor) in tensors {
      #expect([.float64, .int64].contains(tensor.dtype), "\(name) is not 64-bit", sourceLocation: sourceLocation)
    }
    let again = try Density(target: density.target, given: density.given, tensors: tensors)
    let x = try distribution(rows).sample([3], using: &rng)
    let loaded = try #require(again.conditioned(on: rows) as? any CumulativeDistribution)
    expect(loaded.logProb(x), try distribution(rows).logProb(x), "after loading", tolerance: 1e-13)
    for (name, tensor) in tensors {
      var without = tensors
      without[name] = nil
      refuses(without, "without '\(name)'")
      refuses(tensors.merging([name: tensor.unsqueezed(0)]) { $1 }, "with '\(name)' of another rank")
      refuses(tensors.merging([name: tensor.to(.float32)]) { $1 }, "with '\(name)' in 32 bits")
      guard tensor.elementCount > 0, tensor.dtype == .float64 else { continue }
      refuses(tensors.merging([name: tensor * Double.nan]) { $1 }, "with NaN in '\(name)'")
    }
  }

  func refuses(_ tensors: [String: Tensor], _ what: String) {
    #expect("\(Density.family) \(what) must be refused", sourceLocation: sourceLocation) {
      _ = try Density(target: density.target, given: density.given, tensors: tensors)
    } throws: { error in
      guard case DensityEstimationError.degenerate = error else { return false }
      return true
    }
  }
}
