import Foundation

/// Searches of one number without derivatives, as in R's `optimize` and `uniroot`, so that their digits agree.
///
/// Reference: Brent, *Algorithms for Minimization without Derivatives*, 1973, chapters 4 and 5.
enum BrentSearch {
  /// The place of a minimum between two ends, by golden sections and parabolas.
  static func minimum(
    of function: (Double) -> Double, from start: Double, to end: Double, tolerance: Double
  ) -> Double {
    let golden = (3 - 5.0.squareRoot()) / 2
    let epsilon = Double.ulpOfOne.squareRoot()
    var (low, high) = (start, end)
    var x = low + golden * (high - low)
    var (second, third) = (x, x)
    var value = function(x)
    var (secondValue, thirdValue) = (value, value)
    var (step, before) = (0.0, 0.0)
    while true {
      let middle = (low + high) / 2
      let least = epsilon * abs(x) + tolerance / 3
      if abs(x - middle) <= 2 * least - (high - low) / 2 { return x }
      var (p, q) = (0.0, 0.0)
      let last = before
      if abs(before) > least {
        let r = (x - second) * (value - thirdValue)
        q = (x - third) * (value - secondValue)
        p = (x - third) * q - (x - second) * r
        q = 2 * (q - r)
        if q > 0 { p = -p } else { q = -q }
        before = step
      }
      if !(abs(p) < abs(q * last / 2)) || p <= q * (low - x) || p >= q * (high - x) {
        before = x < middle ? high - x : low - x
        step = golden * before
      } else {
        step = p / q
        if x + step - low < 2 * least || high - (x + step) < 2 * least { step = x >= middle ? -least : least }
      }
      let next = abs(step) >= least ? x + step : x + (step > 0 ? least : -least)
      let nextValue = function(next)
      if nextValue <= value {
        if next < x { high = x } else { low = x }
        (third, thirdValue) = (second, secondValue)
        (second, secondValue) = (x, value)
        (x, value) = (next, nextValue)
      } else {
        if next < x { low = next } else { high = next }
        if nextValue <= secondValue || second == x {
          (third, thirdValue) = (second, secondValue)
          (second, secondValue) = (next, nextValue)
        } else if nextValue <= thirdValue || third == x || third == second {
          (third, thirdValue) = (next, nextValue)
        }
      }
    }
  }

  /// A place between two ends where a function changes its sign, by bisection, secants and inverse parabolas.
  ///
  /// - Precondition: the signs at the ends differ.
  static func root(of function: (Double) -> Double, from start: Double, to end: Double, tolerance: Double) -> Double {
    var (a, b, c) = (start, end, start)
    var (fa, fb) = (function(a), function(b))
    var fc = fa
    for _ in 0..<1000 {
      let previous = b - a
      if abs(fc) < abs(fb) { (a, b, c, fa, fb, fc) = (b, c, b, fb, fc, fb) }
      let least = 2 * Double.ulpOfOne * abs(b) + tolerance / 2
      var step = (c - b) / 2
      if abs(step) <= least || fb == 0 { return b }
      if abs(previous) >= least && abs(fa) > abs(fb) {
        var (p, q) = interpolation(a, b, c, fa, fb, fc)
        if p > 0 { q = -q } else { p = -p }
        if p < 0.75 * (c - b) * q - abs(least * q) / 2 && p < abs(previous * q / 2) { step = p / q }
      }
      if abs(step) < least { step = step > 0 ? least : -least }
      (a, fa) = (b, fb)
      b += step
      fb = function(b)
      if (fb > 0) == (fc > 0) { (c, fc) = (a, fa) }
    }
    return b
  }

  private static func interpolation(
    _ a: Double, _ b: Double, _ c: Double, _ fa: Double, _ fb: Double, _ fc: Double
  ) -> (p: Double, q: Double) {
    let slope = fb / fa
    if a == c { return ((c - b) * slope, 1 - slope) }
    let (r, t) = (fa / fc, fb / fc)
    return (slope * ((c - b) * r * (r - t) - (b - a) * (t - 1)), (r - 1) * (t - 1) * (slope - 1))
  }
}
