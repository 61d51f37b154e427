import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Data of the Fixtures folder.
enum SmallData: String, CaseIterable, Sendable {
  case eruptions, galaxies

  /// Durations of eruptions in minutes, or velocities of galaxies in 1000 km/s.
  func values() throws -> [Double] {
    let name = self == .eruptions ? "faithful" : "galaxies"
    let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "csv"))
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst()
    return lines.compactMap { Double($0.split(separator: ",")[0]).map { self == .galaxies ? $0 / 1000 : $0 } }
  }
}

/// Values that R, SciPy and scikit-learn give.
@Suite struct KernelDensityReferenceTests {
  typealias Bandwidth = KernelDensityEstimator.Bandwidth

  /// R 4.2.2: bw.nrd0, bw.nrd, bw.ucv, bw.bcv, bw.SJ (ste, dpi), and the greatest mean leave-one-out log-density.
  private struct RValues: Sendable {
    let data: SmallData
    let nrd0, nrd, ucv, bcv, ste, dpi, likelihood, likelihoodBandwidth: Double

    static let all = [
      RValues(
        data: .eruptions, nrd0: 0.334777, nrd: 0.394293, ucv: 0.101919, bcv: 0.157692, ste: 0.140044, dpi: 0.165273,
        likelihood: -0.995563, likelihoodBandwidth: 0.102679),
      RValues(
        data: .galaxies, nrd0: 1.001839, nrd: 1.179944, ucv: 0.625997, bcv: 1.567129, ste: 0.643026, dpi: 0.814038,
        likelihood: -2.557462, likelihoodBandwidth: 0.645379),
    ]
  }

  private func bandwidth(_ rule: Bandwidth, _ x: [Double]) throws -> Double {
    try KernelDensityEstimator(bandwidth: rule).fit(Tensor(x)).bandwidths[0]
  }

  @Test func bandwidthsHaveTheDigitsOfR() throws {
    for row in RValues.all {
      let x = try row.data.values()
      let rules: [(Bandwidth, Double)] = [
        (.silverman, row.nrd0), (.normalReference, row.nrd), (.unbiasedCrossValidation(.r), row.ucv),
        (.biasedCrossValidation(.r), row.bcv), (.sheatherJones(.r), row.ste), (.sheatherJonesPlugIn(.r), row.dpi),
      ]
      for (rule, expected) in rules {
        #expect(abs(try bandwidth(rule, x) - expected) < 0.6e-6, "\(row.data) \(rule)")
      }
    }
  }

  /// R's bins and its early stop move the bandwidth by less than 2 percent.
  @Test func convergedBandwidthsAreNearThoseOfR() throws {
    for row in RValues.all {
      let x = try row.data.values()
      let rules: [(Bandwidth, Double)] = [
        (.unbiasedCrossValidation(), row.ucv), (.biasedCrossValidation(), row.bcv), (.sheatherJones(), row.ste),
        (.sheatherJonesPlugIn(), row.dpi),
      ]
      for (rule, expected) in rules {
        #expect(abs(try bandwidth(rule, x) / expected - 1) < 0.02, "\(row.data) \(rule)")
      }
    }
  }

  /// The same sums over all pairs without bins, computed with SciPy's optimizers in 64 bits.
  @Test func convergedBandwidthsAreThoseOfAllPairs() throws {
    let exact: [(SmallData, Bandwidth, Double)] = [
      (.eruptions, .unbiasedCrossValidation(), 0.103184), (.eruptions, .biasedCrossValidation(), 0.157567),
      (.eruptions, .sheatherJones(), 0.139683), (.eruptions, .sheatherJonesPlugIn(), 0.165348),
      (.galaxies, .unbiasedCrossValidation(), 0.623430), (.galaxies, .biasedCrossValidation(), 1.570891),
      (.galaxies, .sheatherJones(), 0.638265), (.galaxies, .sheatherJonesPlugIn(), 0.812828),
    ]
    for (data, rule, expected) in exact {
      #expect(abs(try bandwidth(rule, try data.values()) / expected - 1) < 2e-5, "\(data) \(rule)")
    }
  }

  @Test func theLikelihoodIsGreatestWhereRFindsIt() throws {
    for row in RValues.all {
      let x = try row.data.values()
      let density = try KernelDensityEstimator(bandwidth: .leaveOneOutLikelihood).fit(Tensor(x))
      let h = density.bandwidths[0]
      #expect(abs(h - row.likelihoodBandwidth) < 2e-6)
      let n = Double(x.count)
      let mean = x.reduce(0) { sum, center in
        let kernels = x.reduce(-1) { $0 + exp(-pow(($1 - center) / h, 2) / 2) }
        return sum + log(kernels / ((n - 1) * h * (2 * Double.pi).squareRoot()))
      }
      #expect(abs(mean / n - row.likelihood) < 0.6e-6)
    }
  }

  private struct References: Decodable {
    struct Radial: Decodable {
      let kernel: SmoothingKernel
      let bandwidth: Double
      let x, y: [[Double]]
      let logProb: [Double]
    }
    struct Full: Decodable {
      let x, y, covariance: [[Double]]
      let scott, silverman: [Double]
      let silvermanFactor: Double
    }
    let radialKernels: [Radial]
    let fullCovariance: Full
  }

  @Test func radialKernelsAgreeWithScikitLearn() throws {
    let cases = try reference("kernel_density", as: References.self).radialKernels
    #expect(Set(cases.map(\.kernel)).count == 6)
    for row in cases {
      let estimator = KernelDensityEstimator(kernel: row.kernel, bandwidth: .fixed(row.bandwidth))
      let logProb = try estimator.fit(Tensor(rows: row.x)).logProb(Tensor(rows: row.y))
      let expected = row.logProb.map { $0 < -1e299 ? -Double.infinity : $0 }
      expectClose(logProb.doubles(), expected, tolerance: 1e-11, "\(row.kernel), \(row.x[0].count) columns")
    }
  }

  @Test func aFullCovarianceAgreesWithSciPy() throws {
    let row = try reference("kernel_density", as: References.self).fullCovariance
    let (x, y) = (Tensor(rows: row.x), Tensor(rows: row.y))
    let scott = try KernelDensityEstimator(bandwidth: .scott, shape: .full).fit(x)
    expectClose(scott.bandwidthMatrix, Tensor(rows: row.covariance), tolerance: 1e-13)
    expectClose(scott.logProb(y).doubles(), row.scott, tolerance: 1e-12)
    let covariance = Tensor(rows: row.covariance)
    let given = try KernelDensityEstimator(bandwidth: .covariance(row.covariance)).fit(x)
    expectClose(given.bandwidthMatrix, covariance, tolerance: 1e-13)
    expectClose(given.logProb(y).doubles(), row.scott, tolerance: 1e-12)
    // Silverman's factor is SciPy's, the spread of a column is not: it looks at the quartiles too.
    let scale = row.silvermanFactor * pow(Double(row.x.count), 1.0 / 7)
    let column = KernelDensityEstimator(bandwidth: .silverman, shape: .diagonal)
    let (robust, plain) = (try column.fit(x).bandwidths, scott.bandwidths.map { $0 * scale })
    #expect(zip(robust, plain).allSatisfy { $0 <= $1 * (1 + 1e-12) && $0 > 0.5 * $1 })
    #expect(zip(robust, plain).contains { abs($0 / $1 - 1) < 1e-9 || $0 < $1 })
  }
}
