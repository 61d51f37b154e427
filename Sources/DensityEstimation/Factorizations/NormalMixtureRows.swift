import Foundation
import Probability
import Torch

/// Mixtures of normal numbers side by side, each with its own weights; the batch has at most one dimension.
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

  func quantile(_ probability: Tensor) -> Tensor {
    let shape = Shape.broadcasting(probability.shape, batchShape) ?? probability.shape
    let level = probability.broadcasted(to: shape)
    let isInside = (level .> 0) .& (level .< 1)
    let root = MixtureQuantiles(self, levels: select(isInside, level, 0.5)).found()
    let ends = select(level .== 0, -Double.infinity, select(level .== 1, Double.infinity, level * Double.nan))
    return select(isInside, root, ends)
  }

  func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      quantile(Tensor.uniform(sampleShape + batchShape, dtype: .float64, device: logWeights.device, using: &rng))
    }
  }
}

extension NormalMixtureRows {
  /// The mixtures of some rows of the batch; itself when there is one for all.
  func selecting(_ rows: Tensor) -> NormalMixtureRows {
    guard batchShape != [] else { return self }
    func own(_ parameter: Tensor) -> Tensor {
      parameter.rank == logWeights.rank ? parameter.selecting(rows) : parameter
    }
    return NormalMixtureRows(logWeights: own(logWeights), locations: own(locations), scales: own(scales))
  }

  /// The mean and the standard deviation, `[*batch]`.
  var moments: (mean: Tensor, deviation: Tensor) {
    let weights = logWeights.exp()
    let mean = (weights * locations).sum(-1)
    let spread = (locations - mean.unsqueezed(-1)).squared() + scales.squared()
    return (mean, (weights * spread).sum(-1).squareRoot())
  }
}
