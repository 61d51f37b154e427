package import Torch

/// A bijection that may know the density of its domain without showing the code.
package protocol StandardNormalDensity: Bijection {
  /// The log-density of `x` whose code is standard normal, of the shape that the log-determinant has; nil where it takes
  /// the code to tell.
  func standardNormalLogProb(_ x: Tensor) -> Tensor?
}

extension Chain: StandardNormalDensity {
  package func standardNormalLogProb(_ x: Tensor) -> Tensor? {
    guard let last = parts.last as? any StandardNormalDensity else { return nil }
    guard parts.count > 1 else { return last.standardNormalLogProb(x) }
    let (value, logDet) = Chain(Array(parts.dropLast())).forwardWithLogDet(x)
    return last.standardNormalLogProb(value).map { $0 + logDet }
  }
}
