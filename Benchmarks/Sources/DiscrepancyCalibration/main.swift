// What the estimates and tests of discrepancies promise, at full size: the unbiased estimate has mean 0 when nothing
// differs, p-values are then uniform, standard errors are right, and a small shift is found.
//
//     DiscrepancyCalibration [repetitions]
//
// Prints a line of JSON for each part; some minutes.
import Foundation
import Pushforward

let repetitions = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 500

func printFigures(_ figures: [String: Any]) throws {
  print(String(decoding: try JSONSerialization.data(withJSONObject: figures, options: .sortedKeys), as: UTF8.self))
}

/// The largest distance of numbers from the uniform distribution on [0, 1], and its p-value by Kolmogorov's limit law with
/// Stephens' correction.
func kolmogorovSmirnov(_ numbers: [Double]) -> (distance: Double, pValue: Double) {
  let (sorted, n) = (numbers.sorted(), Double(numbers.count))
  let distance = sorted.enumerated().map { max(Double($0 + 1) / n - $1, $1 - Double($0) / n) }.max() ?? 0
  let scaled = (n.squareRoot() + 0.12 + 0.11 / n.squareRoot()) * distance
  let tail: Double = (1...100).map { (term: Int) -> Double in
    let size = 2 * exp(-2 * Double(term * term) * scaled * scaled)
    return term % 2 == 1 ? size : -size
  }.reduce(0, +)
  return (distance, min(1, max(0, tail)))
}

/// Mean and variance of the unbiased estimate over repetitions, beside what its standard errors say.
func estimates(shift: Double, rows: (Int, Int), features: Int, count: Int) throws {
  var rng = RandomGenerator(seed: 1)
  let mmd = MaximumMeanDiscrepancy(kernel: .squaredExponential(bandwidth: .fixed(Double(2 * features).squareRoot())))
  let found = try (0..<count).map { _ in
    try mmd.estimate(
      Tensor.normal([rows.0, features], using: &rng), Tensor.normal([rows.1, features], using: &rng) + shift
    ).squared
  }
  let mean = Estimate(meanOf: found.map(\.value))
  let deviation = mean.standardError * Double(count).squareRoot()
  let stated = (found.map { $0.standardError * $0.standardError }.reduce(0, +) / Double(count)).squareRoot()
  try printFigures([
    "what": "estimates", "shift": shift, "rows": [rows.0, rows.1], "features": features, "repetitions": count,
    "mean": mean.value, "mean_standard_error": mean.standardError, "standard_deviation": deviation,
    "stated_standard_error": stated,
  ])
}

/// P-values over repetitions.
func tests(
  _ name: String, shift: Double, rows: (Int, Int), features: Int, permutations: Int, count: Int,
  _ test: (Tensor, Tensor, Int, inout RandomGenerator) throws -> Double
) throws {
  var rng = RandomGenerator(seed: 2)
  let clock = ContinuousClock()
  var p: [Double] = []
  let time = try clock.measure {
    for _ in 0..<count {
      let x = Tensor.normal([rows.0, features], using: &rng)
      let y = Tensor.normal([rows.1, features], using: &rng) + shift
      p.append(try test(x, y, permutations, &rng))
    }
  }
  // P-values of permutations are multiples of 1 / (permutations + 1): a uniform number makes them continuous.
  let smooth = p.map { permutations == 0 ? $0 : $0 - Double.random(in: 0..<1, using: &rng) / Double(permutations + 1) }
  let uniformity = kolmogorovSmirnov(smooth)
  try printFigures([
    "what": name, "shift": shift, "rows": [rows.0, rows.1], "features": features, "permutations": permutations,
    "repetitions": count, "rejected_at_5_percent": Double(p.count { $0 <= 0.05 }) / Double(count),
    "ks_distance": uniformity.distance, "ks_p_value": uniformity.pValue, "seconds_per_test": time / .seconds(count),
  ])
}

try estimates(shift: 0, rows: (200, 300), features: 5, count: 1000)
try estimates(shift: 0.5, rows: (200, 300), features: 5, count: 1000)
for shift in [0, 0.2] {
  let (rows, features) = ((1000, 1000), 5)
  let estimators: [(String, MaximumMeanDiscrepancy.Estimator)] = [("mmd unbiased", .unbiased), ("mmd biased", .biased)]
  for (name, estimator) in estimators {
    try tests(name, shift: shift, rows: rows, features: features, permutations: 199, count: repetitions) {
      try MaximumMeanDiscrepancy(estimator: estimator).test($0, $1, permutations: $2, using: &$3).pValue
    }
  }
  try tests("energy", shift: shift, rows: rows, features: features, permutations: 199, count: repetitions) {
    try EnergyDistance().test($0, $1, permutations: $2, using: &$3).pValue
  }
  let limits: [(String, MaximumMeanDiscrepancy.Estimator)] = [
    ("mmd blocks of 30", .block(size: 30)), ("mmd linear", .linear),
  ]
  for (name, estimator) in limits {
    try tests(name, shift: shift, rows: rows, features: features, permutations: 0, count: repetitions) { x, y, _, rng in
      try MaximumMeanDiscrepancy(estimator: estimator).test(x, y, using: &rng).pValue
    }
  }
}
try tests(
  "mmd unbiased, sizes that differ", shift: 0, rows: (300, 1000), features: 5, permutations: 199, count: repetitions
) {
  try MaximumMeanDiscrepancy().test($0, $1, permutations: $2, using: &$3).pValue
}
