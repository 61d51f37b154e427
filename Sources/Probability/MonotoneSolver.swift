import Torch

/// Solves f(x) = target for increasing functions, element by element: Newton's method kept inside a bracket.
///
/// A bracket is widened from the guess until it holds the solution; then each round takes Newton's step, or the secant's
/// where no slope is known, and halves the bracket where a step leaves it or does not get shorter. For functions with
/// jumps it ends at the smallest x with f(x) >= target, up to one unit in the last place.
///
///     let solver = MonotoneSolver(lower: lower, upper: upper)
///     let x = solver.solve(target, from: guess) { x in (distribution.cdf(x), distribution.logProb(x).exp()) }
///
/// - Complexity: about 5 to 8 evaluations for smooth functions near the guess, up to 200 otherwise.
struct MonotoneSolver {
  /// No solution lies below; may be minus infinity.
  let lower: Tensor
  /// No solution lies above; may be infinite.
  let upper: Tensor
  /// The first step away from the guess in search of a bracket.
  var reach = 1.0
  /// How exact solutions are, relative to their size.
  var tolerance = 4e-16

  /// The smallest x with f(x) >= target; `upper` where there is none.
  ///
  /// - Parameters:
  ///   - target: 64-bit values of f; NaN gives NaN.
  ///   - guess: where to start, of the target's shape.
  ///   - evaluate: f and its slope, or nil where that is not known, at each x.
  /// - Returns: solutions of the target's shape, outside the gradient graph.
  func solve(_ target: Tensor, from guess: Tensor, _ evaluate: (Tensor) -> (value: Tensor, slope: Tensor?)) -> Tensor {
    withoutGradient {
      let isMissing = target.isNaN()
      var bracket = bracket(target, around: guess) { evaluate($0).value }
      var x = guess.clamped(from: bracket.lower, to: bracket.upper)
      x = select((x .> bracket.lower) .& (x .< bracket.upper), x, bracket.middle)
      var previous: (x: Tensor, error: Tensor)?
      var move = Tensor.full(target.shape, Double.infinity, dtype: .float64, device: target.device)
      for _ in 0..<200 {
        let (value, slope) = evaluate(x)
        let error = value - target
        bracket.narrow(at: x, isBelow: error .< 0)
        let step = -error / (slope ?? previous.map { (error - $0.error) / (x - $0.x) } ?? error * Double.nan)
        let next = x + step
        // As in Brent's methods: a step is taken when it stays inside and is at most half of the last move.
        let isGood = (next .>= bracket.lower) .& (next .<= bracket.upper) .& (step .!= 0)
        let isShort = step.absolute() .<= x.absolute() * tolerance + reach * (tolerance / 40)
        let isDone = isGood .& isShort .| (error .== 0)
        bracket.close(where: isDone, at: select(error .== 0, x, next))
        guard !bracket.isClosed else { break }
        previous = (x, error)
        let halved = bracket.middle
        let useStep = isGood .& (step.absolute() .<= move * 0.5)
        move = select(useStep, step, halved - x).absolute()
        x = select(useStep, next, halved)
      }
      return select(isMissing, Double.nan, bracket.upper)
    }
  }

  private func bracket(_ target: Tensor, around guess: Tensor, _ f: (Tensor) -> Tensor) -> Bracket {
    let low = lower.to(.float64).broadcasted(to: target.shape)
    let high = upper.to(.float64).broadcasted(to: target.shape)
    let start = select(guess.isFinite(), guess, 0.0).clamped(from: low, to: high)
    var bracket = Bracket(lower: low, upper: high)
    bracket.narrow(at: start, isBelow: f(start) .< target)
    var step = Tensor.full(target.shape, reach, dtype: .float64, device: target.device)
    while true {
      let isOpenAbove = bracket.upper.isInfinite(), isOpenBelow = bracket.lower.isInfinite()
      guard (isOpenAbove .| isOpenBelow).any() else { return bracket }
      let isUnbounded = isOpenAbove .& isOpenBelow
      let up = select(isUnbounded, start, bracket.lower) + step
      let down = bracket.upper - step
      let trial = select(isOpenAbove, up, select(isOpenBelow, down, bracket.middle))
      // Beyond the largest number nothing is left to try.
      if !trial.isFinite().all() { return bracket.clampedToFinite }
      bracket.narrow(at: trial, isBelow: f(trial) .< target)
      step = step * 4.0
    }
  }
}

/// Numbers between which solutions lie: f is below the target at the lower, and not below it at the upper ones.
private struct Bracket {
  var lower: Tensor
  var upper: Tensor

  /// Half way; between numbers of very different size and the same sign, half way in size.
  var middle: Tensor {
    let isWide = (lower .> 0) .& (upper .> lower * 1e3) .| (upper .< 0) .& (lower .< upper * 1e3)
    let product = lower.absolute().squareRoot() * upper.absolute().squareRoot()
    let arithmetic = lower * 0.5 + upper * 0.5
    return select(isWide, select(upper .< 0, -product, product), arithmetic)
  }

  /// Whether no number lies between.
  var isClosed: Bool {
    let between = middle
    return !((between .> lower) .& (between .< upper)).any()
  }

  var clampedToFinite: Bracket {
    let most = Double.greatestFiniteMagnitude
    return Bracket(lower: lower.clamped(from: -most), upper: upper.clamped(to: most))
  }

  mutating func narrow(at x: Tensor, isBelow: Tensor) {
    let isInside = (x .>= lower) .& (x .<= upper)
    lower = select(isInside .& isBelow, x, lower)
    upper = select(isInside .& .!isBelow, x, upper)
  }

  mutating func close(where isDone: Tensor, at x: Tensor) {
    lower = select(isDone, x, lower)
    upper = select(isDone, x, upper)
  }
}
