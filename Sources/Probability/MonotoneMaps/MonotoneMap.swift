public import Torch

/// A function f of numbers that never falls, with its generalized inverse: what the one-dimensional generative model is
/// made of.
///
/// f maps data x to codes z (inference), its inverse maps codes to data (generation). Neither need be continuous: where f
/// jumps, a whole interval of codes has one x; where f is flat, a whole interval of data has one code. f is continuous
/// from the right, and the inverse gives the smallest x with f(x) >= z, as for distribution functions.
///
/// A map that is continuous and rises everywhere conforms to ``Bijection`` too, which follows from what is here.
///
/// To implement one: give ``domain`` and ``codomain`` of event rank 0, ``forward(_:)``, ``inverse(_:)`` and
/// ``logDerivative(_:)``; give ``leftLimit(_:)`` where f jumps. Add a row to the tests with `checkMonotoneMap`.
public protocol MonotoneMap {
  /// Where data lie.
  var domain: Support { get }
  /// Where codes lie.
  var codomain: Support { get }
  /// f, element by element.
  func forward(_ x: Tensor) -> Tensor
  /// The limit of f from the left, element by element: less than f(x) where f jumps.
  func leftLimit(_ x: Tensor) -> Tensor
  /// The smallest x with f(x) >= z, element by element; NaN outside of the codomain.
  func inverse(_ z: Tensor) -> Tensor
  /// The logarithm of the derivative of f where it is continuous; minus infinity where f is flat.
  func logDerivative(_ x: Tensor) -> Tensor
}

extension MonotoneMap {
  /// f itself: of a continuous function.
  public func leftLimit(_ x: Tensor) -> Tensor { forward(x) }
}

extension Bijection where Self: MonotoneMap {
  /// The code, and the logarithm of the derivative.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) { (forward(x), logDerivative(x)) }

  /// The data, and minus the logarithm of the derivative there.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let x = inverse(z)
    return (x, -logDerivative(x))
  }
}

/// The logarithm of the derivative of a function that is made of tensors' operations, by automatic differentiation.
func logDerivativeByDifferentiation(_ name: String, _ x: Tensor, _ function: (Tensor) -> Tensor) -> Tensor {
  let isRecording = isRecordingGradients()
  return withGradient {
    let leaf = x.requiresGradient ? x : x.requiringGradient()
    let value = function(leaf)
    precondition(
      value.requiresGradient, "\(name): expected a function through which gradients flow, or its logDerivative")
    let slope = gradients(
      of: value.sum(), withRespectTo: [leaf], retainingGraph: isRecording, creatingGraph: isRecording)[0]
    return slope.log()
  }
}

/// The support between two numbers, of event rank 0.
func interval(_ lower: Double, _ upper: Double) -> Support {
  let ends = (Tensor(lower, dtype: .float64), Tensor(upper, dtype: .float64))
  return Support(.interval(lower: ends.0, upper: ends.1), eventRank: 0)
}
