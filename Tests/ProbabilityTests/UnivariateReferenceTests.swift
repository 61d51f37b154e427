import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Values to 50 digits at ordinary and extreme arguments and parameters, which SciPy misses in places: see the script.
@Suite struct UnivariateReferenceTests {
  /// A number that JSON has, or the name of one that it lacks.
  struct Extended: Decodable {
    let value: Double
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        value = number
      } else {
        value = try #require(Double(container.decode(String.self)))
      }
    }
  }

  struct Row: Decodable {
    let name: String
    let parameters: [Extended]
    let x: [Double]
    let logProb, cdf, logCDF, survival, logSurvival: [Extended]
    let probability: [Double]
    let quantile: [Extended]
    let mean, variance, entropy: Extended
  }

  private static func makers() -> [String: @Sendable ([Tensor]) -> any UnivariateDistribution] {
    Dictionary(uniqueKeysWithValues: UnivariateCase.all.map { ($0.name, $0.make) })
  }

  @Test(arguments: UnivariateCase.all.map(\.name)) func agreesToTenDigits(_ name: String) throws {
    let rows = try reference("distributions", as: [Row].self).filter { $0.name == name }
    #expect(!rows.isEmpty)
    for row in rows {
      let parameters = row.parameters.map { Tensor($0.value, dtype: .float64) }
      let make = try #require(Self.makers()[name])
      let distribution = make(name == "Categorical" ? [Tensor(row.parameters.map(\.value))] : parameters)
      let check = Check(row: row)
      let x = Tensor(row.x)
      check.expect(distribution.logProb(x), row.logProb, "logProb", at: row.x)
      check.expect(distribution.cdf(x), row.cdf, "cdf", at: row.x)
      check.expect(distribution.logCDF(x), row.logCDF, "logCDF", at: row.x)
      check.expect(distribution.survival(x), row.survival, "survival", at: row.x)
      check.expect(distribution.logSurvival(x), row.logSurvival, "logSurvival", at: row.x)
      check.expect(distribution.quantile(Tensor(row.probability)), row.quantile, "quantile", at: row.probability)
      check.expect(distribution.mean, [row.mean], "mean", at: [])
      check.expect(distribution.variance, [row.variance], "variance", at: [])
      check.expect(distribution.entropy, [row.entropy], "entropy", at: [])
    }
  }

  private struct Check {
    let row: Row

    /// Relative differences up to 1e-10, of numbers that have full precision; what lies below 1e-290 may be 0.
    func expect(_ actual: Tensor, _ expected: [Extended], _ what: String, at points: [Double]) {
      for (index, pair) in zip(actual.doubles(), expected.map(\.value)).enumerated() {
        let (a, b) = pair
        let floor = what == "quantile" || what == "logProb" || what == "entropy" ? 1e-3 : 1e-290
        if a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-10 * max(abs(b), floor) { continue }
        let place = points.isEmpty ? "" : " at \(points[index])"
        let name = "\(row.name)(\(row.parameters.map { "\($0.value)" }.joined(separator: ", ")))"
        Issue.record("\(name), \(what)\(place): \(a), expected \(b)")
      }
    }
  }
}
