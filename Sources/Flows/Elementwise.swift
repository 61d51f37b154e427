import Probability
import Torch

/// A map of numbers as one of vectors.
struct Elementwise: Bijection {
  let base: any Bijection

  init(_ base: any Bijection) { self.base = base }

  var domain: Support { Support(base.domain.elements, eventRank: 1) }
  var codomain: Support { Support(base.codomain.elements, eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (z, logDet) = base.forwardWithLogDet(x)
    return (z, logDet.sum(-1))
  }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let (x, logDet) = base.inverseWithLogDet(z)
    return (x, logDet.sum(-1))
  }

  func forward(_ x: Tensor) -> Tensor { base.forward(x) }

  func inverse(_ z: Tensor) -> Tensor { base.inverse(z) }
}
