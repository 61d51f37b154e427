public import Testing
public import Torch

/// Expects each element to differ by no more than `tolerance * max(1, |expected|)`; NaN differs from everything.
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, tolerance: Double = 1e-12, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape else {
    Issue.record("\(comment) shape \(actual.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  expectClose(actual.doubles(), expected.doubles(), tolerance: tolerance, comment, sourceLocation: sourceLocation)
}

/// Expects each number to differ by no more than `tolerance * max(1, |expected|)`; NaN differs from everything.
public func expectClose(
  _ actual: [Double], _ expected: [Double], tolerance: Double = 1e-12, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record("\(comment) \(actual.count) numbers, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  for (index, (a, b)) in zip(actual, expected).enumerated()
  where !(a == b || abs(a - b) <= tolerance * Swift.max(1, abs(b))) {
    Issue.record("\(comment) element \(index) is \(a), expected \(b) ± \(tolerance)", sourceLocation: sourceLocation)
    return
  }
}
