import Torch

/// Draws angles by rejection from a wrapped Cauchy distribution, all that are still open in one round.
///
/// A round accepts at least 0.65 of them on average, whatever the concentration.
///
/// - Reference: Best and Fisher, *Efficient simulation of the von Mises distribution*, 1979.
struct VonMisesSampler {
  let concentration: Tensor
  /// Their s - 1 for s = (1 + rho^2) / (2 rho), which is small for large concentrations.
  private let excess: Tensor

  init(concentration: Tensor) {
    // Any s > 1 gives exact draws; 1 / concentration is the best one near 0, where the formula cancels.
    let k = concentration.clamped(from: 1e-30)
    let root = (k.squared() * 4.0 + 1.0).squareRoot()
    let tau = root + 1.0
    let rho = (tau - (tau * 2.0).squareRoot()) / (k * 2.0)
    // 1 - rho = (2 k - tau + sqrt(2 tau)) / (2 k), in which 2 k - root is -1 / (2 k + root).
    let complement = ((tau * 2.0).squareRoot() - 1.0 - (k * 2.0 + root).reciprocal()) / (k * 2.0)
    self.concentration = k
    excess = select(k .< 1e-4, k.reciprocal(), complement.squared() / (rho * 2.0))
  }

  func sample(using rng: inout RandomGenerator) -> Tensor {
    let (k, s) = (concentration.flattened(), excess.flattened())
    var result = Tensor.zeros(like: k)
    var open = Tensor.range(k.elementCount, device: k.device)
    while open.elementCount > 0 {
      let (angle, isAccepted) = propose(k.selecting(open), s.selecting(open), using: &rng)
      result = result.addingAt(open, 0, select(isAccepted, angle, 0.0))
      open = open.selecting(where: .!isAccepted)
    }
    return result.reshaped(concentration.shape)
  }

  private func propose(
    _ k: Tensor, _ s: Tensor, using rng: inout RandomGenerator
  ) -> (angle: Tensor, isAccepted: Tensor) {
    let noise = Tensor.openUniform([3, k.elementCount], device: k.device, using: &rng)
    // With z = cos(pi u): 1 - f for their f = (1 + s z) / (s + z), without cancellation for small angles.
    let half = noise[0] * (Double.pi / 2)
    let rest = s * half.sin().squared() * 2.0 / (s + half.cos().squared() * 2.0)
    let c = k * (s + rest)
    let isAccepted = (c / noise[1]).log() + 1.0 - c .>= 0
    let angle = (rest * 0.5).squareRoot().asin() * 2.0
    // NaN would never be accepted.
    return (select(noise[2] .< 0.5, -angle, angle), isAccepted .| c.isNaN())
  }
}
