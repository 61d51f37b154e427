/// Whether a rising sequence has nothing worth having left to gain.
///
/// EM gains a falling share of what is left in each step, so the rest of its way is a geometric series (Aitken). Three
/// gains in succession must say that the rest is small: the first steps are often small without being the end.
package struct Convergence {
  /// What may be left; 0 is never reached.
  package let tolerance: Double
  /// The relative rounding error of the values: smaller gains are none.
  package let resolution: Double
  private var last = Double.nan
  private var gain = Double.nan
  private var quietSteps = 0

  package init(tolerance: Double, resolution: Double) {
    self.tolerance = tolerance
    self.resolution = resolution
  }

  /// Takes the next value.
  package mutating func isReached(by value: Double) -> Bool {
    let newGain = value - last
    let isQuiet = newGain <= resolution * abs(value) || remaining(newGain) <= tolerance
    quietSteps = isQuiet ? quietSteps + 1 : 0
    (last, gain) = (value, newGain)
    return tolerance > 0 && quietSteps >= 3
  }

  /// The sum of all gains to come, when each is the same share of the one before.
  private func remaining(_ newGain: Double) -> Double {
    let share = newGain / gain
    return share >= 0 && share < 1 ? newGain * share / (1 - share) : .infinity
  }
}
