public import Probability
public import Testing
public import Torch

/// Checks what every bijection promises, at data points: shapes, round trips both ways, log-determinants against
/// automatic differentiation both ways, `forward` and `inverse` against the pairs, and batches against single events.
///
/// - Parameters:
///   - bijection: the map, with parameters other than the identity's.
///   - x: data `[count, *event]`, of the bijection's event rank.
///   - keepsVolume: whether the log-determinant is 0 by nature; otherwise it must not be, or a wrong sign passes.
///   - tolerance: the greatest difference allowed for numbers up to 1, and relative above.
///   - sourceLocation: where a failure is shown.
public func checkBijection(
  _ bijection: any Bijection, on x: Tensor, keepsVolume: Bool = false, tolerance: Double = 1e-9,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let check = BijectionCheck(bijection: bijection, tolerance: tolerance, sourceLocation: sourceLocation)
  let (z, logDet) = bijection.forwardWithLogDet(x)
  let (back, inverseLogDet) = bijection.inverseWithLogDet(z)
  #expect(z.shape == x.shape, sourceLocation: sourceLocation)
  #expect(logDet.shape == x.shape.droppingTrailing(bijection.eventRank), sourceLocation: sourceLocation)
  check.expect(back, x, "round trip from data")
  check.expect(bijection.forward(bijection.inverse(z)), z, "round trip from code")
  check.expect(inverseLogDet, -logDet, "log-determinant of the inverse")
  check.expect(bijection.forward(x), z, "forward")
  check.expect(bijection.inverse(z), back, "inverse")
  check.expect(logDet, check.autodiffLogDet(x) { bijection.forward($0) }, "forward log-determinant")
  check.expect(inverseLogDet, check.autodiffLogDet(z) { bijection.inverse($0) }, "inverse log-determinant")
  #expect(
    keepsVolume || logDet.absolute().max().item() > 1e-3, "the log-determinant is 0 at all points",
    sourceLocation: sourceLocation)
  check.compareWithSingleEvents(x, z, logDet)
}

/// The largest errors of a bijection at data points: of the log-determinant against automatic differentiation, and of
/// the round trip.
public func bijectionErrors(_ bijection: any Bijection, on x: Tensor) -> (logDet: Double, roundTrip: Double) {
  let check = BijectionCheck(bijection: bijection, tolerance: 0, sourceLocation: #_sourceLocation)
  let (z, logDet) = bijection.forwardWithLogDet(x)
  let exact = check.autodiffLogDet(x) { bijection.forward($0) }
  return (
    (logDet - exact).absolute().max().item(), (bijection.inverse(z) - x).absolute().max().item()
  )
}

private struct BijectionCheck {
  let bijection: any Bijection
  let tolerance: Double
  let sourceLocation: SourceLocation

  func expect(_ actual: Tensor, _ expected: Tensor, _ what: String) {
    expectClose(
      actual, expected, tolerance: tolerance, "\(type(of: bijection)), \(what):", sourceLocation: sourceLocation)
  }

  /// The logarithm of the absolute determinant of the Jacobian of each event, by automatic differentiation.
  func autodiffLogDet(_ x: Tensor, _ map: (Tensor) -> Tensor) -> Tensor {
    let leaf = x.requiringGradient()
    let y = map(leaf)
    guard bijection.eventRank > 0 else {
      return gradients(of: y.sum(), withRespectTo: [leaf])[0].absolute().log()
    }
    let rank = x.rank - bijection.eventRank
    let flat = y.flattened(from: rank)
    let rows = (0..<flat.size(-1)).map { feature in
      gradients(
        of: flat.narrowed(-1, from: feature, length: 1).sum(), withRespectTo: [leaf], retainingGraph: true)[0]
        .flattened(from: rank)
    }
    return Tensor.stacking(rows, -2).signLogDeterminant().logAbsolute
  }

  func compareWithSingleEvents(_ x: Tensor, _ z: Tensor, _ logDet: Tensor) {
    let singles = x.unbound().map { bijection.forwardWithLogDet($0) }
    expect(Tensor.stacking(singles.map(\.z)), z, "one by one")
    expect(Tensor.stacking(singles.map(\.logDet)), logDet, "log-determinant one by one")
    let (deep, deepLogDet) = bijection.forwardWithLogDet(x.unsqueezed(0))
    expect(deep.squeezed(0), z, "two batch dimensions")
    expect(deepLogDet.squeezed(0), logDet, "log-determinant of two batch dimensions")
  }
}
