public import Probability
public import Testing
public import Torch

/// Checks what every monotone map promises, at data and at codes: that it never falls, that its inverse is the generalized
/// one, that NaN is kept and codes outside of the codomain have no data, and that the logarithm of the derivative is that
/// of differences; for a bijection also what `checkBijection` says.
///
/// - Parameters:
///   - map: the map.
///   - x: data `[count]` in 64 bits; no jump of f may lie within 1e-6 of them.
///   - z: codes `[count]` in 64 bits.
///   - tolerance: the greatest difference allowed for numbers up to 1, and relative above.
///   - sourceLocation: where a failure is shown.
public func checkMonotoneMap(
  _ map: any MonotoneMap, x: Tensor, z: Tensor, tolerance: Double = 1e-10,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  func expect(_ condition: Bool, _ what: String) {
    if !condition { Issue.record("\(type(of: map)): \(what)", sourceLocation: sourceLocation) }
  }
  func falls(_ values: Tensor) -> Bool {
    (values[.slice(to: values.size(0) - 1)] .> values[.slice(from: 1)] + 1e-15).any()
  }
  let sorted = x.sorted().values
  expect(!falls(map.forward(sorted)), "f falls")
  expect(!falls(map.inverse(z.sorted().values)), "the inverse falls")
  expect((map.leftLimit(x) .<= map.forward(x)).all(), "f falls at a jump")
  // Galois: inverse(z) is the smallest x with f(x) >= z.
  let found = map.inverse(z)
  expect((map.forward(found) .>= z - tolerance).all(), "the inverse is too small")
  expect((map.leftLimit(found) .<= z + tolerance).all(), "the inverse is too large")
  let missing = x[0] * Double.nan
  expect(map.forward(missing).isNaN().all(), "NaN is masked")
  expect(map.inverse(missing).isNaN().all(), "the inverse masks NaN")
  if case .interval(let lower, let upper) = map.codomain.elements, lower.isFinite().all(), upper.isFinite().all() {
    expect(map.inverse(Tensor([lower.item() - 0.1, upper.item() + 0.1])).isNaN().all(), "codes outside have data")
  }
  let step = x.absolute() * 1e-6 + 1e-7
  let slope = (map.forward(x + step) - map.forward(x - step)) / (step * 2.0)
  expectClose(
    map.logDerivative(x).exp(), slope, tolerance: 1e-5, "\(type(of: map)), derivative", sourceLocation: sourceLocation)
  if let bijection = map as? any Bijection {
    checkBijection(bijection, on: x, tolerance: tolerance * 10, sourceLocation: sourceLocation)
  }
}
