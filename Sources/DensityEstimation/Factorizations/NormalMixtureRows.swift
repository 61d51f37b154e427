import Foundation
import Probability
import Torch

/// Mixtures of normal numbers side by side, each with its own weights.
struct NormalMixtureRows: CumulativeDistribution {
  /// Normalized logarithms of the weights, `[*batch, components]`.
  let logWeights: Tensor
  /// Means, which broadcast to `[*batch, components]`.
  let locations: Tensor
  /// Standard deviations, which broadcast to `[*batch, components]`.
  let scales: Tensor

  var batchShape: Shape { logWeights.shape.droppingTrailing(1) }
  var eventShape: Shape { [] }
  var support: Support { .real(eventRank: 0) }

  func logProb(unchecked x: Tensor) -> Tensor {
    let standardized = (x.unsqueezed(-1) - locations) / scales
    let each = standardized.squared() * -0.5 - scales.log() - 0.5 * Foundation.log(2 * Double.pi)
    return (each + logWeights).logSumExp(-1)
  }

  func cdf(_ x: Tensor) -> Tensor {
    let shares = ((x.unsqueezed(-1) - locations) / scales).normalCDF()
    return (shares * logWeights.exp()).sum(-1).clamped(to: 1)
  }

  /// Found by Newton's iteration between bounds that close in, from the least and the greatest of the components' quantiles.
  func quantile(_ probability: Tensor) -> Tensor {
    let shape = Shape.broadcasting(probability.shape, batchShape) ?? probability.shape
    let level = probability.broadcasted(to: shape)
    let isInside = (level .> 0) .& (level .< 1)
    let inside = select(isInside, level, 0.5)
    let each = locations + scales * inside.normalQuantile().unsqueezed(-1)
    let counts = logWeights .> -Double.infinity
    let root = solved(
      inside, from: select(counts, each, Double.infinity).min(-1), to: select(counts, each, -Double.infinity).max(-1))
    let ends = select(level .== 0, -Double.infinity, select(level .== 1, Double.infinity, level * Double.nan))
    return select(isInside, root, ends)
  }

  private func solved(_ level: Tensor, from lower: Tensor, to upper: Tensor) -> Tensor {
    var (lower, upper) = (lower, upper)
    var x = (lower + upper) * 0.5
    let rounding = 4 * Double.ulpOfOne
    let least = scales.min() * rounding
    for _ in 0..<100 {
      let excess = cdf(x) - level
      upper = select(excess .> 0, x, upper)
      lower = select(excess .<= 0, x, lower)
      let step = x - excess / logProb(unchecked: x).exp()
      // Outside the bounds, and where the density vanishes, the middle is taken.
      let next = select((step .> lower) .& (step .< upper), step, (lower + upper) * 0.5)
      let change = (next - x).absolute()
      x = next
      if (change .<= x.absolute() * rounding + least).all() { break }
    }
    return x
  }

  func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      quantile(Tensor.uniform(sampleShape + batchShape, dtype: .float64, device: logWeights.device, using: &rng))
    }
  }
}
