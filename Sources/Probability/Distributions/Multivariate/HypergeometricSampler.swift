import Foundation
import Torch

/// Draws from hypergeometric distributions, exact up to the rounding of probabilities.
///
/// Narrow ones are drawn by inversion outward from the mode. Others by rejection from an envelope that holds for every
/// log-concave distribution with known mode, which takes about five tries whatever the numbers are.
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
    let urn = Urn(marked: marked, population: population, draws: draws)
    guard urn.least < urn.most else { return urn.least }
    let weight = logWeight(urn.mode, urn)
    let constant =
      logFactorial(marked) + logFactorial(population - marked) + logFactorial(draws)
      + logFactorial(population - draws) - logFactorial(population)
    let peak = min(1, exp(constant + weight))
    // The peak is about 0.4 over the standard deviation.
    return peak > 0.02 ? invert(urn, peak: peak, using: &rng) : reject(urn, peak: peak, weight: weight, using: &rng)
  }

  private struct Urn {
    let marked, population, draws, least, most, mode: Int

    init(marked: Int, population: Int, draws: Int) {
      (self.marked, self.population, self.draws) = (marked, population, draws)
      (least, most) = (max(0, draws - (population - marked)), min(marked, draws))
      let mode = (Double(draws) + 1) * (Double(marked) + 1) / (Double(population) + 2)
      self.mode = min(most, max(least, Int(mode.rounded(.down))))
    }

    /// The probability of one more than a value, over that of the value.
    func ratio(after value: Int) -> Double {
      let other = Double(population - marked - draws + value + 1)
      return Double(marked - value) * Double(draws - value) / (Double(value + 1) * other)
    }
  }

  /// Takes probabilities from a uniform number, alternately above and below the mode, until nothing is left of it.
  private func invert(_ urn: Urn, peak: Double, using rng: inout RandomGenerator) -> Int {
    while true {
      var left = Double.random(in: 0..<1, using: &rng) - peak
      if left < 0 { return urn.mode }
      var (above, below) = ((value: urn.mode, mass: peak), (value: urn.mode, mass: peak))
      while above.value < urn.most || below.value > urn.least {
        if above.value < urn.most {
          above = (above.value + 1, above.mass * urn.ratio(after: above.value))
          left -= above.mass
          if left < 0 { return above.value }
        }
        if below.value > urn.least {
          below = (below.value - 1, below.mass / urn.ratio(after: below.value - 1))
          left -= below.mass
          if left < 0 { return below.value }
        }
      }
      // What was left is the rounding of the sum of all probabilities.
    }
  }

  private func reject(_ urn: Urn, peak: Double, weight: Double, using rng: inout RandomGenerator) -> Int {
    let width = 1 + peak / 2
    while true {
      let isFlat = Double.random(in: 0..<1, using: &rng) * (1 + width) < width
      // 1 - u is never 0.
      let uniform = 1 - Double.random(in: 0..<1, using: &rng)
      let distance = (isFlat ? uniform * width : width - log(uniform)) / peak
      let height = (1 - Double.random(in: 0..<1, using: &rng)) * min(1, exp(width - peak * distance))
      guard distance < Double(urn.most - urn.least) + 1 else { continue }
      let step = Int(distance.rounded())
      let value = rng.next() >> 63 == 0 ? urn.mode + step : urn.mode - step
      guard (urn.least...urn.most).contains(value) else { continue }
      if log(height) <= logWeight(value, urn) - weight { return value }
    }
  }

  /// The logarithm of the probability up to a constant.
  private func logWeight(_ value: Int, _ urn: Urn) -> Double {
    -(logFactorial(value) + logFactorial(urn.marked - value) + logFactorial(urn.draws - value)
      + logFactorial(urn.population - urn.marked - urn.draws + value))
  }

  private func logFactorial(_ k: Int) -> Double { k < table.count ? table[k] : lgamma(Double(k) + 1) }
}

/// The elements of a tensor of counts as integers.
func integers(_ counts: Tensor) -> [Int] { counts.doubles().map { Int($0) } }
