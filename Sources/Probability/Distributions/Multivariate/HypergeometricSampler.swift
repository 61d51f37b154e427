import Foundation
import Torch

/// Draws from hypergeometric distributions, exactly: by rejection from an envelope that holds for every log-concave
/// distribution with known mode, which takes about five tries whatever the numbers are.
///
/// - Reference: Devroye, *A simple generator for discrete log-concave distributions*, 1987.
struct HypergeometricSampler {
  /// log(k!) for small k.
  private let table: [Double]

  /// A sampler for populations up to a size; larger ones work too, more slowly.
  init(population: Int) {
    var table = [0.0]
    for k in 1...max(1, min(population, 1 << 16)) { table.append(lgamma(Double(k) + 1)) }
    self.table = table
  }

  /// How many of `draws` without replacement come from the `marked` ones among `population`.
  func draw(marked: Int, population: Int, draws: Int, using rng: inout RandomGenerator) -> Int {
    let (least, most) = (max(0, draws - (population - marked)), min(marked, draws))
    guard least < most else { return least }
    let mode = min(most, max(least, modeOf(marked, population, draws)))
    let weight = logWeight(mode, marked, population, draws)
    let total =
      logFactorial(marked) + logFactorial(population - marked) + logFactorial(draws)
      + logFactorial(population - draws) - logFactorial(population)
    let peak = min(1, exp(total + weight))
    let width = 1 + peak / 2
    while true {
      let isFlat = Double.random(in: 0..<1, using: &rng) * (1 + width) < width
      // 1 - u is never 0.
      let distance =
        isFlat
        ? Double.random(in: 0..<1, using: &rng) * width / peak
        : (width - log(1 - Double.random(in: 0..<1, using: &rng))) / peak
      let height = (1 - Double.random(in: 0..<1, using: &rng)) * min(1, exp(width - peak * distance))
      guard distance < Double(most - least) + 1 else { continue }
      let step = Int(distance.rounded())
      let value = rng.next() >> 63 == 0 ? mode + step : mode - step
      guard (least...most).contains(value) else { continue }
      if log(height) <= logWeight(value, marked, population, draws) - weight { return value }
    }
  }

  private func modeOf(_ marked: Int, _ population: Int, _ draws: Int) -> Int {
    Int(((Double(draws) + 1) * (Double(marked) + 1) / (Double(population) + 2)).rounded(.down))
  }

  /// The logarithm of the probability up to a constant.
  private func logWeight(_ value: Int, _ marked: Int, _ population: Int, _ draws: Int) -> Double {
    -(logFactorial(value) + logFactorial(marked - value) + logFactorial(draws - value)
      + logFactorial(population - marked - draws + value))
  }

  private func logFactorial(_ k: Int) -> Double { k < table.count ? table[k] : lgamma(Double(k) + 1) }
}

/// The elements of a tensor of counts as integers.
func integers(_ counts: Tensor) -> [Int] { counts.doubles().map { Int($0) } }
