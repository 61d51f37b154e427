public import Torch

/// A monotone map of which f alone is known, as a function that can be evaluated: its inverse is found numerically.
///
/// The inverse solves f(x) = z to full precision in 64 bits, by Newton's method inside a bracket. Its gradient is one over
/// the derivative of f.
///
///     let map = NumericalMonotoneMap(codomain: 0...1) { x in 0.3 * first.cdf(x) + 0.7 * second.cdf(x) }
///     let draws = InverseTransform(map).sample([1000], using: &rng)
///
/// - Complexity: the inverse evaluates f about 10 times for smooth functions.
public struct NumericalMonotoneMap: MonotoneMap, Bijection {
  /// Where data lie.
  public let domain: Support
  /// Where codes lie.
  public let codomain: Support
  private let ends, limits: ClosedRange<Double>
  private let reach: Double
  private let f: (Tensor) -> Tensor
  private let slope: ((Tensor) -> Tensor)?

  /// A rising function.
  ///
  /// - Parameters:
  ///   - domain: where data lie; the ends may be infinite.
  ///   - codomain: where codes lie, the values of f at the ends of the domain.
  ///   - reach: the order of magnitude of data: the first step of the search for a bracket in an infinite domain.
  ///   - logDerivative: the logarithm of the derivative of f. When it is not given, it comes from automatic
  ///     differentiation, and f must be made of tensors' operations.
  ///   - forward: f, element by element.
  /// - Precondition: `reach` is positive.
  public init(
    domain: ClosedRange<Double> = -Double.infinity...Double.infinity,
    codomain: ClosedRange<Double> = -Double.infinity...Double.infinity, reach: Double = 1,
    logDerivative: ((Tensor) -> Tensor)? = nil, forward: @escaping (Tensor) -> Tensor
  ) {
    precondition(reach > 0, "NumericalMonotoneMap: expected a positive reach, got \(reach)")
    self.domain = interval(domain.lowerBound, domain.upperBound)
    self.codomain = interval(codomain.lowerBound, codomain.upperBound)
    (ends, limits, self.reach) = (domain, codomain, reach)
    (f, slope) = (forward, logDerivative)
  }

  /// f. Where no gradients flow through it, they come from the derivative that was given.
  public func forward(_ x: Tensor) -> Tensor {
    let value = f(x)
    guard let slope, !value.requiresGradient else { return value }
    return value.withDerivative(by: x) { slope(x).exp() }
  }

  /// The smallest x with f(x) >= z; NaN outside of the codomain.
  public func inverse(_ z: Tensor) -> Tensor {
    let solution = withoutGradient { solve(z.to(.float64)) }
    return solution.withDerivative(by: z) { (-logDerivative(solution)).exp() }.to(z.dtype)
  }

  /// The logarithm of the derivative of f.
  public func logDerivative(_ x: Tensor) -> Tensor {
    slope?(x) ?? logDerivativeByDifferentiation("NumericalMonotoneMap", x, f)
  }

  private func solve(_ z: Tensor) -> Tensor {
    let solver = MonotoneSolver(
      lower: Tensor(ends.lowerBound, dtype: .float64), upper: Tensor(ends.upperBound, dtype: .float64), reach: reach)
    let isInside = (z .> limits.lowerBound) .& (z .< limits.upperBound)
    let middle = ends.lowerBound.isFinite && ends.upperBound.isFinite ? (ends.lowerBound + ends.upperBound) / 2 : 0
    // At the ends of the codomain, where f may never arrive, there is nothing to search for.
    let target = select(isInside, z, f(Tensor.full(z.shape, middle, dtype: .float64, device: z.device)))
    let x = solver.solve(target, from: Tensor.full(z.shape, middle, dtype: .float64, device: z.device)) { x in
      (f(x), logDerivative(x).detached().exp())
    }
    let end = select(z .<= limits.lowerBound, ends.lowerBound, Tensor.full(z.shape, ends.upperBound, dtype: .float64))
    let isOutside = (z .< limits.lowerBound) .| (z .> limits.upperBound) .| z.isNaN()
    return select(isOutside, Double.nan, select(isInside, x, end))
  }
}
